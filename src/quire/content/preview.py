"""The first lines of a document, for lists of documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from quire.content.prosemirror import read
from quire.content.schema import NODES

MOST_LINES = 14
MOST_CHARACTERS = 120
"""Of one line."""
Kind = Literal["title", "heading", "text", "item", "done", "code"]


class Line(NamedTuple):
    """One line of a preview."""

    kind: Kind
    text: str


def preview(parts: Sequence[bytes]) -> list[Line]:
    """Return the first lines that have words; raises what `prosemirror.read` raises."""
    lines: list[Line] = []
    stack: list[tuple[dict[str, Any], Kind]] = [(node, "text") for node in reversed(read(parts)["content"])]
    while stack and len(lines) < MOST_LINES:
        node, kind = stack.pop()
        name, content = node["type"], node.get("content", [])
        if name == "tableRow":
            lines.append(Line("text", _short("  ·  ".join(filter(None, map(_words, content))))))
        elif NODES[name].is_textblock:
            if name == "heading":
                kind = "title" if node.get("attrs", {}).get("level") == 1 else "heading"
            elif name == "codeBlock":
                kind = "code"
            lines += [Line(kind, _short(line)) for line in _words(node).split("\n")]
        else:
            if name in ("listItem", "taskItem"):
                kind = "done" if node.get("attrs", {}).get("checked") else "item"
            stack.extend((child, kind) for child in reversed(content))
        lines = [line for line in lines if line.text.strip()]
    return lines[:MOST_LINES]


def _short(line: str) -> str:
    return line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1].rstrip() + "…"


def _words(node: dict[str, Any]) -> str:
    """Return the words below a node, up to what a preview shows."""
    found, size = [], 0
    stack = [node]
    while stack and size < MOST_CHARACTERS * MOST_LINES:
        at = stack.pop()
        if at["type"] == "hardBreak":
            found.append("\n")
        words = at.get("text", "")
        found.append(words)
        size += len(words)
        stack.extend(reversed(at.get("content", [])))
    return "".join(found)
