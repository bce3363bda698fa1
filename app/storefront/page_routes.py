"""Routes of the pages for people, and the files that pages load."""

from __future__ import annotations

import hashlib
from functools import cache

from fastapi import APIRouter, FastAPI, Request, Response

from app.api.dependencies import ItemIdPath, RecommenderDep, StateDep, live_recommender
from app.api.reading.etags import holds
from app.http.problems import note_code
from app.storefront import search_routes
from app.storefront.api_snippets import call_of, widget_lines
from app.storefront.content import home_page as home
from app.storefront.content.catalogue_language import texts_language
from app.storefront.content.product_lists import first_id, style_field
from app.storefront.content.product_page import like_removed, product
from app.storefront.held_files import HeldFiles
from app.storefront.html_templates import STATIC, Pages
from app.storefront.page_errors import PageRoute
from app.storefront.page_responses import origin_of, page, refused_page, snippets_for
from app.storefront.page_state import PageState
from app.storefront.shared_photos import SharedPhotos
from app.storefront.shop import crawler_routes
from app.storefront.shop.shop_settings import ShopSettings
from app.storefront.shop.structured_data import product_data
from twinset.errors import NotFound

_NO_LANGUAGE = 'const TEXTS = "";'
router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.api_route("/", methods=["GET", "HEAD"])
async def home_page(request: Request, recommender: RecommenderDep) -> Response:
    """Where to start."""
    shown = await home.home(recommender)
    origin = origin_of(request)
    item = shown.example.tile.id if shown.example else await first_id(recommender)
    lines = widget_lines(origin, item or "ID")
    calls = snippets_for(request, call_of(PageState(), style_field(recommender)))
    return page(request, "home.html", home=shown, calls=calls, origin=origin, widget=lines)


@router.api_route("/product/{id:path}", methods=["GET", "HEAD"])
async def product_page(
    request: Request, recommender: RecommenderDep, item_id: ItemIdPath
) -> Response:
    """A product, its variants, and what is similar to it; 410 and what is like it if it is gone."""
    try:
        shown = await product(recommender, item_id)
    except NotFound:
        like_it = await like_removed(recommender, item_id)
        if not like_it:
            raise
        note_code(request.scope, NotFound.code)
        return page(request, "gone.html", 410, similar=like_it)
    similar = call_of(PageState(like=(item_id,)), style_field(recommender))
    shop, origin = request.app.state.pages.shop, origin_of(request)
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
        calls=snippets_for(request, similar),
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
        item = await first_id(live_recommender(state))
    lines = widget_lines(origin_of(request), item or "ID")
    return page(request, "widget.html", item=item, keys=keys, widget=lines)


@router.api_route("/operator", methods=["GET", "HEAD"])
async def operator_page(request: Request, state: StateDep) -> Response:
    """Versions, figures and errors. The page holds nothing itself: its script asks with the admin
    key."""
    return page(request, "operator.html", events=state.settings.events)


def mount(app: FastAPI, shop: ShopSettings) -> None:
    """Add the pages to `app`, outside of the OpenAPI document."""
    app.state.pages, app.state.refused_page = Pages(shop), refused_page
    app.state.shared_photos = SharedPhotos(60 * shop.share_photos_minutes)
    for routes in (router, search_routes.router, crawler_routes.router):
        app.router.routes += routes.routes
    app.add_api_route("/widget.js", _widget, include_in_schema=False, methods=["GET", "HEAD"])
    app.mount("/static", HeldFiles(STATIC), name="static")


async def _widget(request: Request) -> Response:
    # For pages of other origins, which load it as a module.
    app = request.app.state
    code = texts_language(app.pages.shop, app.service.recommender)
    script = _widget_script().replace(_NO_LANGUAGE, f'const TEXTS = "{code}";', 1).encode()
    tag = f'"{hashlib.sha256(script).hexdigest()[:32]}"'
    headers = {
        "Accept-Ranges": "none",
        "ETag": tag,
        "Cache-Control": "public, max-age=300",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Access-Control-Allow-Origin": "*",
    }
    if holds(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(script, headers=headers, media_type="text/javascript")


@cache
def _widget_script() -> str:
    """The widget as it is stored, which knows no language of the catalogue."""
    return (STATIC / "widget.js").read_text(encoding="utf-8")
