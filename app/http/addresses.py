"""The one list of addresses that answer people and probes, and of who may see them."""

from __future__ import annotations

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
# Pages of the storefront; those below `PRODUCT` show one product each.
PAGES = frozenset({"/", "/search", "/docs", "/operator", "/widget", "/sign-in", "/sign-out"})
PRODUCT = "/product/"
FILES = "/static/"
DOCUMENT = "/openapi.json"
# What holds nothing of the catalogue, and is shown without a key.
_PLAIN = {"/docs", "/operator", "/widget", "/widget.js", "/robots.txt", "/shop.css", "/shop-logo"}
_OPEN = PROBES | {DOCUMENT} | _PLAIN
# Where a key is typed. It counts for the rate, so that keys are not tried out.
SIGN_IN = frozenset({"/sign-in", "/sign-out"})


def is_open(path: str) -> bool:
    """Whether an address is free of keys and of rates."""
    return path in _OPEN or path.startswith(FILES)


def is_page(path: str) -> bool:
    """Whether an address answers browsers with a page."""
    return path in PAGES or path.startswith(PRODUCT)
