"""Error handlers: the problem document that each error becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api.error_status import status_of
from app.http.problems import (
    FRAMEWORK_DETAILS,
    MAX_ERRORS,
    FieldError,
    note_code,
    problem_response,
    shorten,
)
from app.service_errors import Overloaded, Unauthorized
from twinset.errors import ArtefactError, FilterError, TwinsetError


@dataclass(frozen=True)
class Refusal:
    """What a caller is told of an error."""

    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] | None = None


def _answer(request: Request, refusal: Refusal) -> Response:
    note_code(request.scope, refusal.code)
    request_id, trace_id = request.state.request_id, request.scope["state"].get("trace_id", "")
    said = (refusal.status, refusal.code, refusal.detail, refusal.errors, refusal.headers)
    return problem_response(request_id, *said, trace_id)


def from_domain(request: Request, error: Exception) -> Response:
    """Handler of `TwinsetError`."""
    assert isinstance(error, TwinsetError)  # noqa: S101 - narrows for the type checker
    return _answer(request, refusal_of(error))


def refusal_of(error: TwinsetError) -> Refusal:
    """What is said of a domain error."""
    detail = str(error)
    if isinstance(error, ArtefactError):
        # Which file, not where the machine keeps it.
        detail = f"{error.path.name}: {error.reason}"
    errors = []
    if isinstance(error, FilterError) and error.position is not None:
        errors = [FieldError(field="filter", code=error.code, message=f"At {error.position}.")]
    return Refusal(status_of(error), error.code, detail, errors, headers_of(error))


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
    return _answer(request, Refusal(error.status_code, code, detail, (), error.headers))


def from_validation(request: Request, error: Exception) -> Response:
    """Handler of `RequestValidationError`: says what is wrong and where, never what was sent."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - narrows for the type checker
    return _answer(request, refusal_of_fields(error.errors()))


def refusal_of_fields(details: Sequence[Mapping[str, Any]]) -> Refusal:
    """What is said of fields that a model refused, as pydantic describes them."""
    if any(item["type"] == "json_invalid" for item in details):
        return Refusal(400, "malformed_body", "The body is not valid JSON.")
    errors = [_field_error(item) for item in details]
    detail = "; ".join(f"{e.field}: {e.message}" for e in errors[:MAX_ERRORS])
    return Refusal(422, "invalid_request", detail, errors)


def _field_error(item: Mapping[str, Any]) -> FieldError:
    location = [str(part) for part in item["loc"][1:]]
    if item["type"] == "extra_forbidden":
        # The last part is the caller's own word.
        return FieldError(
            field=".".join(location[:-1]) or "request",
            code=item["type"],
            message="Holds a field that is not known here.",
        )
    message = shorten(str(item["msg"]), 120)
    return FieldError(field=".".join(location) or "body", code=item["type"], message=message)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(TwinsetError, from_domain)
    app.add_exception_handler(HTTPException, from_framework)
    app.add_exception_handler(RequestValidationError, from_validation)
