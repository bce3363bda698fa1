"""Who may ask at all, and how often; decided by the headers, before any body is read."""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterable

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.clients import Clients
from app.problems import FRAMEWORK_DETAILS, problem_response
from app.rates import RateLimiter
from app.settings import Settings

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
# Pages and their files hold nothing of the catalogue.
_PAGES = frozenset({"/", "/docs", "/openapi.json"})
_FILES = "/static/"


class Access:
    """ASGI middleware: 401 without a key where keys are set, 429 beyond the rate limit.

    Probes, pages and their files are free of both. Keys are compared as bytes, in constant time.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._keys = tuple(_bytes(settings.read_keys))
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
            if self._keys and not self._may_read(Headers(scope=scope)):
                headers = {"WWW-Authenticate": "Bearer"}
                await _refuse(scope, receive, send, 401, "unauthorized", headers)
                return
        await self._app(scope, receive, send)

    def _may_read(self, headers: Headers) -> bool:
        given = key_of(headers) or b""
        # Every key is compared, so that time says nothing about which one fits.
        return sum(hmac.compare_digest(given, key) for key in self._keys) > 0


def key_of(headers: Headers) -> bytes | None:
    """The key of `Authorization: Bearer KEY`; None where there is none."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip().encode("latin-1") if scheme.lower() == "bearer" else None


def _bytes(keys: Iterable[SecretStr]) -> Iterable[bytes]:
    return (key.get_secret_value().encode() for key in keys)


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
