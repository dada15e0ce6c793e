"""Headers, request limits and cross-site defence around every HTTP request; plain ASGI, no buffering."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Container

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quire.access.credentials import bearer_token
from quire.access.household import household
from quire.http.errors import Problem, answer, problem_response, too_many
from quire.http.forwarded import client_address
from quire.http.origins import Origins
from quire.limits.rates import Bucket, Rate

_log = structlog.get_logger("quire.http")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_LIMIT = 64 * 1024
"""Bytes of a request body, but for the routes that take more."""
LINES_PER_SECOND, MOST_LINES = 100.0, 3000.0
"""Requests that are logged, in the long run and at once: what anybody may send must not fill the disk."""
MOST_LOGGED = 200
"""Characters of a path in the log."""
_UNCOUNTED = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by whoever watches the node, of all times when somebody floods it from the same address."""
_LIGHT = 0.1
"""What a page or a file of the app counts as a request, of which one visit asks for dozens; and an exchange of changes
over plain HTTPS, which comes as often as its tab has something to say and has bounds of its own."""
_PUBLIC_URL = "set QUIRE_PUBLIC_URL to the address people use."
_LARGE = re.compile(r"/api/v1/documents/[^/]+/(attachments|sync)")
"""Routes that read their body themselves, once they know that the caller may send it."""


class SecurityLayer:
    """Adds headers to every answer, refuses cross-site writes and oversized bodies, logs each request."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        requests: Rate,
        origins: Origins,
        secure: bool,
        trusted: Container[str],
        cookie: str,
        attachment_limit: int,
        sync_limit: int,
    ) -> None:
        self._app, self._origins, self._secure, self._cookie = app, origins, secure, cookie
        self._requests = requests
        self._trusted = trusted
        self._limits = {"attachments": attachment_limit, "sync": sync_limit}
        self._lines, self._unlogged = Bucket(LINES_PER_SECOND, MOST_LINES, time.monotonic()), 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        started = time.perf_counter()
        nonce = secrets.token_urlsafe(16)
        peer = scope["client"][0] if scope.get("client") else ""
        state = scope.setdefault("state", {})
        state["nonce"] = nonce
        state["address"] = client_address(peer, ",".join(headers.getlist("x-forwarded-for")), self._trusted)
        state["household"] = household(state["address"])
        state["request_id"] = request_id = secrets.token_hex(8)
        status, begun = 500, False

        async def sending(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                status, begun = message["status"], True
                self._add_headers(MutableHeaders(scope=message), nonce, request_id)
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await answer(refusal)(scope, receive, sending)
        else:
            try:
                await self._app(scope, _bounded(receive, self._limit(scope)), sending)
            except asyncio.CancelledError:
                # The node stops and waits no longer; of an answer that has begun the connection is cut.
                if not begun:
                    stopping = "The server stopped before this was done. Look whether it is, else send it again."
                    await problem_response(503, stopping, {"Retry-After": "5"})(scope, receive, sending)
        self._log_request(scope, status, round((time.perf_counter() - started) * 1000, 1))

    def _log_request(self, scope: Scope, status: int, milliseconds: float) -> None:
        if self._lines.try_take(1, time.monotonic()):
            self._unlogged += 1
            return
        unlogged, self._unlogged = self._unlogged, 0
        state, path = scope["state"], scope["path"]
        _log.info(
            "request",
            method=scope["method"],
            # Control characters would act on the terminal of whoever reads this.
            path=("".join(filter(str.isprintable, path[:MOST_LOGGED])) + "…" * (len(path) > MOST_LOGGED)),
            status=status,
            ms=milliseconds,
            address=state["address"],
            request=state["request_id"],
            **({"unlogged": unlogged} if unlogged else {}),
        )

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        if wait := self._wait(scope):
            return too_many(wait, "Too many requests from your address; wait and try again.")
        if not self._origins.knows(headers.get("host")):
            return Problem(421, f"This server is not known by this name; {_PUBLIC_URL}")
        length = headers.get("content-length", "0")
        limit = self._limit(scope)
        if not length.isdecimal() or int(length) > limit:
            return Problem(413, _too_large(limit))
        # What a browser does send by itself is the password that a proxy asked for.
        if scope["method"] in SAFE_METHODS or bearer_token(headers) is not None:
            return None
        site = headers.get("sec-fetch-site")
        if site not in (None, "same-origin", "none"):
            return Problem(
                403,
                "This request came from another site, which may change nothing here. Do it in Quire itself.",
            )
        origin = headers.get("origin")
        if origin is not None and not self._origins.allowed(origin, headers.get("host")):
            return Problem(403, f"This Origin may not change anything here; {_PUBLIC_URL}")
        return None

    def _wait(self, scope: Scope) -> float:
        """Return the seconds until the caller's address may send this request, 0 if it may now."""
        path: str = scope["path"]
        if path in _UNCOUNTED:
            return 0.0
        light = not path.startswith("/api/") or path.endswith("/sync")
        return self._requests.wait(scope["state"]["household"], _LIGHT if light else 1)

    def _limit(self, scope: Scope) -> int:
        large = _LARGE.fullmatch(scope["path"]) if scope["method"] == "POST" else None
        return self._limits[large[1]] if large else BODY_LIMIT

    def _add_headers(self, headers: MutableHeaders, nonce: str, request_id: str) -> None:
        headers.setdefault("Cache-Control", "no-store")
        headers.setdefault(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
            f"style-src-elem 'self' 'nonce-{nonce}'; style-src-attr 'unsafe-inline'; font-src 'self' data:; "
            "manifest-src 'self'; worker-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
            "form-action 'self'; object-src 'none'",
        )
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-Frame-Options"] = "DENY"
        headers["Referrer-Policy"] = "no-referrer"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        headers["X-Request-Id"] = request_id
        if self._secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"


def _too_large(limit: int) -> str:
    return f"The request body may have at most {limit} bytes."


def _bounded(receive: Receive, limit: int) -> Receive:
    """Count what arrives: a chunked body has no Content-Length to check."""
    seen = 0

    async def counting() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise HTTPException(413, _too_large(limit))
        return message

    return counting
