"""Single-flight readiness checks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from twinset.errors import NotReady

_TIMEOUT_S = 10.0


class SharedProbe:
    """Single-flight readiness check: concurrent callers await one run, later callers a new one.

    So a flood of probes costs no more than probes one after the other. Used from one event loop.
    """

    def __init__(self, timeout: float = _TIMEOUT_S) -> None:
        self._timeout = timeout
        self._running: asyncio.Task[None] | None = None

    async def run(self, probe: Callable[[], Awaitable[None]]) -> None:
        """Await `probe()`, or the run of it that is under way.

        Raises:
            NotReady: the probe says so, or has not ended in time.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(_run(probe))
        try:
            # Shielded: who gives up must not end the probe of the others.
            await asyncio.wait_for(asyncio.shield(self._running), self._timeout)
        except TimeoutError:
            raise NotReady("The encoder or the index does not answer in time.") from None


async def _run(probe: Callable[[], Awaitable[None]]) -> None:
    await probe()
