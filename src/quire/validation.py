"""What pydantic says of a value, as people are told it."""

from __future__ import annotations

from collections.abc import Mapping


def reason_of(problem: Mapping[str, object]) -> str:
    """Say what is wrong with a value (one of `ValidationError.errors()`), without the kind of exception before it."""
    return str(problem["msg"]).removeprefix("Value error, ")
