"""Requests whose body is bytes and may take long to arrive."""

from __future__ import annotations

from fastapi import Request

from quire.access import Action
from quire.http.caller import Guard


async def received(request: Request, guard: Guard, document: str, action: Action) -> bytes:
    """Return the whole body of who may still do this: a body can take long, and access can end meanwhile."""
    body = await request.body()
    await guard.permit(await guard.identify(request), document, action)
    return body


def binary(description: str) -> dict[str, object]:
    """Return what OpenAPI says of such a body."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"description": description, "content": {"application/octet-stream": schema}}}
