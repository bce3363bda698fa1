"""Browser keys: they stand in a shop's page, where everyone can read them.

Such a key reads lists and items, of those that match its filter, for pages of its origins, and so
often. It opens nothing else: no writing, no administration, no pages, no lists of everything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from app.http.keys import is_key
from app.http.proxies import client_name
from app.http.rate_limits import RateLimiter
from app.public_key import PublicKey

_BURST = 20
# In a request's state: the filter that its answer is bound to.
RESTRICTION = "restriction"
_REFUSED = "This key reads lists and items for pages of its origins, and nothing else."
# What a shop's page asks for. Suggestions are made of the words of all items, and so stay out.
_POSTS = frozenset({"/recommend", "/recommend/by-text", "/recommend/by-image", "/events"})
_ITEM, _IMAGE = "/items/", "/image"
Fault = tuple[int, str, str, dict[str, str]]


@dataclass(frozen=True)
class Presented:
    """A browser key that came with a request."""

    key: PublicKey
    limiter: RateLimiter

    def fault(self, scope: Scope, path: str) -> Fault | None:
        """Why the request is refused; None if the key opens it. Then the request is bound to the
        key's filter, see `app.api.dependencies.get_recommender`."""
        if not self._opens(scope["method"], path, Headers(scope=scope).get("origin")):
            return 403, "forbidden", _REFUSED, {}
        wait = self.limiter.wait(client_name(scope))
        if wait:
            headers = {"Retry-After": str(math.ceil(wait))}
            return 429, "rate_limited", "Too many requests; wait a moment.", headers
        if self.key.filter is not None:
            scope["state"][RESTRICTION] = self.key.filter
        return None

    def _opens(self, method: str, path: str, origin: str | None) -> bool:
        if origin is not None and origin not in self.key.origins:
            return False
        if method == "POST":
            return origin is not None and path in _POSTS
        if method not in ("GET", "HEAD") or not path.startswith(_ITEM):
            return False
        # Pictures are asked for by an element of a page, which names no origin.
        return origin is not None or path.endswith(_IMAGE)


class PublicKeys:
    """Finds the browser key of a request. Used from the event loop alone."""

    def __init__(self, keys: Sequence[PublicKey]) -> None:
        self._keys = [Presented(key, RateLimiter(key.rate, _BURST)) for key in keys]

    def find(self, scope: Scope) -> Presented | None:
        """The key in the Authorization header, or for a picture in its address: `?key=...`.

        All keys are compared, in constant time.
        """
        if not self._keys:
            return None
        header = Headers(scope=scope).get("authorization")
        if header is None and scope["path"].endswith(_IMAGE):
            header = f"Bearer {QueryParams(scope['query_string']).get('key', '')}"
        if header is None:
            return None
        found = [one for one in self._keys if is_key(header, one.key.key)]
        return found[0] if found else None
