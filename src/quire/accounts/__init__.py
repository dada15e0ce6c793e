"""People: accounts, passwords, sessions, API tokens."""
