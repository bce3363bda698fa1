"""Who may ask at all, and how often; decided by the headers, before any body is read."""

from __future__ import annotations

import math

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.clients import Clients
from app.keys import is_any_key
from app.problems import FRAMEWORK_DETAILS, problem_response
from app.rates import RateLimiter
from app.settings import Settings

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
# Pages and their files hold nothing of the catalogue.
_PAGES = frozenset({"/", "/docs", "/openapi.json"})
_FILES = "/static/"


class Access:
    """ASGI middleware: 401 without a key where keys are set, 429 beyond the rate limit.

    Probes, pages and their files are free of both. The admin key is a
    read key too; what else it opens is judged by its routes.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        # Who may write may read.
        admin = [settings.admin_key] if settings.admin_key else []
        self._keys = [*settings.read_keys, *admin] if settings.read_keys else []
        self._clients = Clients(settings.trusted_proxies)
        rate, burst = settings.rate_limit, settings.rate_burst
        self._limiter = RateLimiter(rate, burst) if rate else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_free(scope["path"]):
            wait = self._limiter.wait(self._clients.name(scope)) if self._limiter else 0.0
            if wait:
                headers = {"Retry-After": str(math.ceil(wait))}
                await _refuse(scope, receive, send, 429, "rate_limited", headers)
                return
            given = Headers(scope=scope).get("authorization", "")
            if self._keys and not is_any_key(given, self._keys):
                headers = {"WWW-Authenticate": "Bearer"}
                await _refuse(scope, receive, send, 401, "unauthorized", headers)
                return
        await self._app(scope, receive, send)


def _is_free(path: str) -> bool:
    return path in PROBES | _PAGES or path.startswith(_FILES) or path.removeprefix("/v1") in PROBES


async def _refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    code: str,
    headers: dict[str, str],
) -> None:
    detail = FRAMEWORK_DETAILS[status][1] if status == 401 else "Too many requests; wait a moment."
    request_id = scope["state"]["request_id"]
    response = problem_response(request_id, status, code, detail, headers=headers)
    await response(scope, receive, send)
