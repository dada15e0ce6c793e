"""The browser app: hashed files are kept for a year, everything else is asked for again each time."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from fastapi import APIRouter, Request, Response

from quire.http.errors import Problem

NONCE = "__CSP_NONCE__"
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("text/javascript", ".js")


class BrowserApp:
    """The built files, held in memory: they are few, small and read on every visit."""

    def __init__(self, folder: Path) -> None:
        self._files: dict[str, tuple[bytes, bytes | None, str, str]] = {}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file() and path.suffix != ".gz":
                content = path.read_bytes()
                packed = path.with_name(path.name + ".gz")
                kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                tag = hashlib.sha256(content).hexdigest()[:20]
                name = path.relative_to(folder).as_posix()
                self._files[name] = (content, packed.read_bytes() if packed.exists() else None, kind, tag)

    @property
    def built(self) -> bool:
        """Whether there is an app to serve."""
        return "index.html" in self._files

    def answer(self, path: str, request: Request) -> Response:
        """Return a file, or the app's page for any other path."""
        name = path.strip("/")
        if name == "index.html" or name not in self._files:
            return self._page(request, name.removesuffix("index.html"))
        content, packed, kind, tag = self._files[name]
        hashed = name.startswith("assets/")
        headers = {
            "ETag": f'"{tag}"',
            "Vary": "Accept-Encoding",
            "Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        if packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(packed, media_type=kind, headers=headers | {"Content-Encoding": "gzip"})
        return Response(content, media_type=kind, headers=headers)

    def _page(self, request: Request, name: str) -> Response:
        if "." in name.rsplit("/", 1)[-1]:
            raise Problem(404, "There is no such file here. Load the page again: the app has been updated.")
        if not self.built:
            raise Problem(503, "The browser app is not built. Run `make serve`, or install Quire with `pip install .`.")
        page = self._files["index.html"][0].decode().replace(NONCE, request.state.nonce)
        # A copy kept offline carries its own policy and nonce, so the pair always fits.
        return Response(page, media_type="text/html", headers={"Cache-Control": "no-cache"})


def routes(app: BrowserApp) -> APIRouter:
    """Return the catch-all route; include it last."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/{path:path}", methods=["GET", "HEAD"])
    async def browser_app(path: str, request: Request) -> Response:
        if path.startswith(("collab", "yjs/")):
            raise Problem(
                426,
                "This address is for WebSockets, and the request asked for none. A proxy in between has to pass the "
                "upgrade on.",
                headers={"Upgrade": "websocket"},
            )
        return app.answer(path, request)

    return router
