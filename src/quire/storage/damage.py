"""What damage to a database looks like to whoever reads it."""

from __future__ import annotations


def readable(stored: bytes) -> str:
    """Read text that one flipped bit may have made none: it names nothing then, and all others can still be read."""
    return stored.decode(errors="replace")


def is_damage(error: BaseException) -> bool:
    """Whether SQLite came upon a damaged part; the rest of the file may be sound."""
    return getattr(error, "sqlite_errorname", "").startswith("SQLITE_CORRUPT")
