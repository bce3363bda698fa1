"""Percentiles by minute, against the sorted times themselves."""

from __future__ import annotations

import itertools
import math
import random

import httpx
import pytest

from app.observability.load_history import MINUTES, LoadHistory
from tests.support.live_service import Place, serving


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("seed", range(5))
def test_percentiles_are_those_of_the_times(seed: int) -> None:
    chance, load = random.Random(seed), LoadHistory(Clock())
    times = [chance.lognormvariate(-4 + seed, 1.2) for _ in range(chance.choice([1, 7, 500]))]
    for seconds in times:
        load.note(seconds, 200)
    times.sort()
    for share in (0.5, 0.95, 0.99):
        exact = times[max(1, math.ceil(share * len(times))) - 1]
        assert load.hour().percentile(share) == pytest.approx(exact, rel=0.05)


def test_each_minute_is_counted_for_an_hour() -> None:
    clock = Clock()
    load = LoadHistory(clock)
    assert load.hour().percentile(0.5) is None
    for minute in range(90):
        for status in (200, 404, 503):
            load.note(0.01 * (minute + 1), status)
        clock.now += 60
    minutes = load.minutes()
    assert len(minutes) == MINUTES
    assert [one.requests for one in minutes] == [3] * (MINUTES - 1) + [0]
    assert [b.began - a.began for a, b in itertools.pairwise(minutes)] == [60] * 59
    assert (load.hour().errors_4xx, load.hour().errors_5xx) == (59, 59)
    clock.now += 7200
    assert load.hour().requests == 0


@pytest.mark.parametrize("seconds", [0.0, 1e-9, 0.00025, 31.0, 1e6])
def test_no_time_is_too_short_or_too_long(seconds: float) -> None:
    load = LoadHistory(Clock())
    load.note(seconds, 0)
    found = load.hour().percentile(0.99)
    assert found is not None
    assert 0 < found < 60


def test_the_service_counts_what_people_ask_and_not_the_operators_page(place: Place) -> None:
    with serving(place) as client:
        for _ in range(3):
            client.get("/items/p1")
        client.get("/items/none")
        client.get("/livez")
        report: httpx.Response = client.get("/load")
        assert client.get("/load").json()["hour"]["requests"] == 4
    hour = report.json()["hour"]
    assert (hour["requests"], hour["errors_4xx"], hour["errors_5xx"]) == (4, 1, 0)
    assert 0 < hour["p50_ms"] <= hour["p95_ms"] <= hour["p99_ms"]
    assert sum(one["requests"] for one in report.json()["minutes"]) == 4
