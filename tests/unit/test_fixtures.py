"""Documents of every released schema version open on the server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conftest import ROOT
from fixtures.documents.make import texts
from quire.content.prosemirror import read
from quire.content.reader import render

FIXTURES = sorted((ROOT / "tests" / "fixtures" / "documents").glob("*.bin"))


@pytest.mark.fm("FM-076")
@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_a_document_of_a_released_version_is_read_whole(fixture: Path) -> None:
    document = read([fixture.read_bytes()])
    assert texts(document) == json.loads(fixture.with_suffix(".json").read_text())
    assert "unknownBlock" not in json.dumps(document)
    for form in ("markdown", "html", "text"):
        assert render([fixture.read_bytes()], form, "Title")
