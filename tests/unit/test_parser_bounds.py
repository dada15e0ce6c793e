"""Bounds of the update parser that stand for what the CRDT library cannot bear."""

from __future__ import annotations

import pycrdt
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


def test_a_text_that_was_typed_and_mended_for_years_is_no_chain() -> None:
    """Deleted runs stand between its texts, so that nothing can be joined: any number of them is fine."""
    doc: pycrdt.Doc = pycrdt.Doc(client_id=7)
    text = doc.get("t", type=pycrdt.Text)
    for at in range(MAX_CHAIN + 100):
        text.insert(at, "xy")
        del text[at + 1 : at + 2]
    assert inspect(doc.get_update()).structs > 2 * MAX_CHAIN
