"""Bounded thread pools: CPU work off the event loop, and refused when too much of it waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from app.service_errors import Overloaded

Result = TypeVar("Result")


class Gate:
    """Counts what is inside and refuses entry when `limit` is reached. Used from the event loop
    alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.inside = 0

    @property
    def is_full(self) -> bool:
        return self.inside >= self._limit

    @contextmanager
    def enter(self, size: int = 1) -> Iterator[None]:
        """Be inside for the length of the block.

        Raises:
            Overloaded: there is less room than `size`.
        """
        if self.inside + size > self._limit:
            raise Overloaded
        self.inside += size
        try:
            yield
        finally:
            self.inside -= size


class BoundedPool:
    """Threads with bounded admission: work off the event loop, refused early if too much of it
    waits.

    At most `max_pending` calls run or wait on `threads` threads, and none starts after it waited
    `max_wait_s`.
    """

    def __init__(
        self,
        name: str,
        threads: int,
        max_pending: int,
        initializer: Callable[[], None] | None = None,
        max_wait_s: float = 60.0,
    ) -> None:
        self._max_wait_s = max_wait_s
        self._executor = ThreadPoolExecutor(threads, name, initializer)
        self._gate = Gate(max_pending)

    @property
    def pending(self) -> int:
        """How many calls run or wait."""
        return self._gate.inside

    @property
    def is_full(self) -> bool:
        """True if one more call would be refused."""
        return self._gate.is_full

    async def run(self, call: Callable[[], Result], deadline: float | None = None) -> Result:
        """Await `call()` on a thread of the pool, if it can start before `deadline` (monotonic
        clock).

        Raises:
            Overloaded: `max_pending` calls are pending, or the call waited too long.
        """
        latest = deadline or time.monotonic() + self._max_wait_s

        def timely() -> Result:
            if time.monotonic() > latest:
                raise Overloaded
            return call()

        with self._gate.enter():
            return await asyncio.get_running_loop().run_in_executor(self._executor, timely)

    def run_here(self, call: Callable[[], Result]) -> Result:
        """`call()` in place: for work that takes less than to hand it to a thread and back.

        Raises:
            Overloaded: `max_pending` calls are pending.
        """
        with self._gate.enter():
            return call()

    def close(self) -> None:
        """Wait for what runs, drop what waits."""
        self._executor.shutdown(cancel_futures=True)
