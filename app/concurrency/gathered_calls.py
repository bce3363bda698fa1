"""Small calls that come together run together: one hand-over to a thread instead of one each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

Result = TypeVar("Result")
Call = Callable[[], Any]
Outcomes = list[Any]


class GatheredCalls:
    """Collects the calls of one turn of the event loop, and runs them in at most `parts` groups.

    `run` awaits one call on a bounded pool, such as `BoundedPool.run`. To hand a call to a thread
    and to wake the event loop after it costs as much as a search. Used from one event loop.

    Example:
        >>> calls = GatheredCalls(pool.run, parts=2)
        >>> rows = await asyncio.gather(*(calls.run(search) for search in searches))
    """

    def __init__(self, run: Callable[[Call], Awaitable[Outcomes]], parts: int) -> None:
        self._run, self._parts = run, parts
        self._waiting: list[tuple[Call, asyncio.Future[Any]]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, call: Callable[[], Result]) -> Result:
        """Await `call()`.

        Raises:
            Overloaded: the pool takes no more work.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._start)
        self._waiting.append((call, future))
        return await future

    def _start(self) -> None:
        waiting, self._waiting = self._waiting, []
        for first in range(min(self._parts, len(waiting))):
            task = asyncio.ensure_future(self._run_group(waiting[first :: self._parts]))
            self._tasks.add(task)  # the event loop itself keeps only weak references
            task.add_done_callback(self._tasks.discard)

    async def _run_group(self, group: Sequence[tuple[Call, asyncio.Future[Any]]]) -> None:
        try:
            outcomes = await self._run(partial(_outcomes, [call for call, _ in group]))
        except Exception as error:
            outcomes = [error] * len(group)
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if future.done():  # its caller has gone
                continue
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


def _outcomes(calls: Sequence[Call]) -> Outcomes:
    """What each call returns or raises."""
    found: Outcomes = []
    for call in calls:
        try:
            found.append(call())
        except Exception as error:
            found.append(error)
    return found
