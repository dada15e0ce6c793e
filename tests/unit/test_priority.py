"""Heavy work gives way; who asked for it does not."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from quire.concurrency.priority import NICE, giving_way


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="niceness is the whole process's elsewhere")
def test_work_gives_way_and_who_asked_for_it_does_not() -> None:
    before = niceness()
    assert giving_way(niceness) == min(before + NICE, 19)
    assert niceness() == before


def test_work_that_gives_way_answers_and_fails_as_it_would_at_once() -> None:
    assert giving_way(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        giving_way(divmod, 7, 0)
