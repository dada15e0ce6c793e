"""What a client may have written into a document never breaks or stalls its export."""

from __future__ import annotations

import pytest

from quire.content.markdown import to_markdown
from quire.content.schema import NODES, clean

DAMAGED = [[float("nan")], [1, float("inf"), float("-inf")], [True], ["10"], [None], [10**400], {}, float("nan"), None]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("filling", ["\n", " \n", "\t", " ", "1", "\n1"])
def test_markdown_takes_time_in_proportion_to_its_text(filling: str) -> None:
    for kind in ("paragraph", "heading"):
        text = {"type": "text", "text": "a" + filling * 200_000 + "b"}
        block = {"type": kind, "attrs": {"level": 1}, "content": [text]}
        assert to_markdown({"type": "doc", "content": [block]}).rstrip().endswith("b")


def test_markdown_still_escapes_what_would_begin_a_block() -> None:
    text = {"type": "text", "text": "plus\n + a\n\n  1. b\n# c"}
    document = {"type": "doc", "content": [{"type": "paragraph", "content": [text]}]}
    assert to_markdown(document) == "plus\n \\+ a\n\n  1\\. b\n\\# c\n"


@pytest.mark.parametrize("value", DAMAGED)
def test_no_value_of_an_attribute_breaks_an_export(value: object) -> None:
    for node in NODES.values():
        for attribute in node.attributes.values():
            clean(attribute, value)
    assert clean(NODES["tableCell"].attributes["colwidth"], [float("nan")]) is None
