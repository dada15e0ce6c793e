"""Between the Yjs document and ProseMirror JSON.

Reading enforces the schema on whatever the document holds; writing is only for first content, made once when a
document is created: a live document is never rebuilt from JSON.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

from quire.content.schema import FRAGMENT, MARKS, MARKS_ATTRIBUTE, NODES, clean
from quire.crdt.document import DATA, XmlElement, XmlFragment, XmlText, fragment_of, new_document, seed
from quire.crdt.updates import merge

Json = dict[str, Any]
MAX_DEPTH = 200
"""Nesting to which content is read; an editor's documents have less than 20."""
_TERM = re.compile(r"\([^)]*\)[*+?]?|\w+[*+?]?")
"""A part of a content expression."""


def read(parts: Sequence[bytes]) -> Json:
    """Return the document made of these updates as ProseMirror JSON."""
    fragment = fragment_of(parts, FRAGMENT)
    blocks: list[Json] = []
    stack: list[tuple[Any, str, list[Json], int]] = [(fragment, "doc", blocks, 0)]
    while stack:
        parent, kind, into, depth = stack.pop()
        for child in parent.children:
            if isinstance(child, XmlText):
                words = _inline(child)
                if not NODES[kind].is_textblock and words:
                    words = [{"type": "paragraph", "content": words}]
                into.extend(words)
                continue
            if not isinstance(child, XmlElement):
                into.append(_unknown(DATA, {}))
                continue
            node = _element(child)
            into.append(node)
            if depth < MAX_DEPTH and node["type"] in NODES and not NODES[node["type"]].atom:
                content: list[Json] = []
                node["content"] = content
                stack.append((child, node["type"], content, depth + 1))
    _prune(blocks)
    _complete(blocks)
    return {"type": "doc", "content": blocks or [{"type": "paragraph"}]}


def _prune(blocks: list[Json]) -> None:
    """Take out what is only a structure around nothing, as a table without rows, and empty content lists.

    The editor shows none of the former, and ProseMirror's own JSON has none of the latter.
    """
    contents = [blocks]
    for content in contents:
        contents.extend(node["content"] for node in content if "content" in node)
    for content in reversed(contents):
        content[:] = [node for node in content if node.get("content") != [] or not _needs_content(node["type"])]
        for node in content:
            if node.get("content") == []:
                del node["content"]


def _complete(blocks: list[Json]) -> None:
    """Begin list items with a paragraph, as the editor shows them.

    One person may take it away while another writes a block behind it.
    """
    contents = [blocks]
    for content in contents:
        for node in content:
            if (inner := node.get("content")) is None:
                continue
            contents.append(inner)
            if NODES[node["type"]].content.startswith("paragraph ") and inner[0]["type"] != "paragraph":
                inner.insert(0, _node("paragraph", {}))


def _needs_content(name: str) -> bool:
    """Whether a node of this type is none without children."""
    return any(not term.endswith(("*", "?")) for term in _TERM.findall(NODES[name].content))


def _element(element: XmlElement) -> Json:
    name = element.tag or ""
    raw = {key: _whole(value) for key, value in element.attributes}  # type: ignore[attr-defined]
    marks = raw.pop(MARKS_ATTRIBUTE, None)
    if name not in NODES or name in ("doc", "text"):
        return _unknown(name, raw)
    node = _node(name, raw)
    if isinstance(marks, str) and (found := _block_marks(marks)):
        node["marks"] = found
    return node


def _node(name: str, raw: Json) -> Json:
    """Return a node without content, with the attributes that the schema allows."""
    node: Json = {"type": name}
    attributes = {key: clean(attribute, raw.get(key)) for key, attribute in NODES[name].attributes.items()}
    if kept := {key: value for key, value in attributes.items() if value is not None}:
        node["attrs"] = kept
    return node


def _unknown(name: str, attributes: Json) -> Json:
    return {"type": "unknownBlock", "attrs": {"name": name, "json": json.dumps(attributes, default=str)}}


def _block_marks(encoded: str) -> list[Json]:
    try:
        raw = json.loads(encoded)
    except (ValueError, RecursionError):
        return []
    if not isinstance(raw, list):
        return []
    marks = (_mark(item.get("type"), item.get("attrs") or {}) for item in raw if isinstance(item, dict))
    return [mark for mark in marks if mark is not None]


def _inline(text: XmlText) -> list[Json]:
    nodes: list[Json] = []
    for piece, attributes in text.diff():
        if not isinstance(piece, str) or not piece:
            continue
        node: Json = {"type": "text", "text": piece}
        marks: list[Json] = []
        for name, value in sorted((attributes or {}).items(), key=_rank):
            mark = _mark(name, value)
            # A program and a browser may have set the same mark under two names.
            if mark is not None and mark not in marks:
                marks.append(mark)
        if marks:
            node["marks"] = marks
        nodes.append(node)
    return nodes


_ORDER = {name: position for position, name in enumerate(MARKS)}


def _rank(item: tuple[str, Any]) -> int:
    return _ORDER.get(item[0].split("--", 1)[0], len(_ORDER))


def _mark(name: Any, value: Any) -> Json | None:  # noqa: ANN401 - whatever the document holds
    if not isinstance(name, str) or value is None or value is False:
        return None
    # y-prosemirror writes overlapping marks of one type as `type--hash`.
    known = MARKS.get(name.split("--", 1)[0])
    if known is None:
        return None
    given = value if isinstance(value, dict) else {}
    attributes = {key: clean(attribute, _whole(given.get(key))) for key, attribute in known.attributes.items()}
    if name == "link" and not attributes.get("href"):
        return None
    kept = {key: value for key, value in attributes.items() if value is not None}
    mark: Json = {"type": name.split("--", 1)[0]}
    if kept:
        mark["attrs"] = kept
    return mark


def _whole(value: Any) -> Any:  # noqa: ANN401 - whatever the document holds
    """Undo what the CRDT does to integers: they come back as floats."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def block_id() -> str:
    """Return a new stable block id."""
    return secrets.token_urlsafe(9)


def first_content(document: Json) -> bytes:
    """Return the one update that makes `document` the first content of a new document."""

    def build(parent: Any, nodes: list[Json]) -> None:  # noqa: ANN401
        run: list[Json] = []
        for node in nodes:
            if node["type"] == "text":
                run.append(node)
                continue
            if run:
                _write_run(parent, run)
                run = []
            attributes = {key: value for key, value in node.get("attrs", {}).items() if value is not None}
            if NODES[node["type"]].group != "inline":
                attributes.setdefault("id", block_id())
            if "marks" in node:
                attributes[MARKS_ATTRIBUTE] = json.dumps(node["marks"])
            element = parent.children.append(XmlElement(node["type"], attributes))
            inside = node.get("content", [])
            if not inside and NODES[node["type"]].is_textblock:
                element.children.append(XmlText())
            build(element, inside)
        if run:
            _write_run(parent, run)

    crdt = new_document()
    return seed(crdt, FRAGMENT, lambda fragment: build(fragment, document["content"]))


def _write_run(parent: Any, run: list[Json]) -> None:  # noqa: ANN401
    text = parent.children.append(XmlText())
    at = 0
    for node in run:
        marks = {mark["type"]: mark.get("attrs", {}) for mark in node.get("marks", ())}
        text.insert(at, node["text"], marks or None)
        at += len(node["text"].encode())


def empty_document(document: str) -> bytes:
    """Return the first content of an empty document: one empty paragraph with an id, and a text to write in.

    It follows from the document's id, so that a browser without a network (`madeOffline.ts`) begins with the same
    paragraph, and both become one.
    """
    return _beginning(document)[1]


def begun(document: str, content: bytes) -> bytes:
    """Return other first content of a document: in it, the empty paragraph that a document begins with is deleted.

    Where the document is made again and its maker's copy comes back, no such paragraph stands before it.
    """
    beginning, _ = _beginning(document)
    return merge([content, seed(beginning, FRAGMENT, lambda fragment: fragment.children.__delitem__(0))])


def _beginning(document: str) -> tuple[Any, bytes]:
    digits = document.replace("-", "")
    beginning = new_document(int(digits[-8:], 16))

    def build(fragment: XmlFragment) -> None:
        fragment.children.append(XmlElement("paragraph", {"id": digits[-12:]})).children.append(XmlText())

    return beginning, seed(beginning, FRAGMENT, build)
