"""The document schema, version 1: described once here, shared with the browser as a generated file.

The text of a document is the Yjs XML fragment `default`, in the form that y-prosemirror writes: an element per
node with its attributes, an XML text per run of inline content with marks as formatting attributes. Marks on block
nodes are kept as JSON in the reserved element attribute `MARKS_ATTRIBUTE`.

`python -m quire.content.schema > web/src/editor/schema/schema.json` writes the browser's copy.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

SCHEMA_VERSION: Final = 1
MINIMUM_SCHEMA_VERSION: Final = 1
FRAGMENT: Final = "default"
MARKS_ATTRIBUTE: Final = "__marks"

Kind = Literal["string", "integer", "number", "boolean", "url", "color", "choice", "integers"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: its kind, default and allowed values; `clean` says what becomes of any other."""

    kind: Kind
    default: Any = None
    choices: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One node type with its ProseMirror content expression and group."""

    content: str = ""
    group: str = ""
    attributes: dict[str, Attribute] = field(default_factory=dict)
    atom: bool = False
    marks: str | None = None

    @property
    def is_textblock(self) -> bool:
        """Whether text stands in it, as in a paragraph, and not other blocks."""
        return self.content in ("inline*", "text*")


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark type."""

    attributes: dict[str, Attribute] = field(default_factory=dict)


_ID = {"id": Attribute("string", pattern=r"[A-Za-z0-9_-]{1,64}")}
_BLOCK = {
    **_ID,
    "textAlign": Attribute("choice", choices=("left", "center", "right", "justify")),
    "lineHeight": Attribute("choice", choices=("1", "1.15", "1.5", "2", "2.5", "3")),
    "indent": Attribute("integer", 0, least=0, most=8),
    "dir": Attribute("choice", choices=("ltr", "rtl", "auto")),
}
_CELL = {
    **_ID,
    "colspan": Attribute("integer", 1, least=1, most=100),
    "rowspan": Attribute("integer", 1, least=1, most=1000),
    "colwidth": Attribute("integers", least=10, most=4000),
    "backgroundColor": Attribute("color"),
}

NODES: Final[dict[str, Node]] = {
    "doc": Node("block+"),
    "paragraph": Node("inline*", "block", _BLOCK),
    "heading": Node("inline*", "block", {**_BLOCK, "level": Attribute("integer", 1, least=1, most=6)}),
    "blockquote": Node("block+", "block", _ID),
    "bulletList": Node("listItem+", "block list", _ID),
    "orderedList": Node("listItem+", "block list", {**_ID, "start": Attribute("integer", 1, least=0, most=1_000_000)}),
    "listItem": Node("paragraph block*", "", _ID),
    "taskList": Node("taskItem+", "block list", _ID),
    "taskItem": Node("paragraph block*", "", {**_ID, "checked": Attribute("boolean", False)}),
    "codeBlock": Node(
        "text*", "block", {**_ID, "language": Attribute("string", pattern=r"[A-Za-z0-9+#._-]{1,40}")}, marks=""
    ),
    "horizontalRule": Node("", "block", _ID, atom=True),
    "pageBreak": Node("", "block", _ID, atom=True),
    "image": Node(
        "",
        "block",
        {
            **_ID,
            "src": Attribute("url", ""),
            "alt": Attribute("string", ""),
            "title": Attribute("string", ""),
            "width": Attribute("integer", least=16, most=8192),
            "height": Attribute("integer", least=16, most=8192),
            "align": Attribute("choice", "center", choices=("left", "center", "right")),
        },
        atom=True,
    ),
    "table": Node("tableRow+", "block", _ID),
    "tableRow": Node("(tableCell | tableHeader)*", "", _ID),
    "tableCell": Node("block+", "", _CELL),
    "tableHeader": Node("block+", "", _CELL),
    "unknownBlock": Node(
        "", "block", {**_ID, "name": Attribute("string", ""), "json": Attribute("string", "")}, atom=True
    ),
    "hardBreak": Node("", "inline", {}),
    "text": Node("", "inline"),
}

MARKS: Final[dict[str, Mark]] = {
    "link": Mark({"href": Attribute("url", "")}),
    "bold": Mark(),
    "italic": Mark(),
    "underline": Mark(),
    "strike": Mark(),
    "code": Mark(),
    "subscript": Mark(),
    "superscript": Mark(),
    "highlight": Mark({"color": Attribute("color")}),
    "textStyle": Mark(
        {
            "color": Attribute("color"),
            "fontFamily": Attribute("string", pattern=r"[A-Za-z0-9 ,'\"-]{1,100}"),
            "fontSize": Attribute("string", pattern=r"[0-9]{1,3}(\.[0-9])?(pt|px|em|rem)"),
        }
    ),
    "comment": Mark({"thread": Attribute("string", "", pattern=r"[A-Za-z0-9_-]{1,64}")}),
    "insertion": Mark({"id": Attribute("string", "", pattern=r"[A-Za-z0-9_-]{1,64}")}),
    "deletion": Mark({"id": Attribute("string", "", pattern=r"[A-Za-z0-9_-]{1,64}")}),
    "modification": Mark({"id": Attribute("string", "", pattern=r"[A-Za-z0-9_-]{1,64}")}),
}

_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}|rgba?\([0-9., %]{5,40}\)|[a-zA-Z]{3,30}")
_SCHEMES = ("http:", "https:", "mailto:", "tel:")
_ATTACHMENT = re.compile(r"/api/v1/documents/[0-9a-f-]{36}/attachments/[0-9a-f]{64}")
MAX_URL: Final = 4000
"""Characters of an address; the browser has the same bound (`editor/links.ts`)."""


def safe_url(value: str) -> str | None:
    """Return an address with an allowed scheme, an attachment's path or an anchor; None for anything else."""
    text = "".join(character for character in value.strip() if ord(character) > 31 and ord(character) != 127)
    if _ATTACHMENT.fullmatch(text) or text.startswith("#"):
        return text
    return text if text.lower().startswith(_SCHEMES) and len(text) <= MAX_URL else None


def clean(attribute: Attribute, value: Any) -> Any:  # noqa: ANN401 - whatever the document holds
    """Return `value` if the schema allows it, the nearest that it allows for a number, else the default.

    Documents may hold anything a client wrote; `web/src/editor/schema/clean.ts` is the same rule in the browser.
    """
    default = attribute.default
    match attribute.kind:
        case "boolean":
            return value if isinstance(value, bool) else default
        case "integer" | "number":
            if not _is_number(value):
                return default
            least = attribute.least if attribute.least is not None else value
            most = attribute.most if attribute.most is not None else value
            bounded = min(max(value, least), most)
            return int(bounded) if attribute.kind == "integer" else bounded
        case "integers":
            if not isinstance(value, list) or not all(_is_number(item) for item in value):
                return default
            least, most = attribute.least or 0, attribute.most or 4000
            # A cell over several columns has 0 for those without a width of their own.
            return [int(min(max(item, least), most)) if item else 0 for item in value[:100]]
    if not isinstance(value, str):
        return default
    match attribute.kind:
        case "choice":
            return value if value in attribute.choices else default
        case "color":
            return value if _COLOR.fullmatch(value) else default
        case "url":
            return safe_url(value) or default
    if attribute.pattern is not None and not re.fullmatch(attribute.pattern, value):
        return default
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


def as_json() -> str:
    """Return the schema as the browser's generated file holds it."""
    body = {
        "version": SCHEMA_VERSION,
        "fragment": FRAGMENT,
        "marksAttribute": MARKS_ATTRIBUTE,
        "nodes": {name: asdict(node) for name, node in NODES.items()},
        "marks": {name: asdict(mark) for name, mark in MARKS.items()},
    }
    return json.dumps(body, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_json())
