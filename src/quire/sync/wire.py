"""Wire codec: lib0 primitives, the Hocuspocus v4 and y-protocols messages, and WebSocket frames.

Pure functions over `bytes`; every read is bounded by the message it reads from. Sources: lib0 `encoding.js`,
y-protocols `sync.js`/`awareness.js`, the Hocuspocus v4 provider, RFC 6455 section 5.2.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

SYNC: Final = 0
AWARENESS: Final = 1
AUTH: Final = 2
QUERY_AWARENESS: Final = 3
SYNC_REPLY: Final = 4
STATELESS: Final = 5
BROADCAST_STATELESS: Final = 6
CLOSE: Final = 7
PING: Final = b"\x09"
PONG: Final = b"\x0a"

STEP1: Final = 0
STEP2: Final = 1
UPDATE: Final = 2

AUTH_TOKEN: Final = 0

MAX_VAR_UINT: Final = 2**53 - 1


class MalformedMessage(ValueError):
    """A message that does not follow the wire protocol; the text says what is wrong."""


def read_var_uint(data: bytes, at: int) -> tuple[int, int]:
    """Return (value, next position) of the varUint at `at`; raises `MalformedMessage`."""
    value = shift = 0
    end = len(data)
    while True:
        if at >= end:
            raise MalformedMessage("message ends inside a number")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value > MAX_VAR_UINT:
                raise MalformedMessage("number is larger than 2^53 - 1")
            return value, at
        shift += 7
        if shift > 53:
            raise MalformedMessage("number is larger than 2^53 - 1")


def read_var_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    """Return (bytes, next position) of the length-prefixed byte string at `at`; raises `MalformedMessage`."""
    size, at = read_var_uint(data, at)
    end = at + size
    if end > len(data):
        raise MalformedMessage(f"message ends inside {size} bytes of content")
    return data[at:end], end


def read_var_string(data: bytes, at: int) -> tuple[str, int]:
    """Return (text, next position) of the length-prefixed UTF-8 string at `at`; raises `MalformedMessage`."""
    raw, at = read_var_bytes(data, at)
    try:
        return raw.decode(), at
    except UnicodeDecodeError:
        raise MalformedMessage("text is not UTF-8") from None


def var_uint(value: int) -> bytes:
    """Encode a non-negative integer of at most 53 bits."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def var_bytes(content: bytes) -> bytes:
    """Encode a byte string with its length in front."""
    return var_uint(len(content)) + content


def var_string(text: str) -> bytes:
    """Encode text with its length in UTF-8 bytes in front."""
    return var_bytes(text.encode())


def sync_step1(state_vector: bytes) -> bytes:
    """Body of a sync step 1."""
    return b"\x00\x00" + var_bytes(state_vector)


def sync_step2(update: bytes) -> bytes:
    """Body of a sync step 2."""
    return b"\x00\x01" + var_bytes(update)


def sync_update(update: bytes) -> bytes:
    """Body of a sync update."""
    return b"\x00\x02" + var_bytes(update)


def awareness(content: bytes) -> bytes:
    """Body of an awareness message."""
    return b"\x01" + var_bytes(content)


def authenticated(*, writable: bool) -> bytes:
    """Body that grants a scope (Hocuspocus: `read-write` or `readonly`)."""
    return b"\x02\x02" + var_string("read-write" if writable else "readonly")


def permission_denied(reason: str) -> bytes:
    """Body that refuses a document (Hocuspocus and y-protocols auth)."""
    return b"\x02\x01" + var_string(reason)


def yjs_permission_denied(reason: str) -> bytes:
    """Body that refuses a document in the y-websocket protocol (y-protocols `auth.js`)."""
    return b"\x02\x00" + var_string(reason)


def stateless(text: str) -> bytes:
    """Body of a stateless message."""
    return b"\x05" + var_string(text)


def close_reply(reason: str) -> bytes:
    """Body that says that one document is closed: its client wished it, or it cannot be read."""
    return b"\x07" + var_string(reason)


SAVED: Final = b"\x08\x01"
"""Body of SyncStatus: one update is durable."""
NOT_SAVED: Final = b"\x08\x00"
"""Body of SyncStatus: one update was refused."""


@dataclass(frozen=True, slots=True)
class PresenceEntry:
    """One client's state inside an awareness message; `state` is JSON text, None when the client left."""

    client: int
    clock: int
    state: str | None


def decode_awareness(
    content: bytes,
    *,
    max_state: int,
    max_together: int | None = None,
    max_entries: int = 2048,
    mend: Callable[[dict[str, object]], bool] = lambda _: False,
) -> list[PresenceEntry]:
    """Parse an awareness update; raises `MalformedMessage`.

    States must be JSON objects: other clients parse them without a guard. `mend` may change one, and says whether it
    did. What follows `max_together` characters of states is passed over: reading takes long, and only clients that
    repeat what others said send so much.
    """
    count, at = read_var_uint(content, 0)
    if count > max_entries or count * 3 > len(content):
        raise MalformedMessage(f"awareness message claims {count} entries")
    entries = []
    together = 0
    for _ in range(count):
        client, at = read_var_uint(content, at)
        clock, at = read_var_uint(content, at)
        text, at = read_var_string(content, at)
        if len(text) > max_state:
            raise MalformedMessage(f"presence state is larger than {max_state} bytes")
        if text == "null":
            entries.append(PresenceEntry(client, clock, None))
            continue
        together += len(text)
        if max_together is not None and together > max_together:
            break
        try:
            state = json.loads(text, parse_constant=_no_json)
        except (ValueError, RecursionError):
            raise MalformedMessage("presence state is not JSON") from None
        if not isinstance(state, dict):
            raise MalformedMessage("presence state is not a JSON object")
        if mend(state):
            try:
                text = json.dumps(state, allow_nan=False, separators=(",", ":"))
            except (ValueError, RecursionError):
                raise MalformedMessage("presence state has a number without bound, or is nested too deep") from None
        entries.append(PresenceEntry(client, clock, text))
    return entries


def _no_json(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON, though Python reads it")


def encode_awareness(entries: list[PresenceEntry]) -> bytes:
    """Encode an awareness update (the content, without message type)."""
    out = [var_uint(len(entries))]
    for entry in entries:
        out.append(var_uint(entry.client))
        out.append(var_uint(entry.clock))
        out.append(var_string("null" if entry.state is None else entry.state))
    return b"".join(out)


def binary_frame(message: bytes) -> bytes:
    """Return `message` as one unmasked, final, binary WebSocket frame."""
    size = len(message)
    if size < 126:
        return b"\x82" + bytes((size,)) + message
    if size < 65536:
        return b"\x82\x7e" + size.to_bytes(2, "big") + message
    return b"\x82\x7f" + size.to_bytes(8, "big") + message


def pong_frame(payload: bytes) -> bytes:
    """Return the WebSocket answer to a ping; its payload is at most 125 bytes."""
    return b"\x8a" + bytes((len(payload),)) + payload


def close_frame(code: int, reason: str) -> bytes:
    """Return a WebSocket close frame; the reason is cut to what fits in a control frame."""
    payload = code.to_bytes(2, "big") + reason.encode()[:120].decode(errors="ignore").encode()
    return b"\x88" + bytes((len(payload),)) + payload
