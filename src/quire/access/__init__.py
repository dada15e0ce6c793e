"""Who may do what: roles and the contract of access, what a request presents, how tokens are made."""
