"""The address that `quire serve` prints is one that can be typed into a browser."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

from quire.ops.listening import listen, shown


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "0.0.0.0"])
def test_what_is_printed_leads_to_what_listens(host: str) -> None:
    with closing(listen(host, 0)) as listening:
        there = shown(host), listening.getsockname()[1]
        with closing(socket.create_connection(there, timeout=10)) as reached:
            assert reached.getpeername()[1] == there[1]


def test_all_addresses_are_no_address_to_type() -> None:
    assert not {shown("0.0.0.0"), shown("::")} & {"0.0.0.0", "[::]"}
    assert shown("::1") == "[::1]"
