"""Whatever a program writes into a document, everybody can read the rest of it."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator

import pytest

from browsers import browsers
from quire.content.copying import copied
from quire.content.preview import preview
from quire.content.reader import render
from quire.crdt.snapshot import build_snapshot
from quire.crdt.updates import inspect

SEEDS = 200
FORMS = ("json", "html", "markdown", "text")
MOST_MEMORY = 200_000
"""How much the readers may take for a document of a few kilobytes, in kB."""


@pytest.fixture(scope="module")
def documents() -> Iterator[dict[str, bytes]]:
    with browsers() as all_browsers:
        yield all_browsers.misplaced(SEEDS)


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_every_reader_reads_what_has_no_place(documents: dict[str, bytes]) -> None:
    before = peak()
    for name, update in documents.items():
        inspect(update)
        forms = {form: render([update], form, "title").decode() for form in FORMS}
        assert all("first" in text for text in forms.values()), name
        assert preview([update])[0].text == "first", name
        build_snapshot([update])
        copied([update], "0" * 36, "1" * 36)
        json.loads(forms["json"])
    assert peak() - before < MOST_MEMORY


@pytest.mark.parametrize(
    "name", ["text in the root", "text in a list", "text in a row", "an item without a list", "bold code"]
)
def test_words_that_have_no_place_are_read(documents: dict[str, bytes], name: str) -> None:
    for form in FORMS:
        assert "stray words" in render([documents[name]], form, "title").decode(), form
    assert any("stray words" in line.text for line in preview([documents[name]]))
