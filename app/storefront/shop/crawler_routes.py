"""What search engines read (`/robots.txt`, `/sitemap.xml`), and the shop's logo and colours."""

from __future__ import annotations

from urllib.parse import quote
from xml.sax.saxutils import escape

from fastapi import APIRouter, Request, Response

from app.api.dependencies import RecommenderDep, StateDep
from app.recommend.query import ListQuery
from app.storefront.shop.shop_settings import ShopSettings, read_logo
from twinset.errors import NotFound

router = APIRouter(include_in_schema=False)
PER_FILE = 20_000  # addresses of one sitemap; the protocol allows 50,000
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
# Searches are endless, and pages for operators and developers are nobody's result.
_ROBOTS = """User-agent: *
Disallow: {root}/search
Disallow: {root}/operator
Disallow: {root}/sign-in
Disallow: {root}/widget
Disallow: {root}/docs
Sitemap: {origin}/sitemap.xml
"""
_CACHE = {"Cache-Control": "public, max-age=3600"}


@router.api_route("/robots.txt", methods=["GET", "HEAD"])
async def robots(request: Request, state: StateDep) -> Response:
    """Product pages are for all, unless the shop has read keys."""
    if state.settings.read_keys:
        return Response("User-agent: *\nDisallow: /\n", media_type="text/plain", headers=_CACHE)
    origin = str(request.base_url).rstrip("/")
    text = _ROBOTS.format(root=request.scope.get("root_path", ""), origin=origin)
    return Response(text, media_type="text/plain", headers=_CACHE)


@router.api_route("/sitemap.xml", methods=["GET", "HEAD"])
async def sitemap(request: Request, recommender: RecommenderDep, part: int = 0) -> Response:
    """Every product's page; a list of further sitemaps if they are too many for one."""
    origin = str(request.base_url).rstrip("/")
    found = await recommender.browse(ListQuery(limit=1))
    parts = -(-found.total // PER_FILE)
    if part == 0 and parts > 1:
        places = [f"{origin}/sitemap.xml?part={number}" for number in range(1, parts + 1)]
        return _xml("sitemapindex", "sitemap", places)
    offset = max(part - 1, 0) * PER_FILE
    if part < 0 or (part and offset >= found.total):
        raise NotFound("There is no such part of the sitemap.")
    listed = await recommender.browse(ListQuery(limit=PER_FILE, offset=offset))
    items = recommender.version.items
    ids = [items.id_of(row) for row, _ in listed.entries]
    places = [f"{origin}/product/{quote(item_id, safe='')}" for item_id in ids]
    return _xml("urlset", "url", places if part else [f"{origin}/", *places])


@router.api_route("/shop.css", methods=["GET", "HEAD"])
async def shop_style(request: Request) -> Response:
    """The shop's colours."""
    return Response(_shop(request).style, media_type="text/css", headers=_CACHE)


@router.api_route("/shop-logo", methods=["GET", "HEAD"])
async def shop_logo(request: Request) -> Response:
    """The shop's logo; 404 if it has none."""
    logo = _shop(request).logo
    if logo is None:
        raise NotFound("This shop has no logo.")
    data, kind = read_logo(logo)
    return Response(data, media_type=kind, headers=_CACHE)


def _shop(request: Request) -> ShopSettings:
    shop: ShopSettings = request.app.state.pages.shop
    return shop


def _xml(root: str, entry: str, places: list[str]) -> Response:
    lines = [f"<{entry}><loc>{escape(place)}</loc></{entry}>" for place in places]
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">'
    body = "\n".join([head, *lines, f"</{root}>\n"])
    return Response(body, media_type="application/xml", headers=_CACHE)
