"""Errors on the wire: RFC 9457 problem documents, and the one mapping from error to status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope

from app.service_errors import (
    Forbidden,
    MalformedBody,
    Overloaded,
    Unauthorized,
    UnknownField,
    UnsupportedBody,
)
from twinset.errors import (
    ArtefactError,
    Conflict,
    FilterError,
    ImageError,
    InvalidInput,
    NotFound,
    NotReady,
    StorageFull,
    TwinsetError,
    UnsupportedImage,
)

Responses = dict[int | str, dict[str, Any]]
MEDIA_TYPE = "application/problem+json"
MAX_DETAIL_BYTES = 1000
MAX_ERRORS = 5

# The nearest ancestor of an error's class decides.
STATUS: Mapping[type[TwinsetError], int] = {
    FilterError: 400,
    UnknownField: 400,
    MalformedBody: 400,
    UnsupportedBody: 415,
    UnsupportedImage: 415,
    ImageError: 422,
    InvalidInput: 422,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Overloaded: 429,
    StorageFull: 507,
    ArtefactError: 503,
    NotReady: 503,
    TwinsetError: 500,
}
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
# Typical problems of the other statuses, as examples in the OpenAPI document.
_EXAMPLES: Mapping[int, tuple[str, str]] = {
    **FRAMEWORK_DETAILS,
    403: ("forbidden", "This key is for reading alone."),
    409: ("worse_candidate", "The version is worse than the live one: recall@10 0.91, not 0.99."),
    415: ("unsupported_image", "The file is not a JPEG, PNG, WebP or GIF image."),
    422: ("invalid_image", "The image is damaged or incomplete."),
    503: ("not_ready", "The service is starting."),
    507: ("storage_full", "There is no room left to store the write."),
}


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
    errors: list[FieldError] = Field(max_length=MAX_ERRORS)


def title_of(status: int) -> str:
    """The name of a status, as RFC 9110 has it."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def problem_of(
    request_id: str, status: int, code: str, detail: str, errors: Sequence[FieldError] = ()
) -> Problem:
    """The document; as JSON it stays below 2 KiB whatever is passed."""
    return Problem(
        type=f"urn:twinset:problem:{code}",
        title=title_of(status),
        status=status,
        detail=_shorten(detail, MAX_DETAIL_BYTES),
        instance=f"urn:twinset:request:{request_id}",
        code=code,
        request_id=request_id,
        errors=list(errors[:MAX_ERRORS]),
    )


def status_of_code(code: str) -> int:
    """The status that goes with the code of one of Twinset's errors."""
    kind = next(kind for kind in _below(TwinsetError) if vars(kind).get("code") == code)
    return next(STATUS[one] for one in kind.__mro__ if one in STATUS)


def codes_of(status: int, of_images: bool = True) -> list[str]:
    """The codes that go with a status, for the OpenAPI document."""
    kinds = [kind for kind in _below(TwinsetError) if "code" in vars(kind)]
    fitting = {
        kind.code
        for kind in kinds
        if next(STATUS[one] for one in kind.__mro__ if one in STATUS) == status
        and (of_images or not issubclass(kind, ImageError))
    }
    named = {FRAMEWORK_DETAILS[status][0]} if status in FRAMEWORK_DETAILS else set()
    return sorted(fitting | named | ({"invalid_request"} if status == 422 else set()))


def _below(kind: type[TwinsetError]) -> Iterator[type[TwinsetError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _below(child)


def problem_response(
    request_id: str,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document as a response."""
    problem = problem_of(request_id, status, code, detail, errors)
    return Response(problem.model_dump_json(), status, headers, MEDIA_TYPE)


def _shorten(text: str, limit: int) -> str:
    data = text.encode("utf-8", "replace")
    return text if len(data) <= limit else data[:limit].decode("utf-8", "ignore") + "..."


def _answer(
    request: Request,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    note_code(request.scope, code)
    return problem_response(request.state.request_id, status, code, detail, errors, headers)


def note_code(scope: Scope, code: str) -> None:
    """Keep what a request was refused with, for its line in the log; see `http.request_context`."""
    scope["state"]["code"] = code


def status_of(error: TwinsetError) -> int:
    """The HTTP status of a domain error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def from_domain(request: Request, error: Exception) -> Response:
    """Handler of `TwinsetError`."""
    assert isinstance(error, TwinsetError)  # noqa: S101 - narrows for the type checker
    detail = str(error)
    if isinstance(error, ArtefactError):
        # Which file, not where the machine keeps it.
        detail = f"{error.path.name}: {error.reason}"
    errors = []
    if isinstance(error, FilterError) and error.position is not None:
        errors = [FieldError(field="filter", code=error.code, message=f"At {error.position}.")]
    return _answer(request, status_of(error), error.code, detail, errors, headers_of(error))


def headers_of(error: Exception) -> Mapping[str, str] | None:
    """The headers that go with an error: when to come again, or what to come with."""
    if isinstance(error, Overloaded):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, HTTPException):
        return error.headers
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else None


def from_framework(request: Request, error: Exception) -> Response:
    """Handler of the framework's own `HTTPException`: 400, 404, 405, 413."""
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows for the type checker
    fallback = ("http_error", HTTPStatus(error.status_code).phrase + ".")
    code, detail = FRAMEWORK_DETAILS.get(error.status_code, fallback)
    return _answer(request, error.status_code, code, detail, (), error.headers)


def from_validation(request: Request, error: Exception) -> Response:
    """Handler of `RequestValidationError`: says what is wrong and where, never what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows for the type checker
    details = error.errors()
    if any(item["type"] == "json_invalid" for item in details):
        return _answer(request, 400, "malformed_body", "The body is not valid JSON.")
    errors = [_field_error(item) for item in details]
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors[:MAX_ERRORS])
    return _answer(request, 422, "invalid_request", detail, errors)


def _field_error(item: Mapping[str, Any]) -> FieldError:
    location = [str(part) for part in item["loc"][1:]]
    if item["type"] == "extra_forbidden":
        # The last part is the caller's own word.
        return FieldError(
            field=".".join(location[:-1]) or "request",
            code=item["type"],
            message="Holds a field that is not known here.",
        )
    message = _shorten(str(item["msg"]), 120)
    return FieldError(field=".".join(location) or "body", code=item["type"], message=message)


NOT_CHANGED: Responses = {304: {"description": "Not changed since the given ETag."}}


def responses(*statuses: int) -> Responses:
    """The `responses` argument of a route that can fail with these statuses."""
    return {status: documented(status) for status in statuses}


def documented(status: int) -> dict[str, Any]:
    """One of those responses, as the OpenAPI document has it."""
    schema = {"$ref": "#/components/schemas/Problem"}
    code, detail = _EXAMPLES[status]
    example = {
        "type": f"urn:twinset:problem:{code}",
        "title": title_of(status),
        "status": status,
        "detail": detail,
        "instance": "urn:twinset:request:7f9c0e2ab3d1",
        "code": code,
        "request_id": "7f9c0e2ab3d1",
        "errors": [],
    }
    content = {MEDIA_TYPE: {"schema": schema, "example": example}}
    return {"description": title_of(status), "content": content}


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(TwinsetError, from_domain)
    app.add_exception_handler(HTTPException, from_framework)
    app.add_exception_handler(RequestValidationError, from_validation)
