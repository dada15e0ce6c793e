"""Structured logs: JSON lines for machines, coloured lines on a terminal. Writing them never fails."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress
from types import TracebackType

import structlog

from quire.limits.throttle import Throttle

_SECRET_KEYS = frozenset({"password", "token", "cookie", "authorization", "secret", "code", "link"})


class _Stderr:
    """Standard error without a buffer: a full disk or a closed pipe loses a line and nothing else."""

    def __init__(self) -> None:
        # A process that was started without one must not write into the file that got its number.
        self._number = None if sys.stderr is None else sys.stderr.fileno()

    def write(self, text: str) -> int:
        """Write one line."""
        if self._number is not None:
            with suppress(OSError):
                os.write(self._number, text.encode("utf-8", "backslashreplace"))
        return len(text)

    def flush(self) -> None:
        """Nothing waits."""


def _redact(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in _SECRET_KEYS & event.keys():
        event[key] = "…"
    return event


class _Seldom(logging.Filter):
    """Lets each thing through once in a while that the servers say of what peers send, as often as they like."""

    def __init__(self) -> None:
        super().__init__()
        self._throttle = Throttle(10)

    def filter(self, record: logging.LogRecord) -> bool:
        server = record.name.partition(".")[0]
        # What uvicorn calls an error is its own; picows says it of broken frames.
        of_peers = record.levelno <= logging.WARNING if server == "uvicorn" else server == "picows"
        if not of_peers or record.exc_info:
            return True
        count = self._throttle(str(record.msg))
        if count > 1:
            record.msg = f"{record.msg} ({count} times)"
        return count > 0


def configure(level: str, form: str) -> None:
    """Set up structlog and the standard library's logging; `form` is auto, json or console."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    json_lines = form == "json" or (form == "auto" and not terminal)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer()
    )
    stderr = _Stderr()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = [structlog.processors.format_exc_info] if json_lines else []
    last += [_redact, renderer]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.WriteLoggerFactory(stderr),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    # What libraries say has the same form.
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    handler.addFilter(_Seldom())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda hook: _uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if error is None or not issubclass(kind, Exception):
        return
    structlog.get_logger("quire").critical("an error that nothing expected", exc_info=(kind, error, trace))
