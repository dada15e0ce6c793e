"""Who has a role in which document: the one function that decides every access."""
