"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from quire.concurrency.threads import NONE_LEFT, none_left
from quire.limits.overload import Overloaded
from quire.limits.throttle import Throttle
from quire.storage.failure import NO_ROOM, StorageUnavailable
from quire.validation import reason_of

_log = structlog.get_logger("quire.http")

NO_OBJECT: Final = "The body must be a JSON object in UTF-8, sent with `Content-Type: application/json`."


class Problem(Exception):
    """An error to answer with; `detail` says what to do, and a member `code` names it for other languages."""

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: object
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.members = status, detail, headers, members


def too_many(seconds: float, detail: str) -> Problem:
    """Return the answer to a caller over a limit."""
    return Problem(429, detail, headers={"Retry-After": str(max(1, math.ceil(seconds)))})


Problems = Mapping[type[Exception], Callable[[Any], Problem]]
"""What a capability's errors are over HTTP: each kind with the function that makes an error a problem."""


def problem_response(
    status: int, detail: str, headers: Mapping[str, str] | None = None, **members: object
) -> JSONResponse:
    """Return the problem document for `status`."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return JSONResponse(
        jsonable_encoder(body),
        status_code=status,
        headers=dict(headers or {}),
        media_type="application/problem+json",
    )


def _field(error: Mapping[str, Any]) -> dict[str, object]:
    """Say which field is wrong and why: in English, and as a code with its limit for other languages."""
    context = error.get("ctx", {})
    limit = context.get("min_length", context.get("max_length"))
    said: dict[str, object] = {
        "field": ".".join(str(part) for part in error["loc"][1:]),
        "message": reason_of(error),
        "code": error["type"],
    }
    return said if limit is None else said | {"limit": limit}


def answer(problem: Problem) -> JSONResponse:
    """Return the problem document of an error."""
    return problem_response(problem.status, problem.detail, problem.headers, **problem.members)


def _answering(problem: Callable[[Any], Problem]) -> Callable[[Request, Exception], Response]:
    return lambda _, error: answer(problem(error))


def install(app: FastAPI, problems: Problems) -> None:
    """Answer every error of the application as a problem document; `problems` are those of the capabilities."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, error: Problem) -> JSONResponse:
        return answer(error)

    for kind, problem in problems.items():
        app.add_exception_handler(kind, _answering(problem))

    _add_faults_of_requests(app)
    _add_faults_of_the_server(app)


def _add_faults_of_requests(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> JSONResponse:
        detail = str(error.detail)
        if error.status_code == HTTPStatus.BAD_REQUEST:
            # FastAPI's word for a body that is no text.
            return problem_response(422, NO_OBJECT, code="invalid")
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            allowed = (error.headers or {}).get("Allow", "other methods")
            detail = f"{request.method} does nothing at this address; use {allowed}."
        return problem_response(error.status_code, detail, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, __: ClientDisconnect) -> JSONResponse:
        return problem_response(400, "The connection ended before the request did. Send it again.")

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        if any(item["loc"] == ("body",) or item["type"] == "json_invalid" for item in error.errors()):
            return problem_response(422, NO_OBJECT, code="invalid")
        return problem_response(
            422,
            "Some fields are not valid: `errors` says which and why.",
            code="invalid",
            errors=[_field(item) for item in error.errors()],
        )


def _add_faults_of_the_server(app: FastAPI) -> None:
    failures = Throttle(10)

    @app.exception_handler(Overloaded)
    async def _overloaded(_: Request, error: Overloaded) -> JSONResponse:
        return problem_response(
            503, f"{error}. Try again in a few seconds.", {"Retry-After": str(error.retry_after)}, code="overloaded"
        )

    @app.exception_handler(RuntimeError)
    async def _no_thread(request: Request, error: RuntimeError) -> JSONResponse:
        if not none_left(error):
            raise error
        if count := failures(NONE_LEFT):
            _log.error("a request was not answered", path=request.url.path, reason=NONE_LEFT, count=count)
        return await _overloaded(request, Overloaded("This server lacks threads", retry_after=5))

    @app.exception_handler(StorageUnavailable)
    async def _storage(request: Request, error: StorageUnavailable) -> JSONResponse:
        if count := failures(str(error)):
            _log.error("storage fails", path=request.url.path, reason=str(error), count=count)
        reading = request.method in ("GET", "HEAD")
        return problem_response(
            507 if str(error) in NO_ROOM else 503,
            f"{'This cannot be read now' if reading else 'Nothing was changed'}: {error}. "
            "Try again later; if it lasts, tell whoever runs this server.",
            {"Retry-After": "30"},
            code="storage-unreadable" if reading else "storage",
        )

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, error: Exception) -> JSONResponse:
        number = request.state.request_id
        _log.exception("request failed", path=request.url.path, error=repr(error), request=number)
        return problem_response(
            500,
            "Something went wrong on the server. Try again; if it lasts, tell whoever runs this server the number "
            f"{number}, under which its log says more.",
            code="failed",
            request=number,
        )
