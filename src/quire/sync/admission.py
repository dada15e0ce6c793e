"""Admission control: which connections are let in. The cheapest check comes first: path, Origin, caps, connect rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from http import HTTPStatus

from quire.access.credentials import presented
from quire.access.household import household
from quire.limits.counts import less
from quire.limits.rates import Rate
from quire.sync.limits import GatewayLimits
from quire.sync.sockets.allowance import Allowance

COLLAB = "/collab"
"""Where Hocuspocus clients connect."""
YJS = "/yjs/"
"""Where y-websocket clients connect; the document's id follows."""


class Admission:
    """The caps of this node, and the open sockets that count against them."""

    def __init__(
        self, limits: GatewayLimits, *, cookie: str, origin_allowed: Callable[[str | None, str | None], bool]
    ) -> None:
        """Start without sockets; `origin_allowed(origin, host)` is asked where a browser may send its `cookie`."""
        self._limits, self._cookie, self._origin_allowed = limits, cookie, origin_allowed
        per_minute = limits.connects_per_minute
        self._connects = Rate(per_minute, per_minute / 60 * Allowance.BURST, enabled=limits.rates)
        self._sockets = 0
        self._households: Counter[str] = Counter()
        self._people: Counter[str] = Counter()

    def refusal(self, path: str, headers: Mapping[str, str], address: str) -> tuple[HTTPStatus, str] | None:
        """Return why a connection is refused, in words for its maker; None: it may come in."""
        limits = self._limits
        if path.rstrip("/") != COLLAB and not (path.startswith(YJS) and len(path) > len(YJS)):
            return HTTPStatus.NOT_FOUND, "sockets are served at /collab and /yjs/{document}"
        origin = headers.get("origin")
        by_cookie = presented(headers, self._cookie, address).session is not None
        if (origin is not None or by_cookie) and not self._origin_allowed(origin, headers.get("host")):
            return (
                HTTPStatus.FORBIDDEN,
                "this Origin may not open sockets here; set QUIRE_PUBLIC_URL to the address people use",
            )
        if self._sockets >= limits.max_sockets:
            return (
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"this node has reached its {limits.max_sockets} sockets; try again in a few seconds",
            )
        if self._households[household(address)] >= limits.max_per_address:
            return (
                HTTPStatus.TOO_MANY_REQUESTS,
                f"{limits.max_per_address} sockets are open from your address; close some first",
            )
        if self._connects.wait(household(address)):
            return HTTPStatus.TOO_MANY_REQUESTS, "too many connects from your address; wait a few seconds"
        return None

    def opened(self, address: str) -> None:
        """Count a socket."""
        self._sockets += 1
        self._households[household(address)] += 1

    def closed(self, address: str) -> None:
        """Count a socket no more."""
        self._sockets -= 1
        less(self._households, household(address))

    def bind(self, person: str) -> bool:
        """Count a socket as a person's; False: the person has all that one may have."""
        if self._people[person] >= self._limits.max_per_account:
            return False
        self._people[person] += 1
        return True

    def unbind(self, person: str) -> None:
        """Count a socket as the person's no more."""
        less(self._people, person)
