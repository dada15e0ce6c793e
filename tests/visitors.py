"""Browsers of people, as the HTTP API sees them."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pycrdt
from PIL import Image

from quire.content.prosemirror import first_content
from quire.server.composition import Server
from quire.sync.wire import var_bytes

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


async def written(ada: Browser, title: str, text: str) -> tuple[str, str]:
    """Make a document with a heading, deleted words and a picture; return its id and the digest of the picture."""
    document = (await ada.call("POST", "/documents", {"title": title})).json()["id"]
    digest = (await ada.http.post(f"/api/v1/documents/{document}/attachments", content=picture())).json()["digest"]
    src = f"/api/v1/documents/{document}/attachments/{digest}"
    doc: pycrdt.Doc = pycrdt.Doc()
    doc.apply_update(
        first_content(
            {
                "content": [
                    {"type": "heading", "attrs": {"id": "h1", "level": 1}, "content": [{"type": "text", "text": text}]},
                    {"type": "paragraph", "attrs": {"id": "gone"}, "content": [{"type": "text", "text": "a secret"}]},
                    {
                        "type": "bulletList",
                        "content": [
                            {
                                "type": "listItem",
                                "content": [
                                    {"type": "paragraph"},
                                    {"type": "image", "attrs": {"src": src, "width": 3}},
                                ],
                            }
                        ],
                    },
                ]
            }
        )
    )
    del doc.get("default", type=pycrdt.XmlFragment).children[1]
    sent = await ada.http.post(
        f"/api/v1/documents/{document}/sync", content=var_bytes(b"\0") + var_bytes(doc.get_update())
    )
    assert sent.status_code == 200, sent.text
    return document, digest
