"""The first document in each language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from quire.content.prosemirror import read
from quire.content.welcome import TITLE, TRANSLATIONS, welcome_document


def nodes(language: str = "en") -> Iterator[dict[str, Any]]:
    """Yield every node of the document in a language."""
    stack = list(read([welcome_document(language)[1]])["content"])
    while stack:
        node = stack.pop()
        yield node
        stack.extend(node.get("content", ()))


def texts(language: str = "en") -> set[str]:
    """Return all that the document says in a language."""
    return {node["text"] for node in nodes(language) if "text" in node}


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_everything_is_translated_and_nothing_that_is_not_said(language: str) -> None:
    english, words = texts(), TRANSLATIONS[language]
    sentences = {text for text in english if re.search("[a-z]{2}", text) and not text.startswith("Ctrl")}
    assert sentences <= words.keys() <= english | {TITLE}
    assert texts(f"{language}-XX") == {words.get(text, text) for text in english}


def test_every_line_of_the_arabic_document_runs_from_right_to_left() -> None:
    lines = [node for node in nodes("ar") if node["type"] in ("paragraph", "heading")]
    assert len(lines) > 15
    for line in lines:
        words = "".join(part["text"] for part in line["content"])
        first = next(kind for kind in map(unicodedata.bidirectional, words) if kind in ("L", "R", "AL"))
        assert first == "AL" or line["attrs"]["dir"] == "rtl", words
