"""Reading the content of structs within bounds. Source of the format: Yjs `Item.js`, `Content*.js`."""

from __future__ import annotations

from typing import Final

from quire.crdt.cursor import Cursor, MalformedUpdate

MAX_RUN: Final = 2**24
"""Longest run of deleted or collected characters in one block."""

# Kinds of content.
GC, DELETED, JSON, BINARY, STRING, EMBED, FORMAT, TYPE, ANY, DOC, SKIP = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
# Shared types.
ARRAY, MAP, SHARED_TEXT, ELEMENT, FRAGMENT, HOOK, XML_TEXT = 0, 1, 2, 3, 4, 5, 6


class Contents(Cursor):
    """A cursor that knows what structs contain."""

    __slots__ = ("pairs",)

    def __init__(self, data: bytes, at: int = 0) -> None:
        super().__init__(data, at)
        self.pairs: list[int] | None = None
        """Offsets of the second halves of characters that take two clock units, of the last text that has any."""

    def payload(self, kind: int) -> int:
        """Pass over the content of one struct; returns its length in clock units."""
        if kind == STRING:
            return self.string()
        if kind == DELETED:
            return self.run()
        if kind == FORMAT:
            self.text()
            self.json()
            return 1
        if kind == TYPE:
            # yrs reads one byte, Yjs a number.
            reference = self.data[self.at]
            self.at += 1
            # yrs reads a hook without its name, and everything after it wrongly; no editor makes hooks.
            if reference > XML_TEXT or reference == HOOK:
                raise MalformedUpdate(f"shared type {reference} is unknown")
            if reference == ELEMENT:
                self.text()
            return 1
        if kind == EMBED:
            self.json()
            return 1
        if kind == ANY:
            count = self.number()
            self.fits(count)
            if count == 0:
                raise MalformedUpdate("a list of values is empty")
            for _ in range(count):
                self.any()
            return count
        if kind == JSON:
            raise MalformedUpdate("values in the form of Yjs before version 13 cannot be merged")
        if kind == BINARY:
            self.bytes()
            return 1
        if kind == DOC:
            self.text()
            self.any()
            return 1
        raise MalformedUpdate(f"content of kind {kind} is unknown")

    def run(self) -> int:
        """Read the length of what was deleted, collected or skipped."""
        length = self.number()
        if not 0 < length <= MAX_RUN:
            raise MalformedUpdate(f"a run of {length} characters is out of range")
        return length

    def string(self) -> int:
        """Read a text; returns its length in UTF-16 code units, which is what clocks count."""
        raw = self.bytes()
        length = len(raw)
        if not raw.isascii():
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                raise MalformedUpdate("text is not UTF-8") from None
            length = len(text)
            if max(text) > "\uffff":
                wide = [at for at, character in enumerate(text) if character > "\uffff"]
                self.pairs = [at + before + 1 for before, at in enumerate(wide)]
                length += len(wide)
        if length == 0:
            raise MalformedUpdate("a text block is empty")
        return length
