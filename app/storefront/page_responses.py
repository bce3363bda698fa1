"""Pages as HTTP responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.http.request_target import route_path
from app.http.sessions import COOKIE
from app.storefront.api_snippets import HttpCall, Snippets, snippets
from app.storefront.content.catalogue_language import texts_language
from app.storefront.html_templates import STATIC
from app.storefront.interface.interface_words import Language, Words, best_language, words_of
from app.storefront.page_addresses import files_digest, placed
from app.storefront.page_state import PageState
from twinset.errors import InvalidInput

# Everything comes from this service; data: is the shopper's own photo, which travels with a page,
# and https: a picture whose address the shopper pastes.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data: blob: https:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-cache",
    "Vary": "Accept-Language, Cookie",
}
_COOKIE = "language"
_YEAR_S = 365 * 24 * 3600


class SaidAlready(InvalidInput):
    """A mistake on a page, said in its reader's own language."""


def page(
    request: Request,
    template: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """The page `template` with these values, in the language of its reader."""
    language = language_of(request)
    defaults = {
        "here": _addresses_in(request) if request.method in ("GET", "HEAD") else {},
        "own": _language_mark(request, language),
        "state": PageState(),
        "photo": "",
        "calls": None,
        "notice": "",
        "events_of": call_name(request),
        "signed_in": COOKIE in request.cookies,
    }
    root = request.scope.get("root_path", "")
    text = request.app.state.pages.render(template, language, **{"root": root} | defaults | values)
    text = placed(text, root, files_digest(STATIC))
    response = HTMLResponse(text, status, {**_HEADERS, **(headers or {})})
    if request.query_params.get(_COOKIE) == language:
        response.set_cookie(_COOKIE, language, _YEAR_S, path=f"{root}/", samesite="lax")
    return response


def _language_mark(request: Request, language: Language) -> Markup:
    """An attribute for texts of the catalogue; empty if they are in the page's language."""
    app = request.app.state
    code = texts_language(app.pages.shop, app.service.recommender)
    same = not code or code.partition("-")[0] == language
    return Markup() if same else Markup(' lang="{}"').format(code)


def origin_of(request: Request) -> str:
    """The service's own address, with the path that it is mounted at."""
    return str(request.base_url).rstrip("/")


def snippets_for(request: Request, call: HttpCall) -> Snippets:
    """A call to paste, against this service."""
    return snippets(call, origin_of(request))


def language_of(request: Request) -> Language:
    """What the address, then the cookie, then the browser asks for, if the shop speaks it."""
    offered: tuple[Language, ...] = request.app.state.pages.shop.languages
    chosen = (request.query_params.get(_COOKIE), request.cookies.get(_COOKIE))
    found = next((one for wanted in chosen for one in offered if one == wanted), None)
    return found or best_language(request.headers.get("accept-language", ""), offered)


def words_for(request: Request) -> Words:
    """The words in the language of a page's reader."""
    return words_of(language_of(request))


def sentence_of(request: Request, error: Exception, code: str, detail: str) -> str:
    """What the page of an error says."""
    if isinstance(error, SaidAlready):
        return str(error)
    return words_for(request).error(code, detail)


def _addresses_in(request: Request) -> dict[str, str]:
    """Where the page is in each of the shop's languages, as templates write addresses."""
    path = quote(route_path(request.scope))
    kept = [pair for pair in request.query_params.multi_items() if pair[0] != _COOKIE]
    return {
        one: f"{path}?{urlencode([*kept, (_COOKIE, one)])}"
        for one in request.app.state.pages.shop.languages
    }


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
    return page(
        request, "error.html", status, headers, sentence=words_for(request).error(code, detail)
    )


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
