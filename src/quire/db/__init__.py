"""The catalogue: accounts, documents' titles and rights, in one SQL database."""
