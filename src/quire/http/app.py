"""The HTTP application, put together from the capabilities' routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import APIRouter, FastAPI

from quire import __version__
from quire.http import errors
from quire.http.caller import Door


def create_app(
    door: Door,
    api: Iterable[APIRouter],
    others: Iterable[APIRouter],
    answers: Mapping[type[Exception], errors.Problem],
) -> FastAPI:
    """Return the application: `api` below /api/v1, `others` as they are and in this order.

    `answers` are the problems for exceptions that may come from any route.
    """
    app = FastAPI(
        title="Quire",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        description="Documents that many people write at once. Errors are RFC 9457 problem documents.",
    )
    app.state.door = door
    errors.install(app, answers)
    for router in api:
        app.include_router(router, prefix="/api/v1")
    for router in others:
        app.include_router(router)
    return app
