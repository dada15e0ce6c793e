"""The algebra of updates and state vectors, on bytes: merge, diff, encode, decode."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final, TypeVar

import pycrdt

from quire.crdt.cursor import MalformedUpdate, append_number
from quire.crdt.deleteset import deletions
from quire.crdt.parser import MAX_CLIENTS, inspect
from quire.crdt.summary import UpdateSummary

__all__ = [
    "EMPTY_STATE",
    "EMPTY_UPDATE",
    "MalformedUpdate",
    "UpdateSummary",
    "advance",
    "decode_parts",
    "decode_state_vector",
    "deletions",
    "diff",
    "encode",
    "encode_parts",
    "encode_state_vector",
    "guarded",
    "inspect",
    "merge",
    "stands_on",
    "without_clients",
    "without_deletions_beyond",
]

EMPTY_UPDATE: Final = b"\x00\x00"
EMPTY_STATE: Final = b"\x00"
_Result = TypeVar("_Result")
_SIZE: Final = struct.Struct("<I")


def guarded(call: Callable[[], _Result]) -> _Result:
    """Run a pycrdt call; its errors, Rust panics included, become `MalformedUpdate`."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # noqa: BLE001 - pyo3's PanicException is a BaseException
        raise MalformedUpdate(f"the CRDT refuses it: {error}") from None


def merge(updates: Sequence[bytes]) -> bytes:
    """Return one update that contains all of them, pending parts included."""
    if not updates:
        return EMPTY_UPDATE
    if len(updates) == 1:
        return updates[0]
    return guarded(lambda: pycrdt.merge_updates(*updates))


def diff(update: bytes, known: bytes) -> bytes:
    """Return what the holder of state vector `known` lacks of `update`."""
    return guarded(lambda: pycrdt.get_update(update, known))


def decode_state_vector(encoded: bytes) -> dict[int, int]:
    """Return {client: clock}; raises `MalformedUpdate`."""
    values: list[int] = []
    value = shift = 0
    open_number = False
    for byte in encoded:
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            values.append(value)
            value = shift = 0
            open_number = False
        else:
            shift += 7
            open_number = True
            if shift > 53:
                raise MalformedUpdate("a number is larger than 2^53 - 1")
    if open_number or not values or values[0] > MAX_CLIENTS or len(values) != 1 + 2 * values[0]:
        raise MalformedUpdate("not a state vector")
    return dict(zip(values[1::2], values[2::2], strict=True))


def encode_state_vector(clock: Mapping[int, int]) -> bytes:
    """Encode {client: clock}; clients at clock 0 are left out."""
    out = bytearray()
    append_number(out, sum(1 for end in clock.values() if end))
    for client, end in clock.items():
        if end:
            append_number(out, client)
            append_number(out, end)
    return bytes(out)


def encode(structs: Sequence[tuple[int, int, int, bytes]], deleted: Sequence[tuple[int, int, int]]) -> bytes:
    """Encode an update.

    `structs` are (client, first clock, number of structs, their bytes), those of one client one after the other;
    `deleted` are (client, start, end).
    """
    sections: dict[int, list[tuple[int, int, int, bytes]]] = {}
    for part in structs:
        sections.setdefault(part[0], []).append(part)
    out = bytearray()
    append_number(out, len(sections))
    for client, parts in sections.items():
        append_number(out, sum(count for _, _, count, _ in parts))
        append_number(out, client)
        append_number(out, parts[0][1])
        for _, _, _, encoded in parts:
            out += encoded
    ranges: dict[int, list[tuple[int, int]]] = {}
    for client, start, end in deleted:
        ranges.setdefault(client, []).append((start, end))
    append_number(out, len(ranges))
    for client, runs in ranges.items():
        append_number(out, client)
        append_number(out, len(runs))
        for start, end in runs:
            append_number(out, start)
            append_number(out, end - start)
    return bytes(out)


def encode_parts(parts: Sequence[bytes]) -> bytes:
    """Encode several updates, each with its length in front."""
    return b"".join(_SIZE.pack(len(part)) + part for part in parts)


def decode_parts(encoded: bytes) -> list[bytes]:
    """Decode what `encode_parts` made."""
    parts, at = [], 0
    while at < len(encoded):
        (size,) = _SIZE.unpack_from(encoded, at)
        at += _SIZE.size
        parts.append(encoded[at : at + size])
        at += size
    return parts


def advance(clock: dict[int, int], summary: UpdateSummary) -> bool:
    """Move `clock` over the structs of an update; returns whether all of it can be integrated.

    A run that starts beyond the clock leaves a gap and moves nothing, so a state vector made from `clock` never
    claims what is missing.
    """
    whole = True
    for client, start, end in summary.ranges:
        known = clock.get(client, 0)
        if start > known:
            whole = False
        elif end > known:
            clock[client] = end
    for client, at in summary.needs:
        if at >= clock.get(client, 0):
            whole = False
    for client, end in summary.deletes:
        if end > clock.get(client, 0):
            whole = False
    return whole


def stands_on(known: Mapping[int, int], summary: UpdateSummary) -> bool:
    """Whether all that an update builds on is in `known`, {client: end clock}, or in itself."""
    if any(start > known.get(client, 0) for client, start, _ in summary.ranges):
        return False
    needed = [(client, at + 1) for client, at in summary.needs if at >= known.get(client, 0)]
    needed += [(client, end) for client, end in summary.deletes if end > known.get(client, 0)]
    if not needed:
        return True
    own: dict[int, int] = {}
    for client, _, end in summary.ranges:
        own[client] = max(end, own.get(client, 0))
    return all(end <= own.get(client, 0) for client, end in needed)


def without_clients(update: bytes, summary: UpdateSummary, clients: Collection[int]) -> bytes:
    """Return the update less the structs of `clients`; what builds on them waits until their owner sends them."""
    kept = [update[start:end] for client, start, end in summary.sections if client not in clients]
    out = bytearray()
    append_number(out, len(kept))
    for section in kept:
        out += section
    return bytes(out) + update[summary.deletes_at :]


def without_deletions_beyond(update: bytes, summary: UpdateSummary, ends: Mapping[int, int]) -> bytes:
    """Return the update less what it deletes of each client in `ends`, {client: clock}, from that clock on."""
    kept = [
        (client, start, min(end, ends.get(client, end)))
        for client, start, end in deletions(update, summary.deletes_at)
        if start < ends.get(client, end)
    ]
    return update[: summary.deletes_at] + encode((), kept)[1:]
