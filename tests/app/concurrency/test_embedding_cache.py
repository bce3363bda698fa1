"""Sharing embeddings: what is kept, what is shared, and who may be cancelled."""

from __future__ import annotations

import asyncio
from collections import Counter

import numpy as np
import pytest

from app.concurrency.embedding_cache import EmbeddingCache, Vector


class Encoder:
    """Counts its runs; each ends when `free` is set."""

    def __init__(self) -> None:
        self.runs = 0
        self.cancelled = 0
        self.free = asyncio.Event()
        self.error: Exception | None = None

    async def __call__(self) -> Vector:
        self.runs += 1
        number = self.runs
        try:
            await self.free.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.error is not None:
            raise self.error
        return np.full(3, number, np.float32)


def make(size: int = 2) -> tuple[EmbeddingCache, Counter[str], Encoder]:
    counts: Counter[str] = Counter()

    def count(outcome: str) -> None:
        counts[outcome] += 1

    return EmbeddingCache(size, count), counts, Encoder()


def test_requests_at_one_time_share_one_encode() -> None:
    async def run() -> None:
        shared, counts, encode = make()
        tasks = [asyncio.create_task(shared.get("a", encode)) for _ in range(5)]
        await asyncio.sleep(0)
        encode.free.set()
        rows = await asyncio.gather(*tasks)
        assert encode.runs == 1
        assert all((row == 1).all() for row in rows)
        assert counts == {"miss": 1, "shared": 4}
        await shared.get("a", encode)
        assert (encode.runs, counts["hit"]) == (1, 1)

    asyncio.run(run())


def test_the_first_caller_may_be_cancelled_without_failing_the_others() -> None:
    async def run() -> None:
        shared, _, encode = make()
        first, second = (asyncio.create_task(shared.get("a", encode)) for _ in range(2))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        encode.free.set()
        assert (await second == 1).all()
        assert first.cancelled()
        assert (encode.runs, encode.cancelled) == (1, 0)

    asyncio.run(run())


def test_nobody_left_cancels_the_encode_and_the_next_caller_starts_anew() -> None:
    async def run() -> None:
        shared, counts, encode = make()
        only = asyncio.create_task(shared.get("a", encode))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        only.cancel()
        await asyncio.sleep(0)
        encode.free.set()
        assert (await shared.get("a", encode) == 2).all()
        assert (encode.runs, encode.cancelled) == (2, 1)
        assert counts == {"miss": 2}

    asyncio.run(run())


def test_an_error_reaches_all_who_share_it_and_is_not_kept() -> None:
    async def run() -> None:
        shared, _, encode = make()
        encode.error = ValueError("no")
        encode.free.set()
        answers = await asyncio.gather(
            *(shared.get("a", encode) for _ in range(3)), return_exceptions=True
        )
        assert [type(answer) for answer in answers] == [ValueError] * 3
        encode.error = None
        assert (await shared.get("a", encode) == 2).all()

    asyncio.run(run())


def test_the_least_recently_used_is_dropped_first() -> None:
    async def run() -> None:
        shared, counts, encode = make(2)
        encode.free.set()
        for key in ("a", "b", "a", "c", "a", "b"):
            await shared.get(key, encode)
        assert shared.kept == 2
        assert counts == {"miss": 4, "hit": 2}  # b is made twice

    asyncio.run(run())


def test_what_is_shared_cannot_be_written_to_and_owns_its_memory() -> None:
    async def run() -> None:
        shared, _, _ = make()
        batch = np.ones((4, 3), np.float32)

        async def encode() -> Vector:
            return batch[1]

        vector = await shared.get("a", encode)
        assert vector.base is None
        with pytest.raises(ValueError, match="read-only"):
            vector[0] = 2

    asyncio.run(run())
