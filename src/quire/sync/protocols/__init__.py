"""The protocols that are spoken on a socket."""
