"""Keys and rates, checked by the headers before any body is read."""

from __future__ import annotations

import math
from functools import partial

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http.addresses import SIGN_IN, is_open
from app.http.keys import is_any_key
from app.http.problems import FRAMEWORK_DETAILS
from app.http.proxies import client_name
from app.http.public_keys import PublicKeys
from app.http.rate_limits import RateLimiter
from app.http.refusals import refuse
from app.http.request_target import route_path
from app.http.sessions import COOKIE, Sessions
from app.settings import Settings


class Access:
    """ASGI middleware: 401 without a key if the service has keys, 429 beyond the rate limit.

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
            wait = self._wait(scope)
            if wait:
                headers = {"Retry-After": str(math.ceil(wait))}
                detail = "Too many requests; wait a moment."
                await refuse(scope, receive, send, 429, "rate_limited", detail, headers)
                return
            public = self._public.find(scope)
            if public is not None:
                fault = public.fault(scope, path)
                if fault is not None:
                    await refuse(scope, receive, send, *fault)
                    return
            elif self._keys and path not in SIGN_IN and not self._may_read(scope):
                headers = {"WWW-Authenticate": "Bearer"}
                await refuse(scope, receive, send, 401, *FRAMEWORK_DETAILS[401], headers)
                return
        await self._app(scope, receive, send)

    def _wait(self, scope: Scope) -> float:
        """Count a request; the seconds until its client may ask again, 0 if the client may now."""
        if self._limiter is None:
            return 0.0
        client = client_name(scope)
        scope["state"]["charge"] = partial(self._limiter.charge, client)
        return self._limiter.wait(client)

    def _may_read(self, scope: Scope) -> bool:
        given = Headers(scope=scope).get("authorization")
        if given is not None:
            return is_any_key(given, self._keys)
        return self._sessions.may_read(HTTPConnection(scope).cookies.get(COOKIE, ""))
