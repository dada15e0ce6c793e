"""Bounds of the update parser that stand for what the CRDT library cannot bear."""

from __future__ import annotations

import pytest

from quire.crdt.parser import MAX_CHAIN
from quire.crdt.updates import MalformedUpdate, inspect
from quire.sync.wire import var_uint


def chain(length: int) -> bytes:
    """An update of single characters, each after the one before."""
    items = [b"\x04\x01\x01t\x01x"]
    items += [b"\x84" + var_uint(7) + var_uint(clock - 1) + b"\x01x" for clock in range(1, length)]
    return b"\x01" + var_uint(length) + var_uint(7) + b"\x00" + b"".join(items) + b"\x00"


def test_a_long_chain_of_single_characters_is_refused_before_the_crdt_sees_it() -> None:
    assert inspect(chain(MAX_CHAIN)).structs == MAX_CHAIN
    with pytest.raises(MalformedUpdate, match="continue each other"):
        inspect(chain(MAX_CHAIN + 2))
