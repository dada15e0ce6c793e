"""Which connections are let in."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from quire.limits.rates import Rate
from quire.server.limits import gateway_limits
from quire.settings import Settings
from quire.sync.admission import COLLAB, Admission

HOME = "192.0.2.1"


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_refused_connect_does_not_count_against_the_rate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("quire.sync.admission.Rate", partial(Rate, clock=clock))
    limits = replace(gateway_limits(Settings(data=tmp_path)), rates=True, connects_per_minute=60, max_per_address=3)
    admission = Admission(limits, cookie="quire", origin_allowed=lambda *_: False)

    def why(headers: dict[str, str] | None = None) -> str | None:
        refusal = admission.refusal(COLLAB, headers or {}, HOME)
        return refusal[1] if refusal else None

    for _ in range(100):
        assert "Origin" in (why({"origin": "http://elsewhere"}) or "")
    for _ in range(3):
        admission.opened(HOME)
    for _ in range(100):
        assert "sockets are open" in (why() or "")
    admission.closed(HOME)
    # A burst of ten seconds' worth, and then one a second, however often one asks in between.
    for second in range(5):
        clock.now = float(second)
        let_in = [why() for _ in range(100)].count(None)
        assert let_in == (10 if second == 0 else 1)


def test_the_addresses_of_a_household_share_its_places(tmp_path: Path) -> None:
    limits = replace(gateway_limits(Settings(data=tmp_path)), max_per_address=2)
    admission = Admission(limits, cookie="quire", origin_allowed=lambda *_: False)
    for host in (1, 2):
        assert admission.refusal(COLLAB, {}, f"2001:db8::{host}") is None
        admission.opened(f"2001:db8::{host}")
    assert admission.refusal(COLLAB, {}, "2001:db8::3") is not None
    assert admission.refusal(COLLAB, {}, "2001:db8:0:1::3") is None
    admission.closed("2001:db8::1")
    assert admission.refusal(COLLAB, {}, "2001:db8::3") is None
