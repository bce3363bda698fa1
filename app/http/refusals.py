"""Answers to requests that never reach their route: a page for people, a problem for programs."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.http.addresses import is_page
from app.http.problems import note_code, problem_response
from app.http.request_target import route_path


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    code: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer a request in its route's stead.

    The page is `refused_page` of the application's state: who has pages puts it there.
    """
    note_code(scope, code)
    if is_page(route_path(scope)) and takes_page(Headers(scope=scope)):
        draw = scope["app"].state.refused_page
        response = draw(Request(scope), status, code, detail, headers)
    else:
        request_id, trace_id = scope["state"]["request_id"], scope["state"].get("trace_id", "")
        response = problem_response(request_id, status, code, detail, (), headers, trace_id)
    await response(scope, receive, send)


def takes_page(headers: Headers) -> bool:
    """Whether a browser opens an address or sends a form: it says so; scripts take anything."""
    return "text/html" in headers.get("accept", "")
