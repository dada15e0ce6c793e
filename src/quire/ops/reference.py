"""`python -m quire.ops.reference`: docs/operator/settings.md, made from the settings themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal, get_args, get_origin

from quire.settings import KIB, MIB, NOT_ABOVE, ZERO_MEANS_NONE, Settings, variable

UNITS = ((1024 * MIB, "GiB"), (MIB, "MiB"), (KIB, "KiB"))


def lines() -> Iterator[str]:
    """Yield the page."""
    yield "# Settings"
    yield ""
    yield "Environment variables of `quire serve`; `--data`, `--host` and `--port` come before them. Sizes are bytes,"
    yield "times are seconds. This page is made by `python -m quire.ops.reference > docs/operator/settings.md`."
    yield ""
    yield "| setting | default | what it is |"
    yield "|---|---|---|"
    for name, field in Settings.model_fields.items():
        more = " 0 is allowed." if name in ZERO_MEANS_NONE and name != "port" else _choices(field.annotation)
        yield f"| `{variable(name)}` | {_shown(field.default)} | {field.description}{more} |"
    yield ""
    yield "What belongs together:"
    yield ""
    for lower, upper, why in NOT_ABOVE:
        yield f"- `{variable(lower)}` is at most `{variable(upper)}`: {why}."


def _choices(kind: object) -> str:
    *others, last = (f"`{choice}`" for choice in get_args(kind)) if get_origin(kind) is Literal else ("",)
    return f" {', '.join(others)} or {last}." if others else ""


def _shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, int) and value >= KIB and value % KIB == 0:
        size, unit = next((size, unit) for size, unit in UNITS if value % size == 0)
        return f"{value} ({value // size} {unit})"
    return f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    sys.stdout.write("\n".join(lines()) + "\n")
