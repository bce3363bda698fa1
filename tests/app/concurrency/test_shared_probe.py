"""The shared readiness probe."""

from __future__ import annotations

import asyncio

import pytest

from app.concurrency.shared_probe import SharedProbe
from twinset.errors import NotReady


def test_those_who_ask_at_once_share_a_run() -> None:
    runs = 0

    async def probe() -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(0.01)

    async def ask() -> None:
        shared = SharedProbe()
        await asyncio.gather(*(shared.run(probe) for _ in range(50)))
        assert runs == 1
        await shared.run(probe)  # a later one is not told of the past

    asyncio.run(ask())
    assert runs == 2


def test_all_of_them_hear_of_a_failure_and_the_next_one_tries_again() -> None:
    outcomes = [NotReady("no"), None]

    async def probe() -> None:
        await asyncio.sleep(0)
        if (error := outcomes.pop(0)) is not None:
            raise error

    async def ask() -> list[object]:
        shared = SharedProbe()
        answers = await asyncio.gather(
            *(shared.run(probe) for _ in range(3)), return_exceptions=True
        )
        await shared.run(probe)
        return list(answers)

    assert all(isinstance(answer, NotReady) for answer in asyncio.run(ask()))


def test_one_who_leaves_does_not_end_it_for_the_others() -> None:
    async def probe() -> None:
        await asyncio.sleep(0.02)

    async def ask() -> None:
        shared = SharedProbe()
        leaver = asyncio.create_task(shared.run(probe))
        await asyncio.sleep(0)
        other = asyncio.create_task(shared.run(probe))
        await asyncio.sleep(0)
        leaver.cancel()
        await other

    asyncio.run(ask())


def test_a_probe_that_hangs_is_not_ready() -> None:
    async def probe() -> None:
        await asyncio.sleep(60)

    with pytest.raises(NotReady, match="in time"):
        asyncio.run(SharedProbe(timeout=0.01).run(probe))
