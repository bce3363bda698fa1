"""Browser keys: they stand in a shop's page, where everyone can read them.

Such a key reads lists and items, of those that match its filter, for pages of its origins, and so
often. It opens nothing else: no writing, no administration, no pages, no lists of everything.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from app.http.keys import is_key
from app.http.proxies import client_name
from app.http.rate_limits import RateLimiter
from app.public_key import PublicKey
from app.service_errors import Forbidden

_BURST = 20
# In a request's state: the filter that its answer is bound to.
RESTRICTION = "restriction"
# What a shop's page asks for. Suggestions are made of the words of all items, and so stay out.
_POSTS = frozenset({"/recommend", "/recommend/by-text", "/recommend/by-image", "/events"})
_ITEM, _IMAGE = "/items/", "/image"


class PublicKeys:
    """Admits requests with browser keys. Used from the event loop alone."""

    def __init__(self, keys: Sequence[PublicKey]) -> None:
        self._keys = [(key, RateLimiter(key.rate, _BURST)) for key in keys]

    def admit(self, scope: Scope, path: str) -> bool:
        """Bind a request to the filter of its browser key, see `app.api.dependencies`; False if it
        has none.

        The key comes in the Authorization header, or for a picture in its address: `?key=...`. All
        keys are compared, in constant time.

        Raises:
            Forbidden: the key does not open this.
            RateLimited: the client asks too often with this key.
        """
        if not self._keys:
            return False
        headers = Headers(scope=scope)
        given = headers.get("authorization", "")
        if not given and path.endswith(_IMAGE):
            given = f"Bearer {QueryParams(scope['query_string']).get('key', '')}"
        found = [pair for pair in self._keys if is_key(given, pair[0].key)]
        for key, limiter in found[:1]:
            if not _opens(key, scope["method"], path, headers.get("origin")):
                raise Forbidden("This key reads lists and items for pages of its origins alone.")
            limiter.admit(client_name(scope))
            if key.filter is not None:
                scope["state"][RESTRICTION] = key.filter
        return bool(found)


def _opens(key: PublicKey, method: str, path: str, origin: str | None) -> bool:
    if origin is not None and origin not in key.origins:
        return False
    if method == "POST":
        return origin is not None and path in _POSTS
    if method not in ("GET", "HEAD") or not path.startswith(_ITEM):
        return False
    # Pictures are asked for by an element of a page, which names no origin.
    return origin is not None or path.endswith(_IMAGE)
