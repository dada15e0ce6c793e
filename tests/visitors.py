"""Browsers of people, as the HTTP API sees them."""

from __future__ import annotations

import io
from typing import Any

import httpx
from PIL import Image

from quire.server import Server

ORIGIN = "http://localhost:8000"
ADA = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}


class Browser:
    """A browser: keeps its cookie and sends the CSRF token."""

    def __init__(self, app: Any) -> None:
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ORIGIN, headers={"Origin": ORIGIN})

    async def call(self, method: str, path: str, body: object | None = None, **headers: str) -> httpx.Response:
        return await self.http.request(method, f"/api/v1{path}", json=body, headers=headers)

    async def enter(self, path: str, body: object) -> dict[str, Any]:
        answer = await self.call("POST", path, body)
        assert answer.status_code == 201, answer.text
        session = (await self.call("GET", "/session")).json()
        self.http.headers["X-CSRF-Token"] = session["csrf_token"]
        return dict(session)


async def colleague(ada: Browser, node: Server, email: str = "bob@example.com") -> Browser:
    url = (await ada.call("POST", "/invitations", {})).json()["url"]
    bob = Browser(node.app)  # type: ignore[attr-defined]
    form = {"token": url.split("#")[1], "name": "Bob", "email": email, "password": "another long password"}
    await bob.enter("/invitations/accept", form)
    return bob


def picture(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (3, 2), "red").save(out, kind)
    return out.getvalue()
