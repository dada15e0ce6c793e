"""One socket's bounds, without a network: how long a flood is borne, and how much may wait to be sent."""

from __future__ import annotations

from typing import Any

import pytest
from picows import WSMsgType

from quire.access.contract import Credentials
from quire.limits.rates import Bucket
from quire.sync.sockets import socket as module
from quire.sync.sockets.allowance import Allowance, Share
from quire.sync.sockets.socket import Socket


class Line:
    """A transport that remembers."""

    def __init__(self) -> None:
        self.waiting = 0
        self.reading, self.aborted = True, False
        self.sent: list[bytes] = []
        self.write = self.sent.append

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def linger(self) -> None: ...

    def abort(self) -> None:
        self.aborted = True


class Transport:
    def __init__(self, line: Line) -> None:
        self.underlying_transport = line

    def disconnect(self, graceful: bool = True) -> None: ...


class Frame:
    def __init__(self, payload: bytes, kind: WSMsgType = WSMsgType.PING) -> None:
        self.msg_type, self.fin, self._payload = kind, True, payload

    def get_payload_as_bytes(self) -> bytes:
        return self._payload


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.later: list[tuple[float, Any]] = []
        monkeypatch.setattr(module, "_monotonic", lambda: self.now)
        monkeypatch.setattr(module.asyncio, "get_running_loop", lambda: self)

    def call_later(self, seconds: float, call: Any) -> None:
        self.later.append((self.now + seconds, call))

    def tick(self) -> None:
        """Go on to what comes next."""
        self.now, call = self.later.pop(0)
        call()


def opened(rate: float = 10) -> tuple[Socket, Line]:
    line = Line()
    allowance = Allowance(rate, 1e6, 0.0)
    socket = Socket(
        "s",
        Credentials("127.0.0.1"),
        max_message=1000,
        outbound_limit=1000,
        allowance=allowance,
        on_data=lambda _: None,
        on_open=lambda _: None,
        on_closed=lambda _: None,
    )
    socket.on_ws_connected(Transport(line))  # type: ignore[arg-type]
    return socket, line


def frame(socket: Socket, payload: bytes = b"x") -> None:
    socket.on_ws_frame(None, Frame(payload))  # type: ignore[arg-type]


def test_reading_stops_until_the_sender_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    socket, line = opened()
    for number in range(200):
        frame(socket, bytes((number,)))
    # The burst is a hundred; the message that overdraws is taken, the others wait in order.
    assert len(line.sent) == 101
    assert not line.reading
    while not line.reading:
        clock.tick()
        assert len(line.sent) <= 102 + clock.now * 10
    assert [pong[2] for pong in line.sent] == list(range(200))
    assert 9.5 < clock.now < 11


class SlowSession:
    """Takes a time of the process for each message."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.costs = 0.5
        self.worked = 0.0
        self.taken = 0
        monkeypatch.setattr(module, "_work_time", lambda: self.worked)

    def receive(self, message: bytes) -> None:
        self.worked += self.costs
        self.taken += 1


def sharing(work: Bucket, session: SlowSession) -> tuple[Socket, Line]:
    socket, line = opened(1000)
    socket.session = session  # type: ignore[assignment]
    socket.share(Share(work, Bucket(1e9, 1e9, 0.0)))
    return socket, line


def test_reading_stops_for_whoever_takes_too_much_of_the_process_on_all_sockets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    session = SlowSession(monkeypatch)
    work = Bucket(0.5, 3.0, 0.0)
    lines = []
    for _ in range(2):
        socket, line = sharing(work, session)
        lines.append(line)
        for _ in range(20):
            socket.on_ws_frame(None, Frame(b"x", WSMsgType.BINARY))  # type: ignore[arg-type]
    # Three seconds are free, and the message that finds them used up is taken; of the other socket the first two are.
    assert session.taken == 10
    assert not any(line.reading for line in lines)
    while clock.now < 20:
        clock.tick()
    assert session.worked <= 3 + clock.now * 0.5 + 2


def test_of_a_classroom_with_one_link_nobody_is_stopped_by_whoever_takes_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    session = SlowSession(monkeypatch)
    work = Bucket(0.5, 3.0, 0.0)

    def send(costs: float, *, then: float) -> Line:
        socket, line = sharing(work, session)
        session.costs = costs
        for _ in range(20):
            socket.on_ws_frame(None, Frame(b"x", WSMsgType.BINARY))  # type: ignore[arg-type]
            clock.now += then
        return line

    assert not send(0.5, then=0).reading
    assert send(0.0002, then=0.2).reading
    assert not send(0.5, then=0).reading


def test_whoever_floods_on_is_closed_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    socket, line = opened()
    while not socket.closing:
        frame(socket)
        if socket.paused:
            clock.tick()
    assert 29 < clock.now < 32
    assert line.sent[-1][2:4] == (4429).to_bytes(2, "big")


def test_whoever_rests_in_between_is_never_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    socket, _ = opened()
    for _ in range(50):
        for _ in range(120):
            frame(socket)
        while socket.paused:
            clock.tick()
        clock.now += 15
    assert not socket.closing


def test_only_the_last_ping_is_answered_once_the_socket_has_drained(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    socket, line = opened()
    socket.pause_writing()
    for number in range(50):
        frame(socket, bytes((number,)))
    assert line.sent == []
    socket.resume_writing()
    assert line.sent == [b"\x8a\x01" + bytes((49,))]


def test_a_socket_with_too_much_to_send_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    Clock(monkeypatch)
    socket, line = opened()
    socket.pause_writing()
    line.waiting = 999
    frame(socket)
    assert not line.aborted
    line.waiting = 1001
    frame(socket)
    assert line.aborted


def test_what_one_person_sends_in_an_hour_is_bounded_on_all_sockets_and_typing_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All that is written is kept: nobody fills the disk in an hour."""
    clock = Clock(monkeypatch)
    session = SlowSession(monkeypatch)
    session.costs = 0.0
    share = Share(Bucket(0.5, 3.0, 0.0), Bucket(100, 360_000, 0.0))

    def another() -> tuple[Socket, Line]:
        socket, line = opened(1000)
        socket.max_message = 1_000_000
        socket.session = session  # type: ignore[assignment]
        socket.share(share)
        return socket, line

    for _ in range(10):
        socket, line = another()
        for _ in range(10):
            socket.on_ws_frame(None, Frame(b"x" * 90_000, WSMsgType.BINARY))  # type: ignore[arg-type]
    assert session.taken == 5
    assert not line.reading
    socket, line = another()
    for _ in range(30):
        socket.on_ws_frame(None, Frame(b"typed" * 100, WSMsgType.BINARY))  # type: ignore[arg-type]
    assert session.taken == 35
    assert line.reading
    while session.taken == 35:
        clock.tick()
    assert clock.now > 800


@pytest.mark.parametrize("pieces", [1, 4])
def test_a_new_socket_of_whoever_took_too_much_takes_small_messages_only(
    monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    clock = Clock(monkeypatch)
    session = SlowSession(monkeypatch)
    session.costs = 0.001
    work = Bucket(0.5, 3.0, 0.0)
    work.take(5, 0.0)
    socket, line = opened(1000)
    socket.max_message = 10_000
    socket.session = session  # type: ignore[assignment]
    socket.share(Share(work, Bucket(1e9, 1e9, 0.0)))
    socket.on_ws_frame(None, Frame(b"x" * 2000, WSMsgType.BINARY))  # type: ignore[arg-type]
    assert session.taken == 1
    for piece in range(pieces):
        large = Frame(b"x" * (4000 // pieces), WSMsgType.CONTINUATION if piece else WSMsgType.BINARY)
        large.fin = piece == pieces - 1
        socket.on_ws_frame(None, large)  # type: ignore[arg-type]
    assert session.taken == 1
    assert not line.reading
    while session.taken == 1:
        clock.tick()
    assert clock.now >= 4
