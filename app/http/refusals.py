"""Answers to requests that never reach their route: a page for people, a problem for programs."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.http.problems import note_code, problem_response
from app.http.request_target import route_path
from app.storefront.page_responses import page, sign_in_page

# Addresses of people: these, and those below `PRODUCT`.
PAGES = frozenset({"/", "/search", "/docs", "/operator", "/widget", "/sign-in", "/sign-out"})
PRODUCT = "/product/"
SENTENCES: Mapping[str, str] = {
    "body_too_large": "That photo is too large. Choose a smaller one.",
    "internal_error": "Something went wrong on our side. Try again in a moment.",
}


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer a request in its route's stead."""
    note_code(scope, code)
    if not _wants_page(scope):
        response = problem_response(scope["state"]["request_id"], status, code, detail, (), headers)
    elif code == "unauthorized":
        response = sign_in_page(Request(scope), status, headers=headers)
    else:
        sentence = SENTENCES.get(code, detail)
        response = page(Request(scope), "error.html", status, headers, sentence=sentence)
    await response(scope, receive, send)


def takes_page(headers: Headers) -> bool:
    """Whether a browser opens an address or sends a form: it says so; scripts take anything."""
    return "text/html" in headers.get("accept", "")


def _wants_page(scope: Scope) -> bool:
    path = route_path(scope)
    of_storefront = path in PAGES or path.startswith(PRODUCT)
    return of_storefront and takes_page(Headers(scope=scope))
