"""What surrounds every request: its id, its clock, security headers, one log line, one count."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.addresses import DOCUMENT, FILES
from app.http.request_target import route_path, settled
from app.observability.prometheus_metrics import Metrics
from app.observability.recent_errors import RecentErrors
from app.observability.request_log import RequestLog

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_TRACE = re.compile(rb"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
_SECURITY_HEADERS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]


class RequestContext:
    """Outermost ASGI middleware.

    `traceparent` names the caller's trace, which stands in the log, in problem documents and in the
    answer's `traceresponse`. A caller's X-Request-ID is kept if it is short and plain, so that a
    shop can follow its own requests; any other is replaced.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        errors: RecentErrors,
        paths: frozenset[str],
        root_path: str = "",
    ) -> None:
        """`paths` are those of the routes that answer programs, below `root_path`."""
        self._app, self._root_path = app, root_path
        self._versioned = tuple({f"/v1/{path.split('/')[1]}" for path in paths})
        self._metrics, self._log = metrics, RequestLog(metrics, errors)
        self._paths = paths | {DOCUMENT}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0
        request_id, trace_id = _names(scope["headers"])
        method, scope = scope["method"], settled(scope, self._root_path, self._versioned)
        scope.setdefault("state", {}).update(request_id=request_id, start=start, trace_id=trace_id)

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = list(message.get("headers", ()))
                named = {name for name, _ in headers}
                headers.append((b"x-request-id", request_id.encode()))
                if trace_id:
                    span = b"00-%b-%016x-00" % (trace_id.encode(), random.getrandbits(64))
                    headers.append((b"traceresponse", span))
                headers += [pair for pair in _SECURITY_HEADERS if pair[0] not in named]
                message["headers"] = headers
            await send(message)

        try:
            with self._metrics.in_flight():
                await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            pass  # nobody is left to answer; counted below as status 0
        finally:
            # The route's template, not the path: bounded in number, and nothing of the caller's.
            route = getattr(scope.get("route"), "path_format", None) or self._unrouted(scope)
            self._log.record(method, route, status, scope["state"])

    def _unrouted(self, scope: Scope) -> str:
        """The route of a request that was answered before it got there, if its path alone says."""
        path = route_path(scope)
        # The mount of files leaves their folder to the path that the service is mounted at.
        if path.startswith(FILES) or scope["root_path"].endswith(FILES.rstrip("/")):
            return FILES
        return path if path in self._paths else "unmatched"


def _names(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str]:
    """The id of a request, and that of the trace that it is part of (W3C Trace Context), or ""."""
    request_id = trace_id = ""
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode()
        elif name == b"traceparent" and (found := _TRACE.fullmatch(value)):
            trace_id = found[1].decode()
    return request_id or new_request_id(), trace_id


def new_request_id() -> str:
    """A name for a request, random and no secret.

    `uuid.uuid4` asks the system for its bits, and to wait for that hands the interpreter's lock to
    the threads that search.
    """
    return f"{random.getrandbits(128):032x}"
