"""A document in the forms that people and programs ask for; runs in a worker process."""

from __future__ import annotations

import json
from collections.abc import Sequence

from quire.content.html import to_page
from quire.content.markdown import to_markdown
from quire.content.prosemirror import read
from quire.content.text import to_text


def render(parts: Sequence[bytes], form: str, title: str) -> bytes:
    """Return the document as `json`, `html`, `markdown` or `text`, in UTF-8.

    Raises `ValueError` for another form or bytes that are no update, `ReplicaCorrupt` when the CRDT library fails.
    """
    document = read(parts)
    match form:
        case "json":
            return json.dumps(document, ensure_ascii=False).encode()
        case "html":
            return to_page(document, title).encode()
        case "markdown":
            return to_markdown(document).encode()
        case "text":
            return to_text(document).encode()
    raise ValueError(f"unknown form {form!r}")
