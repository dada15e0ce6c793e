"""A password that cannot be checked is never called wrong."""

from __future__ import annotations

import subprocess
import sys

LITTLE_MEMORY = """
import asyncio, resource
from pathlib import Path
import pytest
from quire.accounts.passwords import Passwords
from quire.limits.overload import Overloaded

async def main() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    # Less than one password takes (64 MiB).
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 32 * 2**20, hard))
    with pytest.raises(Overloaded):
        await passwords.verify(stored, "correct horse")
    with pytest.raises(Overloaded):
        await passwords.hash("correct horse")
    with pytest.raises(MemoryError):
        Passwords()
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "wrong horse")

asyncio.run(main())
"""


def test_a_password_that_finds_no_memory_is_asked_for_again_and_not_wrong() -> None:
    # In a process of its own: what other tests gave back may still be there to be had.
    done = subprocess.run([sys.executable, "-c", LITTLE_MEMORY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
