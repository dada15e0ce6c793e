"""ProseMirror JSON to plain text: one line per text block."""

from __future__ import annotations

from typing import Any

from quire.content.schema import NODES

Json = dict[str, Any]


def to_text(document: Json) -> str:
    """Return the words of a document."""
    lines: list[str] = []
    stack: list[Json] = list(reversed(document.get("content", [])))
    while stack:
        node = stack.pop()
        content = node.get("content", [])
        kind = NODES.get(node["type"])
        if kind is not None and kind.is_textblock:
            lines.append("".join("\n" if item["type"] == "hardBreak" else item.get("text", "") for item in content))
            stack.extend(item for item in reversed(content) if "content" in item)
        elif node["type"] in ("horizontalRule", "pageBreak"):
            lines.append("")
        else:
            stack.extend(reversed(content))
    return "\n".join(lines) + "\n"
