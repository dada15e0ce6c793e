"""The composition root: the only module that knows which implementation stands behind each contract."""

from __future__ import annotations

import structlog

_log = structlog.get_logger("quire.server")
