"""Passwords are guessed at: by many at once, and in order to lock somebody out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from quire.accounts import sessions
from quire.accounts.account import WrongPassword
from quire.accounts.passwords import Passwords
from quire.db.ids import SECOND, now
from quire.http.attempts import SignIns
from quire.limits.overload import Overloaded
from quire.server import composition
from quire.server.composition import Server
from quire.settings import Settings

ORIGIN = "http://localhost:8000"
ADA = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Server]:
    node = Server(settings)
    node.app = await node.open()  # type: ignore[attr-defined]
    await node.services.spaces.add(ADA["email"], ADA["name"], ADA["password"])
    yield node
    await node.drain()
    await node.close()


@pytest.fixture
async def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Server]:
    # No time passes between guesses, however long a busy machine takes for each.
    monkeypatch.setattr(composition, "SignIns", partial(SignIns, clock=lambda: 0.0))
    async with opened(Settings(data=tmp_path / "data")) as node:
        yield node


async def tried(
    node: Server, address: str, password: str, headers: list[tuple[str, str]] | None = None
) -> httpx.Response:
    app: Any = node.app  # type: ignore[attr-defined]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app, client=(address, 1)), base_url=ORIGIN) as http:
        form = {"email": ADA["email"], "password": password}
        return await http.post("/api/v1/session", json=form, headers=headers)


async def test_guesses_that_come_at_once_are_counted_as_if_they_came_one_by_one(node: Server) -> None:
    answers = await asyncio.gather(*(tried(node, "192.0.2.1", f"guess {n}") for n in range(80)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 75


async def test_nobody_is_locked_out_by_the_guesses_of_others(node: Server) -> None:
    for number in range(1, 8):
        await asyncio.gather(*(tried(node, f"192.0.2.{number}", "guess") for _ in range(5)))
    # An account at which many guess gives each address one look, and no more.
    assert (await tried(node, "203.0.113.1", "guess")).status_code == 401
    assert (await tried(node, "203.0.113.1", "guess")).status_code == 429
    assert (await tried(node, "203.0.113.2", ADA["password"])).status_code == 201
    # The addresses of a household's IPv6 network are one.
    assert (await tried(node, "2001:db8::1", "guess")).status_code == 401
    assert (await tried(node, "2001:db8::2", "guess")).status_code == 429
    # Those of IPv4 are not, on a listener for both families.
    assert (await tried(node, "::ffff:198.51.100.1", "guess")).status_code == 401
    assert (await tried(node, "::ffff:198.51.100.2", ADA["password"])).status_code == 201


async def test_passwords_queue_up_to_a_limit() -> None:
    passwords = Passwords(waiting=3)
    results = await asyncio.gather(*(passwords.verify(None, "guess") for _ in range(9)), return_exceptions=True)
    assert [type(result) for result in results] == [bool] * 4 + [Overloaded] * 5
    assert not await passwords.verify(None, "guess")


async def test_a_full_queue_is_said_and_is_no_guess(tmp_path: Path) -> None:
    async with opened(Settings(data=tmp_path / "data", password_queue=3)) as node:
        free = threading.Event()
        node.services.people._passwords._pool.submit(free.wait)
        waiting = [asyncio.ensure_future(node.services.people.prepare("x", "x", "x")) for _ in range(4)]
        await asyncio.sleep(0)
        answers = [await tried(node, "192.0.2.1", "guess") for _ in range(6)]
        assert [answer.status_code for answer in answers] == [503] * 6
        assert answers[0].headers["retry-after"]
        free.set()
        await asyncio.gather(*waiting)
        assert (await tried(node, "192.0.2.1", ADA["password"])).status_code == 201


async def test_the_last_line_of_a_trusted_proxy_says_who_it_is(node: Server) -> None:
    lines = [("X-Forwarded-For", "203.0.113.1"), ("X-Forwarded-For", "192.0.2.1")]
    answer = await tried(node, "127.0.0.1", ADA["password"], lines)
    devices = await node.services.people.sessions.list(answer.json()["account"]["id"])
    assert [session.address for session in devices] == ["192.0.2.1"]


@pytest.mark.parametrize("years", [1, 0])
async def test_a_session_of_a_clock_that_ran_ahead_lasts_no_longer_than_others(
    node: Server, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    people, year = node.services.people, 365 * 24 * 3600 * SECOND
    account = await people.by_email(ADA["email"])
    with monkeypatch.context() as ahead:
        ahead.setattr(sessions, "now", lambda: now() + years * year)
        secret, _ = await people.sessions.start(account.id, "Browser", "192.0.2.1")
    assert await people.sessions.find(secret) is not None
    await people.uses.record()
    (session,) = await people.sessions.list(account.id)
    assert session.expires_at <= now() + sessions.SESSION_IDLE
    assert session.last_used_at <= now()


async def test_of_a_password_that_is_changed_meanwhile_no_session_begins_and_no_second_change(node: Server) -> None:
    people = node.services.people
    account = (await people.by_email(ADA["email"])).id
    checked = await people.check_password(ADA["email"], ADA["password"])
    changes = [people.change_password(account, ADA["password"], f"another password {n}", None) for n in range(2)]
    outcomes = await asyncio.gather(*changes, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WrongPassword"]
    with pytest.raises(WrongPassword):
        await people.sessions.start(account, "Browser", "192.0.2.1", checked)
    assert await people.sessions.list(account) == []
