"""The colours of people's cursors: dark enough for white letters, shared with the browser as a generated file.

`python -m quire.accounts.colors > web/src/presence/colors.json` writes the browser's copy.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import Final

COLORS: Final = ("#b3261e", "#8a5a00", "#3d6b21", "#00696f", "#1a5fb4", "#5b4ab5", "#9a3b8b", "#6b4f3a")


def color_of(account: str) -> str:
    """Return the colour of a person's cursor."""
    return COLORS[hashlib.sha256(account.encode()).digest()[0] % len(COLORS)]


def as_json() -> str:
    """Return the colours as the browser's generated file holds them."""
    return json.dumps(COLORS) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_json())
