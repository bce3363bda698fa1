"""Bounded thread pools: CPU work off the event loop, and refused when too much of it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from app.errors import Overloaded

Result = TypeVar("Result")


class Gate:
    """Adds up what is inside and lets no more than `limit` in. Used from the event loop alone."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.inside = 0

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
    """`threads` threads, with at most `max_pending` calls running or waiting."""

    def __init__(
        self,
        name: str,
        threads: int,
        max_pending: int,
        initializer: Callable[[], None] | None = None,
    ) -> None:
        self._executor = ThreadPoolExecutor(threads, name, initializer)
        self._gate = Gate(max_pending)

    @property
    def pending(self) -> int:
        """How many calls run or wait."""
        return self._gate.inside

    async def run(self, call: Callable[[], Result]) -> Result:
        """Await `call()` made on a thread of the pool.

        Raises:
            Overloaded: `max_pending` calls are pending.
        """
        with self._gate.enter():
            return await asyncio.get_running_loop().run_in_executor(self._executor, call)

    def close(self) -> None:
        """Wait for what runs, drop what waits."""
        self._executor.shutdown(cancel_futures=True)
