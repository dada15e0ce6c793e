"""ProseMirror JSON to HTML: text is escaped at output, only what the schema allows is written."""

from __future__ import annotations

from html import escape
from typing import Any

Json = dict[str, Any]
_BLOCKS = {
    "paragraph": "p",
    "blockquote": "blockquote",
    "bulletList": "ul",
    "orderedList": "ol",
    "listItem": "li",
    "taskList": "ul",
    "taskItem": "li",
    "table": "table",
    "tableRow": "tr",
    "tableCell": "td",
    "tableHeader": "th",
}
_MARKS = {
    "bold": "strong",
    "italic": "em",
    "underline": "u",
    "strike": "s",
    "code": "code",
    "subscript": "sub",
    "superscript": "sup",
}


def to_html(document: Json) -> str:
    """Return the body of a document as HTML (no html or body element around it)."""
    out: list[str] = []
    stack: list[Json | str] = list(reversed(document.get("content", [])))
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            out.append(item)
            continue
        before, after = _tags(item)
        out.append(before)
        stack.append(after)
        stack.extend(reversed(item.get("content", [])))
    return "".join(out)


def to_page(document: Json, title: str) -> str:
    """Return a complete HTML page."""
    # By its generator the page is known from one that a network with a sign-in gives in its place.
    generator = '<meta name="generator" content="Quire">'
    head = f'<head><meta charset="utf-8">{generator}<title>{escape(title)}</title></head>'
    return f'<!doctype html><html>{head}<body dir="auto">{to_html(document)}</body></html>'


def _tags(node: Json) -> tuple[str, str]:
    kind, attributes = node["type"], node.get("attrs", {})
    if kind == "text":
        return _text(node)
    if kind == "hardBreak":
        return "<br>", ""
    if kind in ("horizontalRule", "pageBreak"):
        return ("<hr>" if kind == "horizontalRule" else '<div style="break-after: page"></div>'), ""
    if kind == "image":
        size = "".join(f' {side}="{attributes[side]}"' for side in ("width", "height") if side in attributes)
        return (
            f'<img src="{escape(attributes.get("src", ""))}" alt="{escape(attributes.get("alt", ""))}"{size}>',
            "",
        )
    if kind == "unknownBlock":
        return f"<p><em>[{escape(attributes.get('name', ''))}]</em></p>", ""
    if kind == "codeBlock":
        language = attributes.get("language")
        label = f' class="language-{escape(language)}"' if language else ""
        return f"<pre><code{label}>", "</code></pre>"
    name = f"h{attributes['level']}" if kind == "heading" else _BLOCKS.get(kind, "div")
    prefix = ""
    if kind == "taskItem":
        prefix = f'<input type="checkbox" disabled{" checked" if attributes.get("checked") else ""}> '
    return f"<{name}{_block_attributes(attributes)}>{prefix}", f"</{name}>"


def _block_attributes(attributes: Json) -> str:
    style = []
    if "textAlign" in attributes:
        style.append(f"text-align: {attributes['textAlign']}")
    if "lineHeight" in attributes:
        style.append(f"line-height: {attributes['lineHeight']}")
    if attributes.get("indent"):
        style.append(f"margin-inline-start: {attributes['indent'] * 2}em")
    out = f' style="{escape("; ".join(style))}"' if style else ""
    for name in ("colspan", "rowspan"):
        if attributes.get(name, 1) != 1:
            out += f' {name}="{attributes[name]}"'
    if attributes.get("start", 1) != 1:
        out += f' start="{attributes["start"]}"'
    if "dir" in attributes:
        out += f' dir="{attributes["dir"]}"'
    return out


def _text(node: Json) -> tuple[str, str]:
    before, after = "", ""
    for mark in node.get("marks", []):
        kind, attributes = mark["type"], mark.get("attrs", {})
        if kind in _MARKS:
            opening, closing = f"<{_MARKS[kind]}>", f"</{_MARKS[kind]}>"
        elif kind == "link":
            opening, closing = f'<a href="{escape(attributes["href"])}" rel="noopener noreferrer">', "</a>"
        elif kind == "highlight":
            color = attributes.get("color", "#fff3a3")
            opening, closing = f'<mark style="background-color: {escape(color)}">', "</mark>"
        elif kind == "textStyle":
            names = (("color", "color"), ("fontFamily", "font-family"), ("fontSize", "font-size"))
            style = "; ".join(f"{css}: {attributes[name]}" for name, css in names if name in attributes)
            opening, closing = f'<span style="{escape(style)}">', "</span>"
        else:
            continue
        before += opening
        after = closing + after
    return before + escape(node["text"], quote=False), after
