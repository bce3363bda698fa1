"""What is recorded when a request is answered: metrics, a line in the log, a recent error."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from app.observability.prometheus_metrics import Metrics
from app.observability.recent_errors import ErrorEvent, RecentErrors

logger = logging.getLogger("twinset.access")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class RequestLog:
    """Writes the metrics, the log and the recent errors of one process."""

    def __init__(self, metrics: Metrics, errors: RecentErrors) -> None:
        self._metrics, self._errors = metrics, errors

    def record(self, method: str, route: str, status: int, state: Mapping[str, Any]) -> None:
        """Keep a request; `state` holds its `start`, its ids, and the `code` of its refusal if any.

        A status of 0 means that the client left before it was answered.
        """
        seconds = time.perf_counter() - state["start"]
        method = method if method in _METHODS else "OTHER"
        self._metrics.count_request(method, route, status, seconds)
        code, request_id = state.get("code", ""), state["request_id"]
        if status >= HTTPStatus.BAD_REQUEST:
            now = datetime.now(UTC)
            self._errors.add(ErrorEvent(now, request_id, method, route, status, code))
        fields = {
            "request_id": request_id,
            "method": method,
            "route": route,
            "status": status,
            "took_ms": round(seconds * 1000, 2),
        }
        more = {"code": code, "trace_id": state["trace_id"]}
        logger.info("request", extra=fields | {name: v for name, v in more.items() if v})
