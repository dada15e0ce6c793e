"""The HTTP application, put together from the capabilities' routes."""

from __future__ import annotations

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI

from quire import __version__
from quire.http import errors
from quire.http.caller import Guard
from quire.http.description import DescribedApi


def create_app(
    guard: Guard,
    api: Iterable[APIRouter],
    others: Iterable[APIRouter],
    problems: errors.Problems,
) -> FastAPI:
    """Return the application: `api` below /api/v1, `others` as they are and in this order.

    `problems` says what the capabilities' errors are, from whichever route they come.
    """
    app = DescribedApi(
        cookie=guard.cookie,
        title="Quire",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        description="Documents that many people write at once. Errors are RFC 9457 problem documents.",
    )
    app.state.guard = guard
    errors.install(app, problems)
    for router in api:
        app.include_router(router, prefix="/api/v1")
    for router in others:
        app.include_router(router)
    return app
