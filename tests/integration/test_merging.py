"""What happens when one person's change meets another's is what docs/merging.md says, on every replica.

The page is read, not repeated: its tables name the changes and the outcomes.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pycrdt
import pytest

from browsers import Browsers, browsers
from conftest import PROVE, ROOT, QuireProcess
from program import Program
from quire.content.prosemirror import first_content, read
from quire.content.schema import FRAGMENT
from quire.sync import wire
from rawclient import connected

PAGE = (ROOT / "docs" / "merging.md").read_text()
ROUNDS = 40 if PROVE else 2
"""Delivery orders tried for each row and each of the two ways in which client ids can decide."""


@dataclass(frozen=True)
class Change:
    """One person's change, as web/tests/replicas/actions.ts knows it."""

    action: str
    at: str
    words: str = ""
    after: str = ""


PARAGRAPH = "alpha beta gamma"
CHANGES = {
    "deletes it": Change("delete", "beta"),
    "splits it before “gamma”": Change("split", "gamma"),
    "joins it to the one before": Change("join", "alpha"),
    "moves it to the end": Change("move", "beta"),
    "makes it a heading": Change("convert", "beta"),
    "types NEW before “beta”": Change("insert", "beta", "NEW "),
    "types NEW after “gamma”": Change("insert after", "gamma", " NEW"),
    "makes “beta gamma” bold": Change("bold", "beta gamma"),
}
STRUCTURE, TEXT = list(CHANGES)[:5], list(CHANGES)[5:]


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def bullets(*items: str) -> dict[str, Any]:
    return {"type": "bulletList", "content": [{"type": "listItem", "content": [paragraph(item)]} for item in items]}


def table(*rows: str) -> dict[str, Any]:
    def cell(text: str) -> dict[str, Any]:
        return {"type": "tableCell", "attrs": {"colspan": 1, "rowspan": 1}, "content": [paragraph(text)]}

    return {"type": "table", "content": [{"type": "tableRow", "content": list(map(cell, row))} for row in rows]}


LINE = [paragraph(PARAGRAPH)]
INTENTS: dict[str, tuple[list[dict[str, Any]], Change, Change]] = {
    "two sentences at one spot": (
        [paragraph("Begin. End.")],
        Change("type", "End", "One goes here. "),
        Change("type", "End", "Two goes there. "),
    ),
    "bold, and typing right after it": (LINE, Change("bold", "beta"), Change("type after", "beta", "NEW")),
    "bold, and typing right before it": (LINE, Change("bold", "beta"), Change("type", "beta", "NEW")),
    "bold, and typing inside": (LINE, Change("bold", "beta"), Change("type after", "alpha be", "NEW")),
    "bold and bold that overlap": (LINE, Change("bold", "alpha beta"), Change("bold", "beta gamma")),
    "bold and a colour that overlap": (LINE, Change("bold", "alpha beta"), Change("color", "beta gamma", "red")),
    "a link, and typing right after it": (
        LINE,
        Change("link", "beta", "https://x.test"),
        Change("type after", "beta", "NEW"),
    ),
    "two colours for one word": (LINE, Change("color", "beta", "red"), Change("color", "beta", "blue")),
    "two alignments of one paragraph": (LINE, Change("align", "beta", "right"), Change("align", "beta", "center")),
    "one word replaced by both": (LINE, Change("replace", "beta", "ONE"), Change("replace", "beta", "TWO")),
    "a word replaced, and made bold": (LINE, Change("replace", "beta", "NEW"), Change("bold", "beta")),
    "a word erased, and typing inside": (LINE, Change("erase", "beta"), Change("type after", "alpha be", "NEW")),
    "erasing words that overlap": (LINE, Change("erase", "alpha beta "), Change("erase", "beta gamma")),
    "one block moved twice to one place": (
        [paragraph("a"), paragraph("beta"), paragraph("c")],
        Change("move", "beta", after="c"),
        Change("move", "beta", after="c"),
    ),
    "one block moved to two places": (
        [paragraph("a"), paragraph("beta"), paragraph("c"), paragraph("d")],
        Change("move", "beta", after="c"),
        Change("move", "beta", after="d"),
    ),
    "one paragraph quoted by both": ([*LINE, paragraph("outro")], Change("quote", "beta"), Change("quote", "beta")),
    "the last paragraph made a heading, and typing in it": (
        LINE,
        Change("convert", "beta"),
        Change("type after", "gamma", " NEW"),
    ),
    "a paragraph made a list, and typing in it": (
        [*LINE, paragraph("outro")],
        Change("list", "beta"),
        Change("type after", "gamma", " NEW"),
    ),
    "two new list items after one": (
        [bullets("a", "b"), paragraph("c")],
        Change("new item", "a", "one"),
        Change("new item", "a", "two"),
    ),
    "a list item indented, and typing in it": (
        [bullets("a", "beta", "c"), paragraph("d")],
        Change("sink", "beta"),
        Change("type after", "beta", " NEW"),
    ),
    "an item and the one below it indented": (
        [bullets("a", "beta", "c"), paragraph("d")],
        Change("sink", "beta"),
        Change("sink", "c"),
    ),
    "two rows added to a table": (
        [table("ab", "cd"), paragraph("e")],
        Change("add row", "a"),
        Change("add row", "a"),
    ),
    "a row and a column added": (
        [table("ab", "cd"), paragraph("e")],
        Change("add row", "a"),
        Change("add column", "a"),
    ),
    "a row deleted, and typing in it": (
        [table("ab", "cd"), paragraph("e")],
        Change("delete row", "a"),
        Change("type after", "b", "NEW"),
    ),
    "a row and a column deleted": (
        [table("ab", "cd"), paragraph("e")],
        Change("delete row", "a"),
        Change("delete column", "a"),
    ),
}


def documented(heading: str) -> list[tuple[list[str], set[str]]]:
    """Return the rows of the table under a heading: its cells of words, and its outcomes in code font."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = []
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if outcomes := set(re.findall(r"`([^`]+)`", cells[-1] if len(cells) > 1 else "")):
            rows.append((cells[:-1], outcomes))
    return rows


PAIRS = {tuple(cells[:2]): outcomes for cells, outcomes in documented("A paragraph")}
MEETINGS = {cells[0]: outcomes for cells, outcomes in documented("Words, formats, lists and tables")}


def drawn(node: dict[str, Any]) -> str:
    """Write a document as the page does."""
    kind = node["type"]
    attributes = node.get("attrs", {})
    if kind == "text":
        text = str(node["text"])
        for mark in node.get("marks", []):
            text = {
                "bold": f"*{text}*",
                "link": f"[{text}]",
                "textStyle": f"({mark.get('attrs', {}).get('color')}: {text})",
            }[mark["type"]]
        return text
    inner = [drawn(child) for child in node.get("content", [])]
    match kind:
        case "paragraph":
            align = attributes.get("textAlign")
            return (f"{align}: " if align else "") + "".join(inner).replace("**", "")
        case "heading":
            return "# " + "".join(inner).replace("**", "")
        case "blockquote":
            return "> " + " ¶ ".join(inner)
        case "listItem":
            return "- " + " ".join(inner)
        case "tableRow":
            return " ".join(cell or "_" for cell in inner)
        case "tableCell":
            return " ¶ ".join(inner)
        case "table" | "bulletList":
            return f"({' / '.join(inner)})"
    return re.sub(r"( ¶ )+$", "", " ¶ ".join(inner)) or "nothing"


@pytest.fixture(scope="module")
def nodes() -> Iterator[Browsers]:
    with browsers() as running:
        yield running


@dataclass
class Met:
    """What two changes made at the same time came to."""

    outcomes: set[str]
    base: bytes
    updates: list[bytes]


def meet(nodes: Browsers, base: bytes, one: Change, other: Change, chance: random.Random) -> Met:
    """Let two people change one document at once, deliver in random orders, and return what everybody has."""
    met = Met(set(), base, [])
    for turn in range(2 * ROUNDS):
        # Where nothing else decides, the client id does: each of the two comes first once.
        nodes.open((1, 2, 3) if turn % 2 else (2, 1, 3), base, turn)
        program = Program(4, base, chance)
        written = [
            nodes.act(number, change.action, at=change.at, words=change.words, after=change.after)
            for number, change in enumerate((one, other))
        ]
        met.updates = [*written[0], *written[1]]
        inboxes = {0: list(written[1]), 1: list(written[0]), 2: met.updates.copy(), 3: met.updates.copy()}
        while any(inboxes.values()):
            number = chance.choice([number for number, inbox in inboxes.items() if inbox])
            inbox = inboxes[number]
            chance.shuffle(inbox)
            taken, inboxes[number] = inbox[: chance.randrange(1, len(inbox) + 1)], []
            inboxes[number] = inbox[len(taken) :]
            repeated = [*taken, chance.choice(taken)]
            if number == 3:
                program.receive(repeated)
                continue
            answers = nodes.receive(number, repeated)
            met.updates += answers
            for inbox in (inboxes[reader] for reader in inboxes if reader != number):
                inbox.extend(answers)
        documents = {drawn(read([nodes.stored(number)[1]])) for number in range(3)} | {drawn(read([program.whole()]))}
        assert len(documents) == 1, f"replicas differ: {documents}"
        met.outcomes |= documents
    return met


def three_paragraphs(empty: bytes) -> bytes:
    """Replace the empty paragraph of a new document; return what was written."""
    doc: pycrdt.Doc = pycrdt.Doc()
    doc.apply_update(empty)
    known = doc.get_state()
    fragment = doc.get(FRAGMENT, type=pycrdt.XmlFragment)
    with doc.transaction():
        del fragment.children[0]
        for text in ("intro", PARAGRAPH, "outro"):
            # As the editor makes them: every block has an id.
            attributes = {"indent": 0, "id": f"block-{text[:5]}"}
            element = fragment.children.append(pycrdt.XmlElement("paragraph", attributes))
            element.children.append(pycrdt.XmlText(text))
    return doc.get_update(known)


def test_the_page_describes_every_pair_and_every_meeting() -> None:
    pairs = {(one, other) for one in STRUCTURE for other in TEXT}
    pairs |= {(one, other) for at, one in enumerate(STRUCTURE) for other in STRUCTURE[at:]}
    assert set(PAIRS) == pairs
    assert set(MEETINGS) == set(INTENTS)


@pytest.mark.fm("FM-008")
async def test_a_changed_paragraph_meets_another_change_as_documented(
    server: QuireProcess, nodes: Browsers, seed: int
) -> None:
    chance = random.Random(seed)
    vanished = 0
    for (one, other), outcomes in PAIRS.items():
        document = server.new_document()
        async with connected(server, document) as client:
            client.send(b"\x02\x00" + wire.var_string(server.token))
            client.send(wire.sync_step1(b"\x00"))
            empty, _ = wire.read_var_bytes(await client.until(b"\x00\x01"), 2)
            start = three_paragraphs(empty)
            base: pycrdt.Doc = pycrdt.Doc()
            base.apply_update(empty)
            base.apply_update(start)
            met = meet(nodes, base.get_update(), CHANGES[one], CHANGES[other], chance)
            assert met.outcomes == outcomes, (one, other)
            # The server is one more replica, and keeps what went with a deleted block.
            sent = [start, *chance.sample(met.updates, len(met.updates))]
            for update in sent:
                client.send(wire.sync_update(update))
            for _ in sent:
                assert await client.until(b"\x08") == wire.SAVED
        text = server.text(document)
        with closing(sqlite3.connect(server.data / "log.db")) as log:
            rows = log.execute("SELECT payload, author FROM updates WHERE document=? AND at>0", (document,)).fetchall()
        assert {author for _, author in rows} == {server.api("GET", f"/documents/{document}")["owner"]["id"]}  # type: ignore[index]
        typed = [change.words.strip() for change in (CHANGES[one], CHANGES[other])]
        for words in ["intro", *PARAGRAPH.split(), "outro", *typed]:
            if words not in text:
                vanished += 1
                assert any(words.encode() in payload for payload, _ in rows), (one, other, words)
    assert vanished > 0


@pytest.mark.fm("FM-020", size="40 rounds of each pair")
@pytest.mark.parametrize("name", INTENTS)
def test_two_intentions_meet_as_documented(nodes: Browsers, name: str, seed: int) -> None:
    start, one, other = INTENTS[name]
    met = meet(nodes, first_content({"type": "doc", "content": start}), one, other, random.Random(seed))
    assert met.outcomes == MEETINGS[name]
