"""Recent errors, kept in memory for the people who operate the service."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

KEPT = 100


@dataclass(frozen=True)
class ErrorEvent:
    """One request that was answered with an error. Nothing of what the caller sent is kept.

    `route` is a template, `code` that of the problem document.
    """

    time: datetime
    request_id: str
    method: str
    route: str
    status: int
    code: str


class RecentErrors:
    """The last `kept` errors of callers (4xx) and as many of the service (5xx), of one worker.

    They are kept apart so that a flood of the first does not push out the second. Used from the
    event loop alone.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._callers: deque[ErrorEvent] = deque(maxlen=kept)
        self._own: deque[ErrorEvent] = deque(maxlen=kept)

    def add(self, event: ErrorEvent) -> None:
        """Keep an error; if its kind is full, the oldest of its kind is dropped."""
        is_own = event.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        (self._own if is_own else self._callers).append(event)

    def latest(self) -> list[ErrorEvent]:
        """All that are kept, newest first."""
        return sorted((*self._own, *self._callers), key=lambda event: event.time, reverse=True)
