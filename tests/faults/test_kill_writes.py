"""kill -9 at random moments of a write stream: nothing acknowledged is lost, nothing invented.

`TWINSET_FAULT_ROUNDS` sets how often; `make faults` asks for 200.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

import httpx
import pytest

from tests.support.live_service import COUNT, KEY, Place
from tests.support.live_shop import fields
from tests.support.running_service import running_service
from twinset.live.write_log import LOG_FILE

ROUNDS = int(os.environ.get("TWINSET_FAULT_ROUNDS", "4"))
CLIENTS = 3
READY_WITHIN_S = 10.0
Shop = dict[str, dict[str, Any]]


class Stream(threading.Thread):
    """One caller that writes to ids of its own, one request after the other.

    `known` is what the acknowledged writes made; `doubt` what the request at hand would make of
    it, which may or may not have been stored when the service dies.
    """

    def __init__(self, number: int, base_url: str, known: Shop, random: Random) -> None:
        super().__init__()
        self._prefix, self._url = f"c{number}-", base_url
        self.known, self._random = known, random
        self.doubt: Shop = known
        self.answers = 0

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        try:
            with httpx.Client(base_url=self._url, headers=headers, timeout=30) as client:
                while True:
                    self._write(client)
        except httpx.TransportError:
            pass

    def _write(self, client: httpx.Client) -> None:
        operations = [self._operation() for _ in range(self._random.choice((1, 1, 1, 8)))]
        then = dict(self.known)
        for operation, item_id, item in operations:
            if operation == "delete":
                then.pop(item_id, None)
            elif operation == "put":
                then[item_id] = {"title": "", **item}
            elif item_id in then:
                then[item_id] = {**then[item_id], **item}
        self.doubt = then
        if len(operations) == 1:
            operation, item_id, item = operations[0]
            body = {} if operation == "delete" else {"json": item}
            answer = client.request(operation.upper(), f"/items/{item_id}", **body)
            assert answer.status_code in (200, 201, 404), answer.text
        else:
            lines = (
                {"op": o, "id": i, **({} if o == "delete" else {"item": d})}
                for o, i, d in operations
            )
            body = "\n".join(json.dumps(line) for line in lines)
            kind = {"Content-Type": "application/x-ndjson"}
            answer = client.post("/items/batch", content=body, headers=kind)
            assert answer.status_code == 200, answer.text
        self.known = then
        self.answers += 1

    def _operation(self) -> tuple[str, str, dict[str, Any]]:
        item_id = f"{self._prefix}{self._random.randrange(30)}"
        operation = self._random.choice(("put", "put", "patch", "delete"))
        item = {n: v for n, v in fields(self._random, 40).items() if v is not None}
        if operation == "patch":
            item = {"price": float(self._random.randrange(100)), "available": True}
        return operation, item_id, item


def all_items(client: httpx.Client) -> Iterator[tuple[str, dict[str, Any]]]:
    for offset in range(0, 1000, 100):
        page = client.get("/items", params={"limit": 100, "offset": offset}).json()
        for entry in page["items"]:
            item = {n: v for n, v in entry["item"].items() if v is not None and n != "image_url"}
            yield entry["id"], item


def check(client: httpx.Client, streams: list[Stream]) -> None:
    """Every item is as acknowledged, or as the one request in doubt made it; take over which."""
    listed = list(all_items(client))
    shop = dict(listed)
    assert len(shop) == len(listed), "an item is listed twice"
    for stream in streams:
        held = {i: item for i, item in shop.items() if i.startswith(stream._prefix)}
        assert held in (stream.known, stream.doubt)
        stream.known = held
        for item_id in held:
            shop.pop(item_id)
    assert set(shop) == {f"p{number}" for number in range(COUNT)}
    check_search(client, {item_id for item_id, _ in listed})


def check_search(client: httpx.Client, ids: set[str]) -> None:
    """Searching finds the items that are listed, each once, and no other."""
    fields = {"query": "dress", "limit": 100, "filter": "EXISTS id", "same": "all"}
    pages = [
        client.post("/recommend/by-text", json={**fields, "offset": offset}).json()
        for offset in range(0, len(ids) + 1, 100)
    ]
    found = [item["id"] for page in pages for item in page["items"]]
    assert len(found) == len(ids)
    assert set(found) == ids
    assert pages[-1]["page"]["exhausted"]


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_acknowledged_is_lost(
    place: Place, monkeypatch: pytest.MonkeyPatch, workers: int, figures: dict[str, object]
) -> None:
    monkeypatch.setenv("TWINSET_ADMIN_KEY", KEY)
    figures |= kill_and_check(place, Random(workers), workers, 0.5)


@pytest.mark.long
def test_nothing_acknowledged_is_lost_over_milvus(
    milvus_place: Place, monkeypatch: pytest.MonkeyPatch, figures: dict[str, object]
) -> None:
    """Long enough that writes are applied: deaths meet that, too."""
    monkeypatch.setenv("TWINSET_ADMIN_KEY", KEY)
    applied = partial(last_applied, milvus_place)
    figures |= kill_and_check(milvus_place, Random(3), 1, 5, applied)
    figures["applied up to write"] = last_applied(milvus_place)
    assert last_applied(milvus_place) > 0


def last_applied(place: Place) -> int:
    """Up to which write Milvus holds the items, as the log says it."""
    with contextlib.closing(sqlite3.connect(place.index / LOG_FILE)) as log:
        rows = log.execute("SELECT value FROM meta WHERE name LIKE 'applied:%'").fetchall()
    return max((int(row[0]) for row in rows), default=0)


def kill_and_check(
    place: Place,
    random: Random,
    workers: int,
    longest_s: float,
    reached: Callable[[], int] = lambda: 1,
) -> dict[str, object]:
    """Half of `ROUNDS` deaths, each after up to `longest_s` of writes, the last one not before
    something is `reached`; gives what was measured."""
    known: list[Shop] = [{} for _ in range(CLIENTS)]
    streams: list[Stream] = []
    answers, slowest = 0, 0.0
    for left in reversed(range((ROUNDS + 1) // 2)):
        started = time.monotonic()
        options = ("--workers", workers)
        with running_service(place.encoder, place.index, *options) as (client, process):
            slowest = max(slowest, time.monotonic() - started)
            check(client, streams)
            known = [stream.known for stream in streams] or known
            url = str(client.base_url)
            streams = [Stream(n, url, shop, random) for n, shop in enumerate(known)]
            for stream in streams:
                stream.start()
            while not any(stream.answers for stream in streams):
                time.sleep(0.01)  # however busy the machine is
            time.sleep(random.uniform(0, longest_s))
            deadline = time.monotonic() + 60
            while not left and not reached() and time.monotonic() < deadline:
                time.sleep(0.05)
            kill_all(process.pid)
            for stream in streams:
                stream.join()
            answers += sum(stream.answers for stream in streams)
    with running_service(place.encoder, place.index) as (client, _):
        check(client, streams)
    assert answers >= ROUNDS
    if ROUNDS >= 200:  # a short run shares its machine with others
        assert slowest <= READY_WITHIN_S
    return {"acknowledged writes": answers, "slowest start, s": slowest}


def kill_all(pid: int) -> None:
    """kill -9 a process and its children, the process first so that it restarts none."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        children = [int(child) for child in file.read().split()]
    for target in (pid, *children):
        os.kill(target, signal.SIGKILL)
