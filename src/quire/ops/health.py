"""Liveness, readiness and metrics. None of them asks the log or the catalogue to do work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


@dataclass(slots=True)
class Readiness:
    """What `/readyz` reports. Only draining takes a node out of rotation; trouble with storage does not."""

    draining: bool = False
    problems: dict[str, str] = field(default_factory=dict)
    """Part → reason for people, e.g. `{"storage": "the disk is full"}`."""

    def report(self, part: str, problem: str | None) -> None:
        """Note what is wrong with a part; None: nothing any more."""
        if problem is None:
            self.problems.pop(part, None)
        else:
            self.problems[part] = problem

    @property
    def status(self) -> str:
        """`ready`, `degraded` (serving, but something is wrong) or `draining`."""
        if self.draining:
            return "draining"
        return "degraded" if self.problems else "ready"


Sample = tuple[str, str, float]
"""(name without prefix, help, value)."""


class Readings:
    """A Prometheus collector over functions that return plain numbers."""

    def __init__(self, counters: Callable[[], Iterator[Sample]], gauges: Callable[[], Iterator[Sample]]) -> None:
        self._counters, self._gauges = counters, gauges

    def collect(self) -> Iterator[Metric]:
        """Yield every metric (prometheus_client's collector interface)."""
        for name, text, value in self._counters():
            yield CounterMetricFamily(f"quire_{name}", text, value=value)
        for name, text, value in self._gauges():
            yield GaugeMetricFamily(f"quire_{name}", text, value=value)


def routes(readiness: Readiness, readings: Readings, version: str) -> APIRouter:
    """Return the routes `/healthz`, `/readyz` and `/metrics`."""
    router = APIRouter(include_in_schema=False)
    registry = CollectorRegistry()
    registry.register(readings)
    info = Counter("quire_start", "Starts of this process, with its version", ["version"], registry=registry)
    info.labels(version).inc()

    @router.get("/healthz")
    async def healthz() -> Response:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def readyz() -> Response:
        body: Mapping[str, object] = {"status": readiness.status, "problems": readiness.problems}
        return JSONResponse(body, status_code=503 if readiness.draining else 200)

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router
