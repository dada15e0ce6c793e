"""Messages between nodes that have the same document open."""
