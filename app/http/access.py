"""Keys and rates, checked by the headers before any body is read."""

from __future__ import annotations

from functools import partial

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.addresses import SIGN_IN, is_open
from app.http.keys import is_any_key
from app.http.proxies import client_name
from app.http.public_keys import PublicKeys
from app.http.rate_limits import RateLimiter
from app.http.request_target import route_path
from app.http.sessions import COOKIE, Sessions
from app.service_errors import Unauthorized
from app.settings import Settings


class Access:
    """ASGI middleware: `Unauthorized` without a key if the service has keys, `RateLimited` beyond
    the rate.

    Probes, pages that show nothing of the catalogue, and files of pages are free of both. The
    admin key is a read key too; what else it opens is decided by its routes. When a browser has
    signed in it sends a cookie instead, see `app.http.sessions`.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        # Who may write may read.
        admin = [settings.admin_key] if settings.admin_key else []
        self._keys = [*settings.read_keys, *admin] if settings.read_keys else []
        self._public = PublicKeys(settings.public_keys)
        self._sessions = Sessions(settings)
        rate, burst = settings.rate_limit, settings.rate_burst
        self._limiter = RateLimiter(rate, burst) if rate else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = route_path(scope) if scope["type"] == "http" else "/livez"
        if not is_open(path):
            if self._limiter is not None:
                client = client_name(scope)
                scope["state"]["charge"] = partial(self._limiter.charge, client)
                self._limiter.admit(client)
            public = self._public.admit(scope, path)
            if not public and self._keys and path not in SIGN_IN and not self._may_read(scope):
                raise Unauthorized
        await self._app(scope, receive, send)

    def _may_read(self, scope: Scope) -> bool:
        given = Headers(scope=scope).get("authorization")
        if given is not None:
            return is_any_key(given, self._keys)
        return self._sessions.may_read(HTTPConnection(scope).cookies.get(COOKIE, ""))
