"""Rooms: live documents, the way of an edit through one, and the same room on other nodes."""
