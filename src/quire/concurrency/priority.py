"""Work that gives way to everything else on the machine, in a process that holds what others wait for in between."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

NICE = 10
"""Added to the niceness of what gives way."""

_Result = TypeVar("_Result")


def giving_way(work: Callable[..., _Result], *arguments: object) -> _Result:
    """Call `work` at low priority and wait for it; raises what it raises.

    Linux gives each thread a niceness of its own, which may rise but not fall: the work has its own thread. Elsewhere
    niceness is the whole process's, and stays as it is.
    """
    if not sys.platform.startswith("linux"):
        return work(*arguments)
    with ThreadPoolExecutor(1, "giving-way", initializer=os.nice, initargs=(NICE,)) as thread:
        return thread.submit(work, *arguments).result()
