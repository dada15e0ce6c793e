"""`quire doctor`: what is wrong with the machine and with what is stored, and how to mend it."""
