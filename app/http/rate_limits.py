"""How often one client may ask."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from app.service_errors import RateLimited

# About 200 bytes each; beyond it the client that was quiet longest is forgotten.
MAX_CLIENTS = 50_000


class RateLimiter:
    """The generic cell rate algorithm (ITU-T I.371): a token bucket that keeps one number a client.

    Each client may ask `rate` times a second, and `burst` times at once after a rest. Used from
    the event loop alone. `clock` is in seconds.
    """

    def __init__(
        self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 1 / rate
        self._tolerance = (burst - 1) * self._interval
        self._clock = clock
        # When the bucket of a client is full again.
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def wait(self, client: str) -> float:
        """Count a request: 0 if it is let in, else the seconds until one would be."""
        now = self._clock()
        full_at = max(self._full_at.get(client, now), now)
        excess = full_at - now - self._tolerance
        if excess > 1e-9:
            return excess
        self._full_at[client] = full_at + self._interval
        self._full_at.move_to_end(client)
        if len(self._full_at) > MAX_CLIENTS:
            self._full_at.popitem(last=False)
        return 0.0

    def admit(self, client: str) -> None:
        """Count a request.

        Raises:
            RateLimited: the client has to wait first.
        """
        if seconds := self.wait(client):
            raise RateLimited(seconds)

    def charge(self, client: str, more: int) -> None:
        """Count `more` requests of a client that was let in: what it sent was worth as many.

        They are not refused. The client waits the longer before its next request.
        """
        full_at = max(self._full_at.get(client, 0.0), self._clock())
        self._full_at[client] = full_at + more * self._interval
