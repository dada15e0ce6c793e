"""Requests whose body is bytes and may take long to arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from fastapi import Request

from quire.access.contract import Action, Principal, person_of
from quire.http.caller import Guard

OCTETS: Final = "application/octet-stream"


@asynccontextmanager
async def received(
    request: Request, guard: Guard, principal: Principal, document: str, action: Action, *, most: int
) -> AsyncIterator[bytes]:
    """Give the whole body, of at most `most` bytes, of who may still do this, and hold the room for it.

    A body can take long, and access can end meanwhile. Raises `Overloaded`.
    """
    size = int(request.headers.get("content-length", most))
    async with guard.bodies.taken(person_of(principal, request.state.address), size):
        body = await request.body()
        await guard.permit(await guard.identify(request), document, action)
        yield body


def binary(description: str) -> dict[str, object]:
    """Return what OpenAPI says of such a body."""
    return {"requestBody": {"description": description} | of_kind(OCTETS)}


def of_kind(*media: str) -> dict[str, Any]:
    """Return what OpenAPI says of a body that is not JSON of ours: the kinds that it may have."""
    return {"content": {kind: {} for kind in media}}
