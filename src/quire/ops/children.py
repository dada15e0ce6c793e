"""Child processes for heavy work: low priority, and gone when their parent is."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def settle_in() -> None:
    """Run at the start of a pool's child: yield to the serving process, and die with it even after kill -9."""
    os.nice(10)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
