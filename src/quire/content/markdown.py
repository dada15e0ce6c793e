"""ProseMirror JSON to Markdown (CommonMark with GitHub's tables, task lists and strikethrough).

What Markdown cannot say (alignment, colours, fonts, merged cells) is left out; the words always stay.
"""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]
_SPECIAL = re.compile(r"([\\`*_\[\]<>~|&])")
_LINE_START = re.compile(r"^([^\S\n]*)([#+\-=]|\d+[.)])", re.MULTILINE)
_WRAP = {"bold": "**", "italic": "*", "strike": "~~"}
MAX_DEPTH = 60
"""Nesting beyond which only the words are given: each list indents its items further."""


def to_markdown(document: Json) -> str:
    """Return a document as Markdown text."""
    return _blocks(document.get("content", []), 0).strip("\n") + "\n"


def _blocks(nodes: list[Json], depth: int) -> str:
    if depth > MAX_DEPTH:
        return " ".join(_plain(node) for node in nodes)
    return "\n\n".join(_block(node, depth) for node in nodes)


def _block(node: Json, depth: int) -> str:
    kind, attributes, content = node["type"], node.get("attrs", {}), node.get("content", [])
    match kind:
        case "heading":
            return f"{'#' * attributes['level']} {_inline(content).replace(chr(10), ' ')}"
        case "codeBlock":
            text = "".join(map(_plain, content))
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
            return f"{fence}{attributes.get('language', '')}\n{text}\n{fence}"
        case "horizontalRule" | "pageBreak":
            return "---"
        case "image":
            return f"![{_label(attributes.get('alt', ''))}]({_target(attributes.get('src', ''))})"
        case "blockquote":
            return _indented(_blocks(content, depth + 1), "> ", "> ")
        case "bulletList":
            return "\n".join(_item(child, "- ", depth) for child in content)
        case "orderedList":
            start = attributes.get("start", 1)
            return "\n".join(_item(child, f"{start + number}. ", depth) for number, child in enumerate(content))
        case "taskList":
            return "\n".join(
                _item(child, f"- [{'x' if child.get('attrs', {}).get('checked') else ' '}] ", depth)
                for child in content
            )
        case "table":
            return _table(content)
        case "unknownBlock":
            return f"*[{_label(attributes.get('name', ''))}]*"
        case "text" | "hardBreak":
            return _inline([node])
    return _inline(content)


def _item(node: Json, bullet: str, depth: int) -> str:
    width = 2 if bullet.startswith("- [") else len(bullet)
    return _indented(_blocks(node.get("content", []), depth + 1), bullet, " " * width)


def _indented(text: str, first: str, rest: str) -> str:
    lines = text.split("\n")
    return "\n".join([first + lines[0], *((rest + line).rstrip() for line in lines[1:])])


def _table(rows: list[Json]) -> str:
    lines = []
    for number, row in enumerate(rows):
        cells = [_inline_of(cell).replace("\n", " ") for cell in row.get("content", [])]
        lines.append(f"| {' | '.join(cells)} |")
        if number == 0:
            lines.append(f"|{' --- |' * max(1, len(cells))}")
    return "\n".join(lines)


def _inline_of(cell: Json) -> str:
    return " ".join(_inline(block.get("content", [block])) for block in cell.get("content", [cell]))


def _inline(nodes: list[Json]) -> str:
    out = []
    for node in nodes:
        if node["type"] == "hardBreak":
            out.append("\\\n")
        elif node["type"] == "text":
            out.append(_text(node))
        else:
            out.append(_plain(node))
    return _LINE_START.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", "".join(out))


def _text(node: Json) -> str:
    marks = {mark["type"]: mark.get("attrs", {}) for mark in node.get("marks", [])}
    text = node["text"]
    if "code" in marks:
        fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        return f"{fence} {text} {fence}" if "`" in text else f"{fence}{text}{fence}"
    body = text.strip()
    if not body:
        return str(text)
    lead, trail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    out = _escape(body)
    for name, sign in _WRAP.items():
        if name in marks:
            out = f"{sign}{out}{sign}"
    if "link" in marks:
        out = f"[{out}]({_target(marks['link']['href'])})"
    return f"{lead}{out}{trail}"


def _target(address: str) -> str:
    return address.replace(" ", "%20").replace("(", "%28").replace(")", "%29")


def _label(text: str) -> str:
    """A break in it could end the block."""
    return _escape(" ".join(text.split()))


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def _plain(node: Json) -> str:
    out, stack = [], [node]
    while stack:
        item = stack.pop()
        out.append(item.get("text", ""))
        stack.extend(reversed(item.get("content", [])))
    return "".join(out)
