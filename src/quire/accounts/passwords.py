"""Passwords: their rule, and hashing that leaves the processor to editing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Annotated, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError, VerifyMismatchError
from pydantic import StringConstraints

from quire.access.tokens import new_secret
from quire.concurrency.threads import started
from quire.limits.overload import Overloaded

MIN_PASSWORD = 10
"""Characters."""
Password = Annotated[str, StringConstraints(min_length=MIN_PASSWORD, max_length=200)]
T = TypeVar("T")


class Passwords:
    """argon2id in a bounded pool of threads, so that guessing cannot take the processor from editing."""

    def __init__(self, *, parallel: int = 1, waiting: int = 64) -> None:
        self._hasher = PasswordHasher()
        self._pool = started(parallel, "quire-argon2")
        self._nobody = self._hash(new_secret())
        self._most, self._under_way = parallel + waiting, 0

    async def hash(self, password: str) -> str:
        """Return the argon2id hash of a password; raises `Overloaded`."""
        return await self._run(lambda: self._hash(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether the password fits; unknown accounts (None) take the same time. Raises `Overloaded`."""

        def check() -> bool:
            try:
                return self._hasher.verify(password_hash or self._nobody, password) and password_hash is not None
            except (VerifyMismatchError, InvalidHashError):
                return False
            except VerificationError as error:
                # It says nothing of the password.
                raise MemoryError(str(error)) from error

        return await self._run(check)

    def _hash(self, password: str) -> str:
        try:
            return self._hasher.hash(password)
        except HashingError as error:
            raise MemoryError(str(error)) from error

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= self._most:
            raise Overloaded("Too many people sign in at once", retry_after=5)
        self._under_way += 1
        done = asyncio.get_running_loop().run_in_executor(self._pool, work)
        # Whoever waits may leave; the work stays in the queue until it is done.
        done.add_done_callback(self._left)
        try:
            return await asyncio.shield(done)
        except MemoryError:
            raise Overloaded("This server lacks memory to check a password", retry_after=5) from None

    def _left(self, _: object) -> None:
        self._under_way -= 1
