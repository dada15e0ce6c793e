"""The real-time core: sockets, rooms, presence. Knows nothing of HTTP or SQL; see the contracts it is given."""
