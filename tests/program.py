"""A program that edits a document at the CRDT, as scripts and other servers do: every node and mark, at random."""

from __future__ import annotations

import random
from typing import Any

import pycrdt

from quire.content.schema import FRAGMENT, MARKS, MARKS_ATTRIBUTE, NODES
from quire.crdt.replica import LocalReplica
from quire.crdt.updates import inspect

WORDS = ("py ", "snake ", "é😀 ", "q", "words ")
VALUES: dict[str, list[Any]] = {
    "textAlign": ["left", "center", "right", "justify"],
    "lineHeight": ["1", "1.5", "2"],
    "indent": [0, 1, 2, 8],
    "dir": ["ltr", "rtl"],
    "level": [1, 2, 6],
    "start": [1, 5],
    "checked": [True, False],
    "language": ["python", "c"],
    "width": [64, 640],
    "align": ["left", "right"],
    "alt": ["picture", "photo"],
    "backgroundColor": ["#ffeeaa", "red"],
    "href": ["https://py.test"],
    "color": ["#123456", "#abcdef"],
    "fontFamily": ["Georgia"],
    "fontSize": ["12pt"],
    "thread": ["t1", "t2"],
    "id": ["s1", "s2"],
}
Template = tuple[str, dict[str, Any], list[Any]]


def words(text: str) -> Template:
    return ("paragraph", {"indent": 0}, [text])


def cell(kind: str, text: str) -> Template:
    return (kind, {"colspan": 1, "rowspan": 1}, [words(text)])


BLOCKS: list[Template] = [
    words("a paragraph of a program"),
    ("paragraph", {"indent": 0}, ["before", ("hardBreak", {}, []), "after"]),
    ("heading", {"level": 2, "indent": 0}, ["a heading"]),
    ("blockquote", {}, [words("quoted"), words("twice")]),
    ("bulletList", {}, [("listItem", {}, [words("one")]), ("listItem", {}, [words("two")])]),
    ("orderedList", {"start": 3}, [("listItem", {}, [words("three")])]),
    (
        "taskList",
        {},
        [("taskItem", {"checked": True}, [words("done")]), ("taskItem", {"checked": False}, [words("?")])],
    ),
    ("codeBlock", {"language": "python"}, ["print(1)"]),
    ("horizontalRule", {}, []),
    ("pageBreak", {}, []),
    ("image", {"src": "https://x.test/a.png", "alt": "a", "align": "center"}, []),
    (
        "table",
        {},
        [
            ("tableRow", {}, [cell("tableHeader", "h1"), cell("tableHeader", "h2")]),
            ("tableRow", {}, [cell("tableCell", "c1"), cell("tableCell", "c2")]),
        ],
    ),
    # A block of a newer release.
    ("callout", {"tone": "warning"}, [words("inside")]),
]


class Program:
    """A replica of the server's kind whose owner writes, too."""

    def __init__(self, client: int, base: bytes, chance: random.Random) -> None:
        self.replica = LocalReplica([])
        self.replica._doc = pycrdt.Doc(client_id=client)
        self.receive([base])
        self._chance = chance

    @property
    def fragment(self) -> pycrdt.XmlFragment:
        fragment: pycrdt.XmlFragment = self.replica.doc.get(FRAGMENT, type=pycrdt.XmlFragment)
        return fragment

    def receive(self, updates: list[bytes]) -> None:
        for update in updates:
            self.replica.apply_now(update, inspect(update))

    def whole(self) -> bytes:
        """Return the document as one update."""
        return self.replica.diff_now(b"\x00")

    def edit(self, times: int) -> tuple[list[bytes], list[str]]:
        """Make random edits; return the updates and the names of the edits."""
        sent: list[bytes] = []
        names = []
        doc = self.replica.doc
        subscription = doc.observe(lambda event: sent.append(event.update))
        for _ in range(times):
            name = self._chance.choice(list(EDITS))
            names.append(name)
            with doc.transaction():
                EDITS[name](self)
        doc.unobserve(subscription)
        self.receive(sent)
        return sent, names

    # ---------------------------------------------------------------- places

    def elements(self) -> list[pycrdt.XmlElement]:
        """Every element, blocks of newer releases left out with what is in them."""
        found: list[pycrdt.XmlElement] = []
        waiting: list[Any] = [self.fragment]
        while waiting:
            for child in waiting.pop().children:
                if isinstance(child, pycrdt.XmlElement) and child.tag in NODES:
                    found.append(child)
                    waiting.append(child)
        return found

    def element(self) -> pycrdt.XmlElement | None:
        """A random element; None in a document that everybody has emptied."""
        found = self.elements()
        return self._chance.choice(found) if found else None

    def text(self, *, marks: bool = False) -> pycrdt.XmlText | None:
        """A random run of text."""
        found = [
            child
            for element in self.elements()
            if not (marks and element.tag == "codeBlock")
            for child in element.children
            if isinstance(child, pycrdt.XmlText)
        ]
        return self._chance.choice(found) if found else None

    def span(self, text: pycrdt.XmlText, longest: int) -> tuple[int, int]:
        """A random range in bytes between whole characters."""
        letters = "".join(piece for piece, _ in text.diff() if isinstance(piece, str))
        start = self._chance.randrange(len(letters) + 1)
        end = min(len(letters), start + self._chance.randrange(longest + 1))
        return len(letters[:start].encode()), len(letters[:end].encode())

    # ---------------------------------------------------------------- edits

    def write(self) -> None:
        if text := self.text():
            text.insert(self.span(text, 0)[0], self._chance.choice(WORDS))

    def erase(self) -> None:
        if text := self.text():
            start, end = self.span(text, 6)
            if end > start:
                del text[start:end]

    def mark(self) -> None:
        if text := self.text(marks=True):
            start, end = self.span(text, 12)
            name = self._chance.choice(list(MARKS))
            value = {key: self._chance.choice(VALUES[key]) for key in MARKS[name].attributes}
            if end > start:
                text.format(start, end, {name: None if self._chance.random() < 0.3 else value})

    def set_attribute(self) -> None:
        element = self.element()
        known = [key for key in NODES[element.tag or ""].attributes if key in VALUES and key != "id"] if element else []
        if element and known:
            key = self._chance.choice(known)
            element.attributes[key] = self._chance.choice(VALUES[key])

    def mark_block(self) -> None:
        element = self.element()
        if element and element.tag != "hardBreak":
            element.attributes[MARKS_ATTRIBUTE] = '[{"type":"insertion","attrs":{"id":"s1"}}]'

    def insert_block(self) -> None:
        children = self.fragment.children
        self.put(children, self._chance.randrange(len(children) + 1), self._chance.choice(BLOCKS))

    def put(self, children: Any, at: int, template: Template | str) -> None:
        if isinstance(template, str):
            children.insert(at, pycrdt.XmlText(template))
            return
        tag, attributes, content = template
        element = pycrdt.XmlElement(tag, attributes)
        children.insert(at, element)
        for number, child in enumerate(content):
            self.put(element.children, number, child)

    def delete_block(self) -> None:
        children = self.fragment.children
        if len(children) > 1:
            del children[self._chance.randrange(len(children))]

    def extend_list(self) -> None:
        lists = [element for element in self.elements() if (element.tag or "").endswith("List")]
        if lists:
            chosen = self._chance.choice(lists)
            kind = "taskItem" if chosen.tag == "taskList" else "listItem"
            self.put(chosen.children, len(chosen.children), (kind, {}, [words("item")]))

    def extend_table(self) -> None:
        rows = [element for element in self.elements() if element.tag == "tableRow" and element.parent is not None]
        if rows:
            row = self._chance.choice(rows)
            cells = [child for child in row.children if isinstance(child, pycrdt.XmlElement)]
            new = ("tableRow", {}, [cell("tableCell", "new") for _ in cells or [None]])
            table = row.parent
            self.put(table.children, len(table.children), new)  # type: ignore[union-attr]


EDITS = {
    "program writes": Program.write,
    "program erases": Program.erase,
    "program marks": Program.mark,
    "program sets an attribute": Program.set_attribute,
    "program marks a block": Program.mark_block,
    "program inserts a block": Program.insert_block,
    "program deletes a block": Program.delete_block,
    "program extends a list": Program.extend_list,
    "program extends a table": Program.extend_table,
}
