"""Documents: made, listed, renamed, thrown away, copied, read, with their pictures."""
