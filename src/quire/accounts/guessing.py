"""Passwords that are tried over HTTP, counted where somebody may be guessing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from quire.accounts.account import WrongPassword
from quire.http.caller import Guard
from quire.http.errors import too_many


@contextmanager
def attempt(guard: Guard, account: str, address: str) -> Iterator[None]:
    """Try a password of an account, if this address may do so now; the block raises `WrongPassword` for a wrong one."""
    wait = guard.sign_ins.start(account, address)
    if wait:
        raise too_many(wait, "Too many failed attempts; wait and try again.")
    try:
        yield
    except WrongPassword:
        raise
    except BaseException:
        guard.sign_ins.dropped(account, address)
        raise
    guard.sign_ins.succeeded(account, address)
