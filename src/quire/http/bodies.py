"""Requests whose body is bytes and may take long to arrive."""

from __future__ import annotations

from fastapi import Request

from quire.access import Action, Principal, Role
from quire.http.caller import Door, identified, permit


async def received(request: Request, entrance: Door, document: str, action: Action) -> tuple[Principal, Role, bytes]:
    """Return the whole body, and who sends it with which role: a body can take long, and access can end meanwhile."""
    body = await request.body()
    principal = await identified(request)
    return principal, await permit(entrance, principal, document, action), body


def binary(description: str) -> dict[str, object]:
    """Return what OpenAPI says of such a body."""
    schema = {"schema": {"type": "string", "format": "binary"}}
    return {"requestBody": {"description": description, "content": {"application/octet-stream": schema}}}
