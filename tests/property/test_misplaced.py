"""Whatever a program writes into a document, everybody can read the rest of it."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator

import pytest

from browsers import browsers
from quire.content.copying import copied
from quire.content.preview import preview
from quire.content.prosemirror import begun
from quire.content.reader import render
from quire.crdt.snapshot import SnapshotMismatch, build_snapshot, verify_snapshot
from quire.crdt.updates import inspect

SEEDS = 200
FORMS = ("json", "html", "markdown", "text")
AMONG_XML = (
    "letters in a paragraph",
    "plain values in a paragraph",
    "types in a paragraph",
    "plain values in a list",
    "plain values in a row",
)
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
        for words in ("first", "last"):
            assert all(words in text for text in forms.values()), (name, words)
        assert preview([update])[0].text == "first", name
        build_snapshot([update])
        copied([update], "0" * 36, "1" * 36)
        json.loads(forms["json"])
    assert peak() - before < MOST_MEMORY


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("stray words", "text in the root"),
        ("stray words", "text in a list"),
        ("stray words", "text in a row"),
        ("stray words", "plain text"),
        ("stray words", "an item without a list"),
        ("stray words", "bold code"),
        *[("words behind", name) for name in AMONG_XML],
    ],
)
def test_words_in_and_behind_what_has_no_place_are_read(documents: dict[str, bytes], words: str, name: str) -> None:
    for form in FORMS:
        assert words in render([documents[name]], form, "title").decode(), form
    assert any(words in line.text for line in preview([documents[name]]))


def test_shared_types_that_are_no_xml_are_unknown_blocks_and_values_are_unseen(documents: dict[str, bytes]) -> None:
    def kinds(name: str) -> list[tuple[str, str | None]]:
        content = json.loads(render([documents[name]], "json", "title"))["content"]
        return [(block["type"], block.get("attrs", {}).get("name")) for block in content]

    paragraph = ("paragraph", None)
    assert kinds("plain values at the start") == [paragraph, paragraph]
    assert kinds("letters at the start") == [paragraph, paragraph]
    assert kinds("types at the start") == [*[("unknownBlock", "data")] * 3, paragraph, paragraph]


@pytest.mark.parametrize("name", AMONG_XML)
def test_a_snapshot_with_other_words_behind_what_has_no_place_is_noticed(
    documents: dict[str, bytes], name: str
) -> None:
    update = documents[name]
    for words in (b"words behind", b"last"):
        with pytest.raises(SnapshotMismatch):
            verify_snapshot([update.replace(words, words.upper())], [update])


def test_a_copy_has_all_of_what_has_no_place_and_pictures_of_its_own(documents: dict[str, bytes]) -> None:
    name = "a picture behind plain values"
    copy, digests = copied([documents[name]], "0" * 36, "1" * 36)
    assert digests == ["a" * 64]
    assert f"/api/v1/documents/{'1' * 36}/attachments/{'a' * 64}" in render([copy], "html", "title").decode()
    assert copy == begun("1" * 36, build_snapshot([documents[name]])[0].update.replace(b"0" * 36, b"1" * 36))
