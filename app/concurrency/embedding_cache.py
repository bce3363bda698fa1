"""Embeddings made once: cached by content, and shared by requests that ask at the same time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

Vector = NDArray[np.float32]
# Hashed in about a tenth of a millisecond.
_SHORT_BYTES = 128 * 1024


@dataclass
class _Flight:
    """One running encode and how many requests await it."""

    task: asyncio.Task[Vector]
    waiting: int = 0


async def digest(data: bytes) -> bytes:
    """The SHA-256 of `data`; if there is much of it, hashed on a thread so that the event loop goes
    on."""
    if len(data) <= _SHORT_BYTES:
        return hashlib.sha256(data).digest()
    return (await asyncio.to_thread(hashlib.sha256, data)).digest()


class EmbeddingCache:
    """The last `size` embeddings by key, with single-flight: concurrent requests share one encode.

    A key stands for everything that decides an embedding: the content and how it is prepared.
    `count` is called with "hit", "shared" or "miss" for each request. Used from one event loop.

    Example:
        >>> cache = EmbeddingCache(2048, count=lambda outcome: None)
        >>> vector = await cache.get("red dress", encode)
    """

    def __init__(self, size: int, count: Callable[[str], None]) -> None:
        self._kept: LRUCache[Hashable, Vector] = LRUCache(size)
        self._flights: dict[Hashable, _Flight] = {}
        self._count = count

    @property
    def kept(self) -> int:
        """How many embeddings are held."""
        return len(self._kept)

    async def get(self, key: Hashable, encode: Callable[[], Awaitable[Vector]]) -> Vector:
        """The embedding (d,) of `key`, read-only; `encode` makes it if it is neither kept nor on
        its way.

        Requests that share an encode also share its error, which is not kept. The encode runs on as
        long as any request awaits it and is cancelled when the last one has gone.
        """
        kept: Vector | None = self._kept.get(key)
        if kept is not None:
            self._count("hit")
            return kept
        flight = self._flights.get(key)
        self._count("miss" if flight is None else "shared")
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(self._make(key, encode)))
        return await self._await(key, flight)

    async def _make(self, key: Hashable, encode: Callable[[], Awaitable[Vector]]) -> Vector:
        try:
            vector = np.array(await encode())  # a copy: a row of a batch would keep all of it
            vector.flags.writeable = False
            self._kept[key] = vector
            return vector
        finally:
            if (flight := self._flights.get(key)) and flight.task is asyncio.current_task():
                del self._flights[key]

    async def _await(self, key: Hashable, flight: _Flight) -> Vector:
        flight.waiting += 1
        try:
            # The shield keeps one caller's end from being the end of all.
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                flight.task.cancel()
                # Whoever comes now must not wait for what is being cancelled.
                self._flights.pop(key, None)
