"""What anybody may send fills neither the log nor the terminal of whoever reads it."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from starlette.responses import Response

from quire.http import security
from quire.http.origins import Origins
from quire.limits.rates import Bucket, Rate

Line = dict[str, Any]


class Log:
    """Keeps what is logged."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def info(self, _: str, **line: object) -> None:
        self.lines.append(line)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(security, "_log", log)
    return log


@pytest.fixture
def layer() -> security.SecurityLayer:
    return security.SecurityLayer(
        Response("here"),
        origins=Origins(None),
        secure=False,
        trusted=(),
        cookie="quire",
        requests=Rate(1, 1, enabled=False),
        attachment_limit=1,
        sync_limit=1,
    )


async def ask(layer: security.SecurityLayer, path: str, times: int = 1) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(layer), base_url="http://localhost") as http:
        for _ in range(times):
            assert (await http.get(path)).status_code == 200


async def test_a_long_path_is_cut_and_control_characters_are_left_out(layer: security.SecurityLayer, log: Log) -> None:
    await ask(layer, f"/%1b]0;owned%07{'a' * 20_000}")
    path = log.lines[0]["path"]
    assert path.startswith("/]0;owneda")
    assert len(path) <= security.MOST_LOGGED + 1


async def test_a_crowd_of_requests_is_counted_instead(layer: security.SecurityLayer, log: Log) -> None:
    layer._lines = Bucket(0.001, 3, time.monotonic())
    await ask(layer, "/", 5)
    assert len(log.lines) == 3
    layer._lines = Bucket(0.001, 3, time.monotonic())
    await ask(layer, "/")
    assert log.lines[3]["unlogged"] == 2
