"""The list of addresses names every page that there is, so that its errors are pages too."""

from __future__ import annotations

from app.http.addresses import DOCUMENT, FILES, PAGES, PRODUCT, SIGN_IN, is_page
from app.main import api_routes, create_app
from app.settings import Settings

FOR_MACHINES = {"/robots.txt", "/sitemap.xml", "/shop.css", "/shop-logo"}
NOT_PAGES = {DOCUMENT, "/widget.js", FILES.rstrip("/"), *FOR_MACHINES}


def test_every_page_is_in_the_list_and_the_list_holds_nothing_else() -> None:
    programs = {route.path for route in api_routes()}
    routes = {str(getattr(route, "path", "")) for route in create_app(Settings()).routes}
    pages = {path for path in routes - programs - NOT_PAGES if not path.startswith("/v1")}
    assert pages == {*PAGES, f"{PRODUCT}{{id:path}}"}
    assert programs
    assert routes >= NOT_PAGES


def test_pages_are_told_from_addresses_for_programs() -> None:
    assert all(map(is_page, [*PAGES, *SIGN_IN, "/product/a/b"]))
    assert not any(is_page(route.path) for route in api_routes())
