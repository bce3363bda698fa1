"""Pages as HTTP responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.http.sessions import COOKIE
from app.storefront.html_templates import STATIC
from app.storefront.page_addresses import files_digest, placed
from app.storefront.page_state import PageState

# Everything comes from this service; data: is the shopper's own photo, which travels with a page.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# What people read of some codes, in place of what programs do.
SENTENCES: Mapping[str, str] = {
    "body_too_large": "That photo is too large. Choose a smaller one.",
    "internal_error": "Something went wrong on our side. Try again in a moment.",
}
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}


def page(
    request: Request,
    template: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """The page `template` with these values."""
    defaults = {
        "state": PageState(),
        "photo": "",
        "calls": None,
        "notice": "",
        "events_of": call_name(request),
        "signed_in": COOKIE in request.cookies,
    }
    root = request.scope.get("root_path", "")
    text = request.app.state.pages.render(template, **{"root": root} | defaults | values)
    text = placed(text, root, files_digest(STATIC))
    return HTMLResponse(text, status, {**_HEADERS, **(headers or {})})


def call_name(request: Request) -> str:
    """What the events of a page name: the request that made it; empty if no events are taken."""
    taken = request.app.state.service.events is not None
    return str(request.scope["state"]["request_id"]) if taken else ""


def refused_page(
    request: Request, status: int, code: str, detail: str, headers: Mapping[str, str] | None
) -> Response:
    """The page that people see if a request is refused before it reaches its route."""
    if code == "unauthorized":
        return sign_in_page(request, status, headers=headers)
    return page(request, "error.html", status, headers, sentence=SENTENCES.get(code, detail))


def sign_in_page(
    request: Request,
    status: int = 200,
    notice: str = "",
    target: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page that asks for a key, and then goes on to `target`, or if it is None to the page
    asked for."""
    if target is None:
        query = request.url.query
        target = request.url.path + (f"?{query}" if query else "")
        home = request.scope.get("root_path", "") + "/"
        target = target if request.method in ("GET", "HEAD") else home
    values = {"notice": notice, "target": target}
    return page(request, "sign_in.html", status, headers, **values)
