"""Reading what a request presents, the same for HTTP and for sockets."""

from __future__ import annotations

from typing import Protocol

from quire.access.contract import Credentials, is_link_token


class Headers(Protocol):
    """Header fields; names in lower case."""

    def get(self, name: str, default: str, /) -> str:
        """Return a field's value."""
        ...


def presented(headers: Headers, cookie: str, address: str) -> Credentials:
    """Return the credentials in a request's headers: a token before the session in the cookie called `cookie`."""
    token, link = bearer_token(headers), headers.get("x-quire-link", "")
    return Credentials(
        address,
        session=None if token else session_secret(headers, cookie),
        token=token,
        link=link if is_link_token(link) else None,
    )


def bearer_token(headers: Headers) -> str | None:
    """Return the token in `Authorization: Bearer …`; no browser sends one by itself."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def session_secret(headers: Headers, cookie: str) -> str | None:
    """Return the value of a cookie; what other applications on the same host put beside it does no harm."""
    found = None
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == cookie:
            found = value.strip()
    return found
