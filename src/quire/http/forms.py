"""Field types that several capabilities share."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, overload

from pydantic import AfterValidator, BaseModel, ConfigDict, EmailStr, StringConstraints

MAX_TITLE = 300
"""Characters."""


def _clean(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("must not contain control characters")
    return text


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_clean)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_TITLE), AfterValidator(_clean)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Email = EmailStr
Language = Annotated[str, StringConstraints(max_length=20, pattern=r"^[A-Za-z-]*$")]
"""A language tag, such as `en` or `pt-BR`; empty: whichever the browser speaks."""


class Form(BaseModel):
    """A request body: unknown fields are errors, so that a typing mistake is seen."""

    model_config = ConfigDict(extra="forbid")


@overload
def moment(microseconds: int) -> datetime: ...
@overload
def moment(microseconds: int | None) -> datetime | None: ...
def moment(microseconds: int | None) -> datetime | None:
    """Return a stored time as the API gives it."""
    return None if microseconds is None else datetime.fromtimestamp(microseconds / 1_000_000, UTC)
