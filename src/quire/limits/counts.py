"""Counting down: a count that comes to nothing is forgotten, so that memory follows what there is and not what was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import TypeVar

_Key = TypeVar("_Key", bound=Hashable)


def less(counts: Counter[_Key], key: _Key, by: int = 1) -> None:
    """Take so many away from a count."""
    counts[key] -= by
    if counts[key] <= 0:
        del counts[key]
