"""Errors as pages: a sentence in the reader's language in place of a problem document."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from app.api.error_responses import headers_of
from app.api.error_status import status_of
from app.http.problems import FRAMEWORK_DETAILS, note_code
from app.storefront.page_responses import page, sentence_of
from twinset.errors import ArtefactError, TwinsetError


class PageRoute(APIRoute):
    """A route whose errors are pages with a sentence instead of problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handler(request)
            except (TwinsetError, ValidationError, RequestValidationError, HTTPException) as error:
                status, code, detail = _explain(error)
                sentence = sentence_of(request, error, code, detail)
                note_code(request.scope, code)
                headers = headers_of(error)
                return page(request, "error.html", status, headers, sentence=sentence)

        return guarded


def _explain(error: Exception) -> tuple[int, str, str]:
    """The status, the code and the English sentence of an error."""
    if isinstance(error, ArtefactError):
        return status_of(error), error.code, "The shop cannot be shown at the moment."
    if isinstance(error, TwinsetError):
        return status_of(error), error.code, str(error)
    if isinstance(error, HTTPException):
        code, detail = FRAMEWORK_DETAILS.get(
            error.status_code, ("http_error", "That did not work.")
        )
        return error.status_code, code, detail
    return 422, "invalid_request", "Something in this search is not usable."
