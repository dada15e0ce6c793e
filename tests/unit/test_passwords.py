"""A password that cannot be checked is never called wrong."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from quire.accounts.passwords import Passwords
from quire.limits.overload import Overloaded


@contextmanager
def little_memory() -> Iterator[None]:
    """Leave less memory to be had than one password takes (64 MiB)."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 32 * 2**20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


async def test_a_password_that_finds_no_memory_is_asked_for_again_and_not_wrong() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    with little_memory():
        with pytest.raises(Overloaded):
            await passwords.verify(stored, "correct horse")
        with pytest.raises(Overloaded):
            await passwords.hash("correct horse")
        with pytest.raises(MemoryError):
            Passwords()
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "wrong horse")
