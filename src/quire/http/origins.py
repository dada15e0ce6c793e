"""Which web origins may act on this server, and under which names it answers."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


class Origins:
    """The public address, or without one the host that a request was sent to."""

    def __init__(self, public_url: str | None, *, loopback_only: bool = False) -> None:
        self._public = _origin(public_url) if public_url else None
        self._loopback_only = loopback_only

    def allowed(self, origin: str | None, host: str | None) -> bool:
        """Whether a request with this Origin may use the visitor's cookie.

        With a public address configured only that; otherwise the origin must name the host it was sent to, without TLS.
        """
        found = _origin(origin) if origin is not None else None
        if found is None:
            return False
        if self._public is not None:
            return found == self._public
        return bool(host) and found == _origin(f"http://{host}") and self.knows(host)

    def knows(self, host: str | None) -> bool:
        """Whether requests for this Host are answered.

        On a listener that only this machine reaches, the page of a name that somebody else makes point here would
        else be of the same origin, and could make the first account.
        """
        if not host or self._public is not None or not self._loopback_only:
            return True
        name = (_origin(f"http://{host}") or ("", "", None))[1]
        if name == "localhost" or name.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Return scheme, host and port (None: the scheme's own); None for what is no address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, None if port == _PORTS[parts.scheme] else port
