"""Several services, each with a folder of its own, on one PostgreSQL: killed, cut off, compared."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import threading
import time
import uuid
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.support.live_service import KEY, Place
from tests.support.live_shop import fields
from tests.support.postgres import database, postgres_that_stops
from tests.support.running_service import running_service
from twinset.store.postgres_connection import connection

pytestmark = pytest.mark.faults
HEADERS = {"Authorization": f"Bearer {KEY}"}
CLIENTS = 4
Shop = dict[str, dict[str, Any]]


class Replica:
    """One service; it is killed and started again on the same folder."""

    def __init__(self, place: Place, store: str) -> None:
        self._place, self._store = place, store
        self._stack = contextlib.ExitStack()
        self.url = ""

    def start(self) -> None:
        environment = {"TWINSET_ADMIN_KEY": KEY, "TWINSET_STORE": self._store}
        places = (self._place.encoder, self._place.index)
        client, self._process = self._stack.enter_context(
            running_service(*places, environment=environment)
        )
        self.url = str(client.base_url)

    def kill(self) -> None:
        self.url = ""
        os.kill(self._process.pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        self._stack.close()


class Client(threading.Thread):
    """Writes to ids of its own through any replica; repeats a call until it is acknowledged."""

    def __init__(self, number: int, replicas: list[Replica], count: int) -> None:
        super().__init__()
        self._prefix, self._replicas, self._count = f"c{number}-", replicas, count
        self._random = Random(number)
        self.shop: Shop = {}
        self.acknowledged = 0

    def run(self) -> None:
        for _ in range(self._count):
            item_id = f"{self._prefix}{self._random.randrange(12)}"
            item = {n: v for n, v in fields(self._random, 200).items() if v is not None}
            if item_id in self.shop and self._random.random() < 0.2:
                self._send("DELETE", item_id, None)
                del self.shop[item_id]
            else:
                self._send("PUT", item_id, item)
                self.shop[item_id] = item
            self.acknowledged += 1

    def _send(self, method: str, item_id: str, item: dict[str, Any] | None) -> None:
        headers = {**HEADERS, "Idempotency-Key": uuid.uuid4().hex}
        while True:
            url = self._random.choice(self._replicas).url
            if not url:
                time.sleep(0.05)
                continue
            try:
                answer = httpx.request(
                    method, f"{url}/items/{item_id}", json=item, headers=headers, timeout=30
                )
            except httpx.TransportError:
                continue
            if answer.status_code in (200, 201, 204):
                return
            assert answer.status_code in (429, 503), answer.text


def shown(url: str, shop: Shop) -> dict[str, Any]:
    """What a service says of every id that a client ever wrote, and of a query."""
    with httpx.Client(base_url=url, timeout=30) as client:
        said = {item_id: client.get(f"/items/{item_id}").json() for item_id in sorted(shop)}
        found = client.post("/recommend/by-text", json={"query": "red dress", "limit": 50}).json()
    return {
        "items": {
            item_id: answer.get("item", answer.get("code")) for item_id, answer in said.items()
        },
        "found": [(hit["id"], hit["score"]) for hit in found["items"]],
    }


def places(place: Place, folder: Path, count: int) -> list[Place]:
    return [
        Place(place.encoder, Path(shutil.copytree(place.index, folder / f"index{n}")))
        for n in range(count)
    ]


def test_replicas_that_are_killed_lose_nothing_and_agree(
    place: Place, tmp_path: Path, postgres_server: str, full: bool
) -> None:
    count, kills, writes = (5, 40, 2500) if full else (3, 1, 40)
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(database(postgres_server))
        replicas = [Replica(p, store) for p in places(place, tmp_path, count)]
        for replica in replicas:
            replica.start()
            stack.callback(replica.close)
        clients = [Client(number, replicas, writes) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for victim in replicas * kills:
            time.sleep(0.3)
            victim.kill()
            victim.start()
        for client in clients:
            client.join()
        time.sleep(1.0)  # within which all answer alike
        everything = {f"c{n}-{m}": {} for n in range(CLIENTS) for m in range(12)}
        answers = [shown(replica.url, everything) for replica in replicas]
        assert all(answer == answers[0] for answer in answers[1:])
        expected = {item_id: item for client in clients for item_id, item in client.shop.items()}
        for item_id in everything:
            said = answers[0]["items"][item_id]
            if item_id not in expected:
                assert said == "not_found"
            else:
                assert {n: said.get(n) for n in expected[item_id]} == expected[item_id]
        with connection(store) as connected:
            (logged,) = connected.execute("SELECT count(*) FROM twinset_log").fetchone()
        assert logged == sum(client.acknowledged for client in clients)


def test_while_postgres_is_away_reading_goes_on_and_writing_waits(
    place: Place, tmp_path: Path, full: bool
) -> None:
    with postgres_that_stops() as server, database(server.get_uri()) as store:
        first, second = (Replica(p, store) for p in places(place, tmp_path, 2))
        with contextlib.closing(first), contextlib.closing(second):
            first.start()
            second.start()
            assert put(first.url, "before").status_code == 201
            server.stop()
            ends = time.monotonic() + (60 if full else 6)
            while time.monotonic() < ends:
                for replica in (first, second):
                    assert httpx.get(f"{replica.url}/items/p1/similar").status_code == 200
                    refused = put(replica.url, "meanwhile")
                    assert refused.status_code == 503
                    assert refused.json()["code"] == "not_ready"
            server.start()
            wait_until(lambda: put(first.url, "after").status_code == 201)
            wait_until(lambda: httpx.get(f"{second.url}/items/after").status_code == 200)
            assert httpx.get(f"{second.url}/items/before").status_code == 200
            assert httpx.get(f"{second.url}/items/meanwhile").status_code == 404
            assert put(second.url, "again").status_code == 201


def put(url: str, item_id: str) -> httpx.Response:
    return httpx.put(f"{url}/items/{item_id}", json={"title": "hat"}, headers=HEADERS, timeout=30)


def wait_until(holds: Any, within_s: float = 15) -> None:
    latest = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < latest
        time.sleep(0.1)
