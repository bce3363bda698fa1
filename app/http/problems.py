"""Errors on the wire: RFC 9457 problem documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import Response
from pydantic import BaseModel, Field
from starlette.datastructures import Headers
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"
MAX_DETAIL_BYTES = 1000
MAX_ERRORS = 5

# What to say of errors that the framework raises; its own texts may echo input.
FRAMEWORK_DETAILS: Mapping[int, tuple[str, str]] = {
    400: ("malformed_body", "The request cannot be parsed."),
    401: ("unauthorized", "This address needs a key, sent as Authorization: Bearer KEY."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer to that method."),
    408: ("too_slow", "The request did not arrive in time."),
    413: ("body_too_large", "The request body is larger than the limit."),
    429: ("overloaded", "The service is busy; try again in a moment."),
    500: ("internal_error", "Something went wrong inside the service."),
}
# Python before 3.13 has their older names.
_TITLES: Mapping[int, str] = {413: "Content Too Large", 422: "Unprocessable Content"}


class FieldError(BaseModel):
    """One thing that is wrong with a request."""

    field: str = Field(description="Where: a parameter or body field, nested ones dotted.")
    code: str
    message: str


class Problem(BaseModel):
    """An error, as RFC 9457 defines it, with a stable `code` to program against."""

    type: str = Field(examples=["urn:twinset:problem:invalid_filter"])
    title: str = Field(examples=["Bad Request"])
    status: int = Field(ge=400, le=599, examples=[400])
    detail: str
    instance: str = Field(description="A name for this one occurrence.")
    code: str = Field(examples=["invalid_filter"])
    request_id: str
    trace_id: str | None = Field(None, description="Of the request's `traceparent`, if it has one.")
    errors: list[FieldError] = Field(max_length=MAX_ERRORS)


def title_of(status: int) -> str:
    """The name of a status, as RFC 9110 has it."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def problem_of(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    trace_id: str = "",
) -> Problem:
    """The document; as JSON it stays below 2 KiB whatever is passed."""
    return Problem(
        type=f"urn:twinset:problem:{code}",
        title=title_of(status),
        status=status,
        detail=shorten(detail, MAX_DETAIL_BYTES),
        instance=f"urn:twinset:request:{request_id}",
        code=code,
        request_id=request_id,
        trace_id=trace_id or None,
        errors=list(errors[:MAX_ERRORS]),
    )


def problem_response(problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The document as a response."""
    text = problem.model_dump_json(exclude_none=True)
    return Response(text, problem.status, headers, MEDIA_TYPE)


def shorten(text: str, limit: int) -> str:
    """At most `limit` bytes of a text, cut between characters."""
    data = text.encode("utf-8", "replace")
    return text if len(data) <= limit else data[:limit].decode("utf-8", "ignore") + "..."


def takes_page(headers: Headers) -> bool:
    """Whether a browser opens an address or sends a form: it says so; scripts take anything."""
    return "text/html" in headers.get("accept", "")


def note_code(scope: Scope, code: str) -> None:
    """Keep what a request was refused with, for its line in the log; see `http.request_context`."""
    scope["state"]["code"] = code
