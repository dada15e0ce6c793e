"""The wire codec: what it writes it reads, and garbage is refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quire.sync import wire


@given(st.integers(0, wire.MAX_VAR_UINT))
def test_numbers_round_trip(value: int) -> None:
    assert wire.read_var_uint(wire.var_uint(value) + b"rest", 0) == (value, len(wire.var_uint(value)))


@given(st.text())
def test_text_is_counted_in_bytes_not_characters(text: str) -> None:
    encoded = wire.var_string(text)
    assert wire.read_var_string(encoded, 0) == (text, len(encoded))


@given(st.binary(max_size=70_000))
def test_a_frame_carries_its_message_unmasked_and_final(message: bytes) -> None:
    frame = wire.binary_frame(message)
    assert frame[0] == 0x82
    assert frame.endswith(message)
    header = 2 if len(message) < 126 else 4 if len(message) < 65536 else 10
    assert len(frame) == header + len(message)


presence = st.lists(
    st.builds(
        wire.PresenceEntry,
        st.integers(0, 2**53 - 1),
        st.integers(0, 2**31),
        st.none() | st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3).map(json.dumps),
    ),
    max_size=20,
)


@given(presence)
def test_presence_round_trips(entries: list[wire.PresenceEntry]) -> None:
    assert wire.decode_awareness(wire.encode_awareness(entries), max_state=8192) == entries


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused_by_name(data: bytes) -> None:
    for read in (wire.read_var_uint, wire.read_var_bytes, wire.read_var_string):
        try:
            _, at = read(data, 0)
        except wire.MalformedMessage:
            continue
        assert at <= len(data)
    try:
        wire.decode_awareness(data, max_state=100)
    except wire.MalformedMessage as error:
        assert str(error)


@pytest.mark.parametrize(
    ("state", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("[" * 100_000, "larger"),
        ('"' + "x" * 9000 + '"', "larger"),
    ],
)
def test_presence_that_would_break_other_clients_is_refused(state: str, complaint: str) -> None:
    content = wire.encode_awareness([wire.PresenceEntry(1, 1, state)])
    with pytest.raises(wire.MalformedMessage, match=complaint):
        wire.decode_awareness(content, max_state=8192)


def test_a_count_larger_than_the_message_is_refused_before_the_loop() -> None:
    with pytest.raises(wire.MalformedMessage, match="claims"):
        wire.decode_awareness(wire.var_uint(2**40) + b"\x00" * 10, max_state=100)


def test_close_reasons_fit_a_control_frame() -> None:
    frame = wire.close_frame(1012, "é" * 300)
    assert len(frame) <= 127
    frame[4:].decode()


def test_of_more_presence_than_one_socket_may_have_the_rest_is_passed_over() -> None:
    entries = [wire.PresenceEntry(client, 1, '{"a":1}') for client in range(3)]
    content = wire.encode_awareness(entries)
    assert wire.decode_awareness(content, max_state=10, max_together=14) == entries[:2]
    assert wire.decode_awareness(content, max_state=10) == entries
