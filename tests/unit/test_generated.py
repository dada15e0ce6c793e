"""What the browser shares with the server is written once, in Python: its copies are the generated ones."""

from __future__ import annotations

import json

from conftest import ROOT
from quire.accounts import colors
from quire.content import schema


def test_the_browser_has_the_schema_and_the_colours_of_this_server() -> None:
    copies = {
        "web/src/editor/schema/schema.json": schema.as_json(),
        "web/src/presence/colors.json": colors.as_json(),
    }
    for copy, generated in copies.items():
        assert json.loads((ROOT / copy).read_text()) == json.loads(generated), copy
