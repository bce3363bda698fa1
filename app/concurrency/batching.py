"""Dynamic batching: many requests, one call of the model, no waiting when idle."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from app.service_errors import Overloaded

Input = TypeVar("Input")
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class _Job(Generic[Input]):
    value: Input
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Vector]
    deadline: float


class Batcher(Generic[Input]):
    """Runs `encode` on a thread of its own, over whatever is waiting when the thread is free.

    A lone request is encoded at once; while one batch runs, the next one collects, so that batches
    grow with load and no timer is needed. `encode` maps n inputs to (n, d). At most `max_queue`
    inputs wait, and none for longer than `max_wait_s`: by then its client has most likely gone.

    Example:
        >>> batcher = Batcher(encoder.encode_texts, max_batch=16, max_queue=64)
        >>> vector = await batcher.submit("red dress")
    """

    def __init__(
        self,
        encode: Callable[[Sequence[Input]], Vector],
        max_batch: int,
        max_queue: int,
        max_wait_s: float = 60.0,
    ) -> None:
        self._encode = encode
        self._max_batch = max_batch
        self._queue: queue.Queue[_Job[Input] | None] = queue.Queue(max_queue)
        self._max_wait_s = max_wait_s
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="batcher", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many inputs wait for the model."""
        return self._queue.qsize()

    async def submit(self, value: Input, deadline: float | None = None) -> Vector:
        """The embedding (d,) of one input, if its batch starts before `deadline` (monotonic clock).

        Raises:
            Overloaded: the queue is full, or the input waited too long.
        """
        loop = asyncio.get_running_loop()
        latest = deadline or time.monotonic() + self._max_wait_s
        job = _Job(value, loop, loop.create_future(), latest)
        try:
            self._queue.put_nowait(job)
        except queue.Full:
            raise Overloaded from None
        return await job.future

    def close(self) -> None:
        """Finish what is queued, then stop the thread."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (batch := self._next_batch()) is not None:
            now = time.monotonic()
            for job in batch:
                if job.deadline < now:
                    _answer(job, Overloaded())
            wanted = [job for job in batch if job.deadline >= now and not job.future.cancelled()]
            if wanted:
                self._run(wanted)

    def _next_batch(self) -> list[_Job[Input]] | None:
        first = None if self._closing else self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < self._max_batch:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._closing = True  # after this batch
                break
            batch.append(job)
        return batch

    def _run(self, batch: list[_Job[Input]]) -> None:
        try:
            rows = self._encode([job.value for job in batch])
        except Exception as error:
            if len(batch) == 1:
                _answer(batch[0], error)
                return
            # One input must not fail its neighbours.
            for job in batch:
                self._run([job])
            return
        for job, row in zip(batch, rows, strict=True):
            _answer(job, row)


def _answer(job: _Job[Input], outcome: Vector | Exception) -> None:
    def settle() -> None:
        if job.future.done():  # its caller has gone
            return
        if isinstance(outcome, Exception):
            job.future.set_exception(outcome)
        else:
            job.future.set_result(outcome)

    try:
        job.loop.call_soon_threadsafe(settle)
    except RuntimeError:
        return  # the loop was closed while the model ran
