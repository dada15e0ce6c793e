"""What a client may have written into a document never breaks or stalls its export."""

from __future__ import annotations

import pycrdt
import pytest

from quire.content.markdown import to_markdown
from quire.content.prosemirror import read
from quire.content.schema import FRAGMENT, NODES, clean

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


@pytest.mark.parametrize(
    ("block", "markdown"),
    [
        ({"type": "image", "attrs": {"src": "/a.png", "alt": "a\n\n# [b]"}}, "![a # \\[b\\]](/a.png)\n"),
        ({"type": "unknownBlock", "attrs": {"name": "a\n- b"}}, "*[a - b]*\n"),
    ],
)
def test_markdown_keeps_what_a_block_is_called_in_one_line(block: dict[str, object], markdown: str) -> None:
    assert to_markdown({"type": "doc", "content": [block]}) == markdown


@pytest.mark.parametrize("value", DAMAGED)
def test_no_value_of_an_attribute_breaks_an_export(value: object) -> None:
    for node in NODES.values():
        for attribute in node.attributes.values():
            clean(attribute, value)
    assert clean(NODES["tableCell"].attributes["colwidth"], [float("nan")]) is None


def test_what_is_only_a_structure_around_nothing_is_not_read_as_the_editor_does_not_show_it() -> None:
    """As a table is left of which two people deleted a row each."""
    doc: pycrdt.Doc = pycrdt.Doc()
    fragment = doc.get(FRAGMENT, type=pycrdt.XmlFragment)
    for name in ("table", "paragraph", "bulletList", "blockquote", "table"):
        fragment.children.append(pycrdt.XmlElement(name))
    fragment.children[2].children.append(pycrdt.XmlElement("listItem"))
    fragment.children[4].children.append(pycrdt.XmlElement("tableRow"))
    assert read([doc.get_update()]) == {
        "type": "doc",
        "content": [
            {"type": "paragraph", "attrs": {"indent": 0}},
            {"type": "table", "content": [{"type": "tableRow"}]},
        ],
    }


def test_a_list_item_begins_with_a_paragraph_as_the_editor_shows_it() -> None:
    """One person took it away while another wrote a block behind it."""
    doc: pycrdt.Doc = pycrdt.Doc()
    fragment = doc.get(FRAGMENT, type=pycrdt.XmlFragment)
    fragment.children.append(pycrdt.XmlElement("bulletList"))
    fragment.children[0].children.append(pycrdt.XmlElement("listItem"))
    fragment.children[0].children[0].children.append(pycrdt.XmlElement("pageBreak"))
    item = {"type": "listItem", "content": [{"type": "paragraph", "attrs": {"indent": 0}}, {"type": "pageBreak"}]}
    assert read([doc.get_update()])["content"] == [{"type": "bulletList", "content": [item]}]


def test_a_column_without_a_width_of_its_own_keeps_none() -> None:
    assert clean(NODES["tableCell"].attributes["colwidth"], [0, 3, 120, 9999]) == [0, 10, 120, 4000]
