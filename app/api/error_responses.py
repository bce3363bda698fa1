"""Error handlers: the problem document that each error becomes."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.api.error_status import status_of
from app.http.addresses import is_page
from app.http.problems import (
    FRAMEWORK_DETAILS,
    MAX_ERRORS,
    FieldError,
    note_code,
    problem_of,
    problem_response,
    shorten,
    takes_page,
)
from app.http.request_target import route_path
from app.service_errors import Overloaded, Unauthorized, UnsupportedCoding
from twinset.errors import ArtefactError, FilterError, TwinsetError

logger = logging.getLogger("twinset.access")


@dataclass(frozen=True)
class Refusal:
    """What a caller is told of an error."""

    status: int
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] | None = None


def _answer(request: Request, refusal: Refusal) -> Response:
    """A problem for programs; if no route was reached, a page for people who asked for one.

    The page is `refused_page` of the application's state: who has pages puts it there.
    """
    note_code(request.scope, refusal.code)
    status, code, detail = refusal.status, refusal.code, refusal.detail
    if (
        "route" not in request.scope
        and takes_page(request.headers)
        and (status == HTTPStatus.NOT_FOUND or is_page(route_path(request.scope)))
    ):
        page: Response = request.app.state.refused_page(
            request, status, code, detail, refusal.headers
        )
        return page
    state = request.scope["state"]
    named = state["request_id"], status, code, detail, refusal.errors, state.get("trace_id", "")
    return problem_response(problem_of(*named), refusal.headers)


async def from_domain(request: Request, error: Exception) -> Response:
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
    if isinstance(error, UnsupportedCoding):
        return {"Accept-Encoding": "gzip"}
    return {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else None


async def from_framework(request: Request, error: Exception) -> Response:
    """Handler of the framework's own `HTTPException`: 400, 404, 405, 413."""
    assert isinstance(error, HTTPException)  # noqa: S101 - narrows for the type checker
    fallback = ("http_error", HTTPStatus(error.status_code).phrase + ".")
    code, detail = FRAMEWORK_DETAILS.get(error.status_code, fallback)
    return _answer(request, Refusal(error.status_code, code, detail, (), error.headers))


async def from_validation(request: Request, error: Exception) -> Response:
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


async def from_nowhere(request: Request, error: Exception) -> Response:
    """Handler of every other error, which nobody foresaw."""
    extra = {"request_id": request.scope["state"]["request_id"]}
    logger.error("unexpected error", extra=extra, exc_info=error)
    return _answer(request, Refusal(500, *FRAMEWORK_DETAILS[500]))


async def from_nobody(_request: Request, error: Exception) -> Response:
    """Handler of `ClientDisconnect`: nobody is left to answer."""
    raise error


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document."""
    app.add_exception_handler(TwinsetError, from_domain)
    app.add_exception_handler(HTTPException, from_framework)
    app.add_exception_handler(RequestValidationError, from_validation)
    app.add_exception_handler(ClientDisconnect, from_nobody)
