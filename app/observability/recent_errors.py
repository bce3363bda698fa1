"""The errors of late, kept in memory for whoever operates the service."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

KEPT = 100


@dataclass(frozen=True)
class ErrorEvent:
    """One request that was answered with an error; nothing of what it said but a plain id.

    `route` is a template, `code` that of the problem document.
    """

    time: datetime
    request_id: str
    method: str
    route: str
    status: int
    code: str


class RecentErrors:
    """The last `kept` errors of callers (4xx) and as many of the service (5xx).

    Apart, so that a flood of the first does not push out the second. Of one worker process, and
    used from its event loop alone.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._callers: deque[ErrorEvent] = deque(maxlen=kept)
        self._own: deque[ErrorEvent] = deque(maxlen=kept)

    def add(self, event: ErrorEvent) -> None:
        """Keep one, in place of the oldest of its kind."""
        is_own = event.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        (self._own if is_own else self._callers).append(event)

    def latest(self) -> list[ErrorEvent]:
        """All that are kept, newest first."""
        return sorted((*self._own, *self._callers), key=lambda event: event.time, reverse=True)
