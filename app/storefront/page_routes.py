"""Routes of the pages for people, and the files that pages load."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.staticfiles import NotModifiedResponse, PathLike, StaticFiles
from starlette.types import Receive, Scope, Send

from app.api.dependencies import CallDep, ItemIdPath, RecommenderDep, StateDep, live_recommender
from app.api.error_responses import from_framework, headers_of
from app.api.error_status import status_of
from app.http.bodies.multipart import read_form
from app.http.problems import FRAMEWORK_DETAILS, note_code
from app.http.refusals import takes_page
from app.state import State
from app.storefront import pages
from app.storefront.api_snippets import HttpCall, Snippets, call_of, snippets, widget_lines
from app.storefront.html_templates import STATIC, Pages
from app.storefront.page_addresses import LONG, files_digest
from app.storefront.page_responses import SENTENCES, page, refused_page
from app.storefront.page_state import PageState, read_page_state
from app.storefront.shop import crawler_routes
from app.storefront.shop.shop_settings import ShopSettings
from app.storefront.shop.structured_data import product_data
from twinset.errors import ArtefactError, InvalidInput, TwinsetError
from twinset.events.event_store import Way
from twinset.text.base64_text import read_base64

# A page holds the photo that it was made for; the pixels that a search uses are fewer still.
_PHOTO_SIDE = 480
_NO_PHOTO = "That photo stayed in the browser that chose it. Choose it again to search with it."


class PageRoute(APIRoute):
    """A route whose errors are pages with a sentence instead of problem documents."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                return await handler(request)
            except (TwinsetError, ValidationError, RequestValidationError, HTTPException) as error:
                status, code, sentence = _explain(error)
                note_code(request.scope, code)
                headers = headers_of(error)
                return page(request, "error.html", status, headers, sentence=sentence)

        return guarded


router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def home_page(request: Request, recommender: RecommenderDep) -> Response:
    """Where to start."""
    shown = await pages.home(recommender)
    listing = call_of(PageState(), pages.style_field(recommender))
    origin = _origin(request)
    item = shown.example.tile.id if shown.example else await pages.first_id(recommender)
    lines = widget_lines(origin, item or "ID")
    calls = snippets(listing, origin)
    return page(request, "home.html", home=shown, calls=calls, origin=origin, widget=lines)


@router.api_route("/search", methods=["GET", "HEAD"])
async def search_page(request: Request, recommender: RecommenderDep, call: CallDep) -> Response:
    """A search by its address; if it was made with a photo, the page asks for the photo again."""
    state = read_page_state(request.query_params.multi_items())
    notice = _NO_PHOTO if state.wants_photo else ""
    return await _search(request, recommender, call, state, notice)


@router.post("/search")
async def search_form(request: Request, recommender: RecommenderDep, call: CallDep) -> Response:
    """A search by a form, which can hold a photo, or name a product whose picture is the photo."""
    form = await read_form(request.stream(), request.headers.get("content-type", ""))
    if not form.complete:
        raise InvalidInput("The photo did not arrive whole. Send it again.")
    files = [(name, value) for name, value in form.parts if isinstance(value, bytes)]
    upload = next((data for name, data in files if name == "image" and data), None)
    pairs = [(name, value) for name, value in form.parts if isinstance(value, str)]
    named = next((value for name, value in pairs if name == "photo_of"), None)
    if upload is None and named is not None:
        upload = (await recommender.image(named)).data
    if upload is not None:
        photo: bytes | None = await recommender.shrink(upload, _PHOTO_SIDE)
        pairs = [pair for pair in pairs if pair[0] not in ("box", "kind", "page")]
    else:
        photo = _kept_photo(pairs)
    return await _search(request, recommender, call, read_page_state(pairs, photo), "")


@router.api_route("/product/{id:path}", methods=["GET", "HEAD"])
async def product_page(
    request: Request, recommender: RecommenderDep, item_id: ItemIdPath
) -> Response:
    """A product, its variants, and what is similar to it."""
    shown = await pages.product(recommender, item_id)
    similar = call_of(PageState(like=(item_id,)), pages.style_field(recommender))
    shop, origin = request.app.state.pages.shop, _origin(request)
    link = shop.link_of(item_id, shown.values.get("link"))
    address = link or origin + shown.tile.address
    picture = shown.tile.picture and origin + shown.tile.picture
    return page(
        request,
        "product.html",
        product=shown,
        product_address=address,
        shop_link=link,
        structured=product_data(shown.values, address, picture, shop),
        calls=_calls(request, similar),
    )


@router.api_route("/docs", methods=["GET", "HEAD"])
async def reference_page(request: Request) -> Response:
    """The HTTP interface, made readable from its own description."""
    return page(request, "reference.html")


@router.api_route("/widget", methods=["GET", "HEAD"])
async def widget_page(request: Request, state: StateDep, item: str = "") -> Response:
    """A page to try the widget on, with the first product if no `item` is named; needs no key."""
    keys = bool(state.settings.read_keys)
    if not item and not keys:
        item = await pages.first_id(live_recommender(state))
    lines = widget_lines(_origin(request), item or "ID")
    return page(request, "widget.html", item=item, keys=keys, widget=lines)


@router.api_route("/operator", methods=["GET", "HEAD"])
async def operator_page(request: Request, state: StateDep) -> Response:
    """Versions, figures and errors. The page holds nothing itself: its script asks with the admin
    key."""
    return page(request, "operator.html", events=state.settings.events)


class WholeFile(FileResponse):
    """A small file that is always sent whole, because the framework's errors about ranges are plain
    text."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers["accept-ranges"] = "none"
        kept = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": kept}, receive, send)


class Files(StaticFiles):
    """Files that a browser keeps for good if their address holds the digest of the release.

    If it does not, the browser asks each time, so that a page never mixes releases.
    """

    def get_path(self, scope: Scope) -> str:
        path = super().get_path(scope)
        first, _, rest = path.partition("/")
        scope["state"]["lasts"] = first == files_digest(STATIC)
        return rest if scope["state"]["lasts"] else path

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        lasts = scope["state"]["lasts"]
        headers = {"Cache-Control": LONG if lasts else "no-cache"}
        response = WholeFile(full_path, status_code, headers, stat_result=stat_result)
        if self.is_not_modified(response.headers, Headers(scope=scope)):
            return NotModifiedResponse(response.headers)
        return response


async def _nothing_here(request: Request, error: Exception) -> Response:
    """The answer if no route has the address: a page for people, a problem for programs."""
    if "route" not in request.scope and takes_page(request.headers):
        code, detail = FRAMEWORK_DETAILS[404]
        note_code(request.scope, code)
        return page(request, "error.html", 404, sentence=detail)
    return from_framework(request, error)


def mount(app: FastAPI, shop: ShopSettings) -> None:
    """Add the pages to `app`, outside of the OpenAPI document."""
    app.add_exception_handler(404, _nothing_here)
    app.state.pages, app.state.refused_page = Pages(shop), refused_page
    app.router.routes += router.routes + crawler_routes.router.routes
    app.add_api_route("/widget.js", _widget, include_in_schema=False, methods=["GET", "HEAD"])
    app.mount("/static", Files(directory=STATIC), name="static")


async def _widget() -> WholeFile:
    # For pages of other origins, which load it as a module.
    headers = {
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    return WholeFile(STATIC / "widget.js", headers=headers, media_type="text/javascript")


async def _search(
    request: Request, recommender: RecommenderDep, call: CallDep, state: PageState, notice: str
) -> Response:
    known = replace(state, like=_known(recommender, state.like))
    known = replace(known, unlike=_known(recommender, state.unlike) if known.ranked else ())
    results, panel = await pages.search(recommender, call, known)
    if known.ranked and "x-typing" not in request.headers:
        best = results.tiles[0].score if results.tiles else None
        service: State = request.app.state.service
        service.note_search(call.request_id, _way(known), len(results.tiles), best, known.words)
    photo = "" if known.photo is None else b64encode(known.photo).decode()
    return page(
        request,
        "search.html",
        state=known,
        photo=photo,
        results=results,
        panel=panel,
        notice=notice,
        calls=_calls(request, call_of(known, pages.style_field(recommender))),
    )


def _way(state: PageState) -> Way:
    """By what a page searches, as its search is counted."""
    signals = bool(state.words) + (state.photo is not None) + len(state.like)
    if signals > 1 or state.unlike:
        return "blend"
    return "photo" if state.photo is not None else "item" if state.like else "words"


def _known(recommender: RecommenderDep, ids: Sequence[str]) -> tuple[str, ...]:
    # An address outlives the products that it names.
    return tuple(one for one in ids if recommender.version.items.row_of(one) is not None)


def _kept_photo(pairs: list[tuple[str, str]]) -> bytes | None:
    text = next((value for name, value in pairs if name == "photo"), "")
    try:
        return read_base64(text) or None
    except ValueError:
        raise InvalidInput("The photo did not arrive whole. Choose it again.") from None


def _calls(request: Request, call: HttpCall) -> Snippets:
    return snippets(call, _origin(request))


def _origin(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _explain(error: Exception) -> tuple[int, str, str]:
    """The status, the code and the sentence of an error."""
    if isinstance(error, ArtefactError):
        return status_of(error), error.code, "The shop cannot be shown at the moment."
    if isinstance(error, TwinsetError):
        return status_of(error), error.code, str(error)
    if isinstance(error, HTTPException):
        code, detail = FRAMEWORK_DETAILS.get(
            error.status_code, ("http_error", "That did not work.")
        )
        return error.status_code, code, SENTENCES.get(code, detail)
    sentence = "Something in this search is too long or not usable. Change it and try again."
    return 422, "invalid_request", sentence
