"""What all storage on a disk has in common: how it fails, how it hangs, when it is durable."""
