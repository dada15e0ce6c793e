"""The HTTP application, put together from the capabilities' routes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from quire import __version__
from quire.http import errors
from quire.http.caller import Guard
from quire.http.description import DescribedApi

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


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
    _add_the_rest(app)
    for router in others:
        app.include_router(router)
    return app


def _add_the_rest(app: FastAPI) -> None:
    """Answer below /api what no route does: each knows its own method only, not those of its address."""
    served = list(app.routes)

    @app.api_route("/api/{path:path}", methods=list(METHODS), include_in_schema=False)
    async def rest(request: Request) -> Response:
        allowed = [
            method
            for method in METHODS
            if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in served)
        ]
        if allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(allowed)})
        raise errors.Problem(404, "There is nothing at this address. /api/v1/openapi.json lists what there is.")
