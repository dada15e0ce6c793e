"""What the API says of itself (OpenAPI) beside its routes: how one signs in, and what an error looks like."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict

PROBLEM: Final = {"$ref": "#/components/responses/Problem"}


class FieldProblem(BaseModel):
    """What is wrong with a field, and the limit that it is about."""

    field: str
    message: str
    code: str
    limit: int | None = None


class ProblemBody(BaseModel):
    """A problem document (RFC 9457): what happened, what to do, and a word for programs. Some have members more."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str | None = None
    errors: list[FieldProblem] | None = None


class DescribedApi(FastAPI):
    """An application whose routes answer everything but success as `ProblemBody` says."""

    def __init__(self, *, cookie: str, **settings: Any) -> None:  # noqa: ANN401 - FastAPI's own
        super().__init__(responses={"default": PROBLEM}, **settings)
        self._cookie = cookie

    def openapi(self) -> dict[str, Any]:
        """Return the description; `cookie` holds a browser's session."""
        described = super().openapi()
        problem = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = described["components"]
        parts["schemas"] |= problem.pop("$defs") | {"ProblemBody": problem}
        parts["responses"] = {
            "Problem": {
                "description": "What went wrong, as a problem document.",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemBody"}}},
            }
        }
        parts["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer", "description": "An API token."},
            "link": {
                "type": "apiKey",
                "in": "header",
                "name": "X-Quire-Link",
                "description": "A document link's token.",
            },
            "session": {
                "type": "apiKey",
                "in": "cookie",
                "name": self._cookie,
                "description": "A browser's session. What changes something needs `csrf_token` of "
                "GET /api/v1/session as X-CSRF-Token, too.",
            },
        }
        described["security"] = [{name: []} for name in parts["securitySchemes"]] + [{}]
        return described
