"""Every "no" over HTTP is one shape: RFC 9457 `application/problem+json`, with a stable `code`.

Rules:
- A Refusal is 409, or 403 when it is about who asks; a Fault is 503 with Retry-After; what the caller may
  not know of is 404, in the very words of what doesn't exist.
- `type` is the address of a page about the code; `instance` is the request's path.
- No answer carries a traceback, a secret or a value that the caller didn't send.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api.problem_examples import examples_of
from engine.incident.refusal import Refusal
from engine.store.fault import Fault

MEDIA_TYPE: Final = "application/problem+json"
RETRY_AFTER_SECONDS: Final = 5

CODES: Final[Mapping[str, tuple[int, str]]] = {
    "malformed": (400, "The request can't be read"),
    "unauthenticated": (401, "A valid token is needed"),
    "forbidden": (403, "Your token doesn't reach this far"),
    "not_yours": (403, "You may not do this"),
    "not_found": (404, "There is no such thing"),
    "method_not_allowed": (405, "This address doesn't take that method"),
    "too_slow": (408, "The request took too long to arrive"),
    "refused": (409, "The rules say no"),
    "in_progress": (409, "The same request is still being worked on"),
    "stale": (412, "It changed since you last looked"),
    "too_large": (413, "The request is too large"),
    "unsupported_media_type": (415, "The body has a format that isn't understood"),
    "invalid": (422, "Something in the request is wrong"),
    "key_reused": (422, "The idempotency key was used for another request"),
    "playbook_invalid": (422, "The playbook has errors"),
    "version_taken": (422, "The version was published with other content"),
    "rate_limited": (429, "Too many requests for the moment"),
    "internal": (500, "Something went wrong on our side"),
    "unavailable": (503, "Storage is away for the moment"),
}
"""Each code with its status and title; the codes of refusals stand in `engine.incident.refusal`."""


PROBLEM_EXAMPLES: Final = examples_of(CODES)
"""For the document: of each status an example for each of its codes."""


class FieldError(BaseModel):
    """One field of the request that is wrong."""

    field: str = Field(description="Dotted path of the field, a query parameter or a header.", examples=["inputs.site"])
    message: str = Field(examples=["field required"])


class DiagnosticBody(BaseModel):
    """One finding in a playbook, with its place; lines and columns count from 1."""

    code: str = Field(examples=["FB301"])
    level: str = Field(examples=["error"])
    message: str
    file: str
    line: int
    column: int
    length: int
    source_line: str
    notes: list[str]
    help: str | None


class ProblemBody(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["http://127.0.0.1:8000/problems/not_ready"])
    title: str = Field(examples=["The rules say no"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["'post_holding' waits for 'ok_holding'"])
    code: str = Field(examples=["not_ready"])
    instance: str = Field(examples=["/v1/incidents/INC-7/steps/post_holding/start"])
    allowed: list[str] | None = Field(default=None, description="Commands that would work now.")
    policy: str | None = Field(default=None, description="The policy that would be broken.")
    errors: list[FieldError] | None = None
    diagnostics: list[DiagnosticBody] | None = None


class Problem(Exception):
    """A "no" of the way in itself: the request is malformed, unauthenticated, unknown, stale or too large."""

    def __init__(self, code: str, detail: str, *, headers: Mapping[str, str] | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})
        self.more = more

    @property
    def status(self) -> int:
        return CODES[self.code][0]


def not_found(what: str) -> Problem:
    """Say that something doesn't exist, or that the caller may not know of it: the same words for both."""
    return Problem("not_found", f"{what} doesn't exist, or you may not see it")


def problem_body(
    code: str, *, status: int, title: str, detail: str, request: Request, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Build the body of a problem; members that say nothing are left out."""
    address = getattr(request.app.state, "base_url", "")
    extra = {name: value for name, value in (more or {}).items() if value is not None and value != []}
    return {
        "type": f"{address}/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.url.path,
        **extra,
    }


def refusal_body(refusal: Refusal, request: Request, *, missing: bool = False) -> dict[str, Any]:
    """Build the body of a refusal, with what would work now; `missing` when the address names what doesn't exist."""
    status, title = _refusal_status(refusal, missing)
    more = {
        "allowed": list(refusal.allowed),
        "policy": refusal.policy,
        "errors": [{"field": refusal.field, "message": refusal.reason}] if refusal.field else None,
    }
    return problem_body(refusal.code, status=status, title=title, detail=refusal.reason, request=request, more=more)


def _refusal_status(refusal: Refusal, missing: bool) -> tuple[int, str]:
    if missing:
        return CODES["not_found"]
    return CODES["not_yours"] if refusal.is_about_who else CODES["refused"]


def respond(body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Answer with a problem's body."""
    return JSONResponse(dict(body), status_code=body["status"], media_type=MEDIA_TYPE, headers=dict(headers or {}))


def respond_problem(problem: Problem, request: Request) -> JSONResponse:
    """Answer with a problem."""
    status, title = CODES[problem.code]
    body = problem_body(problem.code, status=status, title=title, detail=problem.detail, request=request, more=problem.more)
    return respond(body, problem.headers)


def respond_fault(fault: Fault, request: Request) -> JSONResponse:
    """Answer that storage is away, without its particulars: those are for the log."""
    problem = Problem("unavailable", f"{fault.done}; try again in a few seconds", headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return respond_problem(problem, request)


def declared(*statuses: int, gives: type[BaseModel] | None = None, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Declare in OpenAPI that a route can answer these statuses, beside those that every route can, and what it gives when all is well."""
    good: dict[int | str, dict[str, Any]] = {status: {"model": gives}} if gives else {}
    return good | {
        status: {
            "description": "; ".join(title for known, title in CODES.values() if known == status),
            "content": {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}, "examples": PROBLEM_EXAMPLES[status]},
            },
        }
        for status in sorted({*statuses, *EVERYWHERE})
    }


EVERYWHERE: Final[Sequence[int]] = (400, 401, 403, 404, 408, 413, 415, 422, 429, 503)
