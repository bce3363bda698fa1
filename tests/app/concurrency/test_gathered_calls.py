"""Calls of one turn of the event loop run in few groups."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.concurrency.gathered_calls import GatheredCalls
from app.service_errors import Overloaded


class Pool:
    """Runs a call at once, and notes how many calls of others it held."""

    def __init__(self, full: bool = False) -> None:
        self.groups: list[int] = []
        self._full = full

    async def run(self, call: Callable[[], list[Any]]) -> list[Any]:
        if self._full:
            raise Overloaded
        outcomes = call()
        self.groups.append(len(outcomes))
        return outcomes


def test_calls_that_come_together_run_in_as_many_groups_as_there_are_parts() -> None:
    async def ask() -> tuple[list[int], list[int]]:
        pool = Pool()
        calls = GatheredCalls(pool.run, parts=2)
        first = await asyncio.gather(*(calls.run(lambda n=n: n * n) for n in range(7)))
        await calls.run(lambda: 0)
        return first, pool.groups

    found, groups = asyncio.run(ask())
    assert found == [n * n for n in range(7)]
    assert groups == [4, 3, 1]


def test_one_error_is_its_callers_own() -> None:
    async def ask() -> list[Any]:
        calls = GatheredCalls(Pool().run, parts=1)
        works: list[Callable[[], Any]] = [lambda: 1, lambda: 1 / 0, lambda: 3]
        return await asyncio.gather(*map(calls.run, works), return_exceptions=True)

    first, error, last = asyncio.run(ask())
    assert (first, last) == (1, 3)
    assert isinstance(error, ZeroDivisionError)


def test_a_full_pool_refuses_each() -> None:
    async def ask() -> list[Any]:
        calls = GatheredCalls(Pool(full=True).run, parts=1)
        return await asyncio.gather(
            calls.run(lambda: 1), calls.run(lambda: 2), return_exceptions=True
        )

    assert [type(error) for error in asyncio.run(ask())] == [Overloaded, Overloaded]


def test_a_caller_that_has_gone_is_passed_over() -> None:
    async def ask() -> int:
        calls = GatheredCalls(Pool().run, parts=1)
        gone = asyncio.ensure_future(calls.run(lambda: 1))
        stays = asyncio.ensure_future(calls.run(lambda: 2))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        return await stays

    assert asyncio.run(ask()) == 2
