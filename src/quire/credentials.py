"""Reading what a request presents, the same for HTTP and for sockets."""

from __future__ import annotations

from typing import Protocol

from quire.access import Credentials


class Headers(Protocol):
    """Header fields; names in lower case."""

    def get(self, name: str, default: str, /) -> str:
        """Return a field's value."""
        ...


def presented(headers: Headers, cookie: str, address: str) -> Credentials:
    """Return the credentials in a request's headers: a token before the session in the cookie called `cookie`."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    token = bearer.strip() if scheme.lower() == "bearer" else ""
    return Credentials(
        address,
        session=None if token else _cookie(headers.get("cookie", ""), cookie),
        token=token or None,
        link=headers.get("x-quire-link", "") or None,
    )


def _cookie(header: str, wanted: str) -> str | None:
    """Return a cookie's value; what other applications on the same host put beside it does no harm."""
    found = None
    for pair in header.split(";"):
        name, _, value = pair.partition("=")
        if name.strip() == wanted:
            found = value.strip()
    return found
