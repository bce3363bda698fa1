"""Writes events and searches to their file in groups: one commit for all that wait."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.service_errors import Overloaded
from twinset.errors import TwinsetError
from twinset.events.event_store import Event, Events, Search, as_of

logger = logging.getLogger("twinset.events")
Result = TypeVar("Result")
MAX_WAITING = 1000
_GROUP = 200
_PRUNE_S = 3600.0


@dataclass
class _Job:
    events: Sequence[Event] = ()
    searches: Sequence[Search] = ()
    read: Callable[[Events], Any] | None = None
    done: Future[Any] = field(default_factory=Future)


class EventWriter:
    """The one thread of a process that has the event file open.

    An event is on the disk when `write` returns. A search is noted and written with what comes
    next: if the process is killed in between, the search is lost and its events are not.
    """

    def __init__(self, open_store: Callable[[], Events]) -> None:
        self._jobs: queue.Queue[_Job | None] = queue.Queue(MAX_WAITING)
        self._open_store = open_store
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    async def write(self, events: Sequence[Event]) -> None:
        """Keep events, with the time of now.

        Raises:
            Overloaded: too many wait.
            StorageFull, NotReady: see `Events`.
        """
        job = _Job(events=as_of(events, int(time.time())))
        self._put(job)
        await asyncio.wrap_future(job.done)

    def note(self, search: Search) -> None:
        """Keep a search soon; forgotten if too many wait, since an answer matters more."""
        try:
            self._jobs.put_nowait(_Job(searches=(search,)))
        except queue.Full:
            logger.warning("a search was not counted: too many wait")

    async def read(self, report: Callable[[Events], Result]) -> Result:
        """What `report` makes of the store, which holds all that was written before."""
        job = _Job(read=report)
        self._put(job)
        result: Result = await asyncio.wrap_future(job.done)
        return result

    def close(self) -> None:
        """Write what waits, and end."""
        self._jobs.put(None)
        self._thread.join(timeout=10)

    def _put(self, job: _Job) -> None:
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            raise Overloaded from None

    def _run(self) -> None:
        store: Events | None = None
        pruned = 0.0
        running = True
        while running:
            group, running = self._next_group()
            try:
                store = store or self._open_store()
                self._append(store, group)
                if time.monotonic() - pruned > _PRUNE_S:
                    pruned = time.monotonic()
                    store.prune()
            except Exception as error:
                self._fail(group, error)
        if store is not None:
            store.close()

    def _next_group(self) -> tuple[list[_Job], bool]:
        """What waits, at least one job, and False if the thread shall end after it."""
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if job.read is not None or len(group) == _GROUP or self._jobs.empty():
                return group, True
            job = self._jobs.get()
        return group, False

    def _append(self, store: Events, group: Sequence[_Job]) -> None:
        events = [event for job in group for event in job.events]
        searches = [search for job in group for search in job.searches]
        if events or searches:
            store.append(events, searches)
        for job in group:
            result = None if job.read is None else job.read(store)
            job.done.set_result(result)

    def _fail(self, group: Sequence[_Job], error: Exception) -> None:
        if not isinstance(error, TwinsetError):
            logger.exception("events could not be kept")
        for job in group:
            if not job.done.done():
                job.done.set_exception(error)
