"""Reading lib0's encoding within bounds: numbers, bytes, texts and values, one after the other.

Source of the format: lib0 `decoding.js`.
"""

from __future__ import annotations

from typing import Final

MAX_VALUE_DEPTH: Final = 64
"""Nesting of objects and arrays inside one value."""


class MalformedUpdate(ValueError):
    """Bytes that are no Yjs update, or one outside the limits; the text says why."""


class Cursor:
    """A place in encoded bytes; what is read moves it on.

    Raises `MalformedUpdate`, and `IndexError` where a number or a value ends too early.
    """

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at
        self.end = len(data)

    def number(self) -> int:
        """Read a variable-length number."""
        data = self.data
        at = self.at
        byte = data[at]
        if byte < 0x80:
            self.at = at + 1
            return byte
        value = byte & 0x7F
        shift = 7
        while True:
            at += 1
            byte = data[at]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.at = at + 1
                if value >= 2**53:
                    raise MalformedUpdate("a number is larger than 2^53 - 1")
                return value
            shift += 7
            if shift > 53:
                raise MalformedUpdate("a number is larger than 2^53 - 1")

    def fits(self, count: int) -> None:
        """Refuse a count of things that the bytes left cannot hold."""
        if count > self.end - self.at:
            raise MalformedUpdate("a count is larger than the update")

    def bytes(self) -> bytes:
        """Read bytes behind their length."""
        size = self.number()
        start = self.at
        self.at = start + size
        if self.at > self.end:
            raise MalformedUpdate("the update ends too early")
        return self.data[start : self.at]

    def text(self) -> str:
        """Read a text behind its length."""
        try:
            return self.bytes().decode()
        except UnicodeDecodeError:
            raise MalformedUpdate("a name is not UTF-8") from None

    def json(self) -> None:
        """Pass over a value written as JSON."""
        raw = self.bytes()
        if raw.count(b"[") + raw.count(b"{") > MAX_VALUE_DEPTH and _json_depth(raw) > MAX_VALUE_DEPTH:
            raise MalformedUpdate(f"a value is nested more than {MAX_VALUE_DEPTH} deep")

    def any(self) -> None:
        """Pass over a value of the kind that lib0 calls `any`, without recursion."""
        open_counts = [1]
        keyed = [False]
        while open_counts:
            if open_counts[-1] == 0:
                open_counts.pop()
                keyed.pop()
                continue
            open_counts[-1] -= 1
            if keyed[-1]:
                self.text()
            kind = self.data[self.at]
            self.at += 1
            if kind == 125:
                self.signed()
            elif kind == 124:
                self.skip(4)
            elif kind in (123, 122):
                self.skip(8)
            elif kind == 119:
                self.text()
            elif kind == 116:
                self.bytes()
            elif kind in (118, 117):
                count = self.number()
                self.fits(count)
                if len(open_counts) > MAX_VALUE_DEPTH:
                    raise MalformedUpdate(f"a value is nested more than {MAX_VALUE_DEPTH} deep")
                open_counts.append(count)
                keyed.append(kind == 118)
            elif kind not in (127, 126, 121, 120):
                raise MalformedUpdate(f"a value of kind {kind} is unknown")

    def signed(self) -> None:
        """Pass over a signed number."""
        at = self.at
        data = self.data
        while data[at] >= 0x80:
            at += 1
            if at - self.at > 9:
                raise MalformedUpdate("a number is too long")
        self.at = at + 1

    def skip(self, count: int) -> None:
        """Pass over bytes."""
        self.at += count
        if self.at > self.end:
            raise MalformedUpdate("the update ends too early")


def append_number(out: bytearray, value: int) -> None:
    """Append a lib0 variable-length number."""
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _json_depth(raw: bytes) -> int:
    depth = deepest = 0
    quoted = escaped = False
    for byte in raw:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in (0x5B, 0x7B):
            depth += 1
            deepest = max(deepest, depth)
        elif byte in (0x5D, 0x7D):
            depth -= 1
    return deepest
