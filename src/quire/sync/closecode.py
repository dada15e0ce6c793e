"""Why a WebSocket was closed, in numbers."""

from __future__ import annotations


class CloseCode:
    """WebSocket close codes. 44xx are permanent for y-websocket clients, the others mean: connect again."""

    RESTART = 1012
    TRY_LATER = 1013
    INTERNAL = 1011
    MALFORMED = 4400
    SIGNED_OUT = 4401
    FORBIDDEN = 4403
    TIMEOUT = 4408
    TOO_BIG = 4413
    RATE = 4429
