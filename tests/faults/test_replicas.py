"""Several services, each with a folder of its own, on one PostgreSQL: killed, cut off, compared."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from index_builder.build import BuildOptions
from tests.support.asking import Asking
from tests.support.live_service import COUNT, Place
from tests.support.live_shop import ENCODER, build, fields, products
from tests.support.postgres import database, postgres_that_stops
from tests.support.replicas import HEADERS, Replica, shown
from twinset.index.index_versions import current_version
from twinset.index.shared.version_line import list_versions
from twinset.store.postgres_connection import connection
from twinset.store.postgres_line import PostgresLine

pytestmark = pytest.mark.faults
CLIENTS, IDS = 4, 12
# Services, how often each is killed, and writes of each client, in the full form.
SIZE = tuple(map(int, os.environ.get("TWINSET_REPLICA_SIZE", "5 40 2500").split()))
Shop = dict[str, dict[str, Any]]


class Client(threading.Thread):
    """Writes to ids of its own through any replica; repeats a call until it is acknowledged."""

    def __init__(self, number: int, replicas: list[Replica], count: int) -> None:
        super().__init__(daemon=True)  # so that a test that fails ends
        self._prefix, self._replicas, self._count = f"c{number}-", replicas, count
        self._random = Random(number)
        self.shop: Shop = {}
        self.acknowledged = 0

    def run(self) -> None:
        for _ in range(self._count):
            item_id = f"{self._prefix}{self._random.randrange(IDS)}"
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
                time.sleep(0.05)
                continue
            if answer.status_code in (200, 201, 204):
                return
            assert answer.status_code in (429, 503), answer.text


@contextlib.contextmanager
def replicas_of(
    place: Place, store: str, count: int, **environment: str
) -> Iterator[list[Replica]]:
    """Services that run; only the first machine has an index folder, the others fetch it."""
    folder = place.index.parent
    places = [Place(place.encoder, folder / f"machine{n}" / "index") for n in range(1, count)]
    replicas = [Replica(p, store, folder / "files", **environment) for p in (place, *places)]
    (folder / "files").mkdir()
    with contextlib.ExitStack() as stack:
        for replica in replicas:
            stack.callback(replica.close)
            replica.start()
        yield replicas


def all_alike(replicas: list[Replica], ids: list[str], within_s: float) -> dict[str, Any]:
    """What all services say, which is the same at the latest `within_s` after the last write."""
    latest = time.monotonic() + within_s
    while True:
        answers = [shown(replica.url, ids) for replica in replicas]
        late = time.monotonic() > latest
        if all(answer == answers[0] for answer in answers[1:]):
            return answers[0]
        assert not late
        time.sleep(0.1)


@pytest.mark.long
def test_replicas_that_are_killed_lose_nothing_and_agree(
    place: Place, postgres_server: str, full: bool, figures: dict[str, object]
) -> None:
    """Nothing is lost or written twice, and each item is embedded once, whichever service shows it.

    Writes are folded meanwhile: by one service, and the others fetch the version.
    """
    count, kills, writes = SIZE if full else (3, 1, 30)
    # The bar is a second; beside other programs it takes as long as those let it.
    within_s = 1 if full else 30
    compacting = {"TWINSET_COMPACT_SHARE": "0.2", "TWINSET_COMPACT_LEAST": "30"}
    with (
        database(postgres_server) as store,
        replicas_of(place, store, count, **compacting) as replicas,
    ):
        before = current_version(place.index)
        clients = [Client(number, replicas, writes) for number in range(CLIENTS)]
        started = time.monotonic()
        for client in clients:
            client.start()
        for victim in replicas * kills:
            time.sleep(0.3)
            victim.kill()
            victim.start()
        for client in clients:
            client.join()
        ids = [f"c{n}-{m}" for n in range(CLIENTS) for m in range(IDS)]
        said = all_alike(replicas, ids, within_s)["items"]
        expected = {item_id: item for client in clients for item_id, item in client.shop.items()}
        for item_id in ids:
            if item_id not in expected:
                assert said[item_id] == "not_found"
            else:
                held = {name: said[item_id].get(name) for name in expected[item_id]}
                assert held == expected[item_id]
        with connection(store) as connected:
            (logged,) = connected.execute("SELECT count(*) FROM twinset_log").fetchone()
            (distinct,) = connected.execute("SELECT count(*) FROM twinset_vectors").fetchone()
        acknowledged = sum(client.acknowledged for client in clients)
        assert logged == acknowledged
        # A kill can lose what was embedded and not written yet: one item for each of its writers.
        embedded = sum(replica.embedded + replica.embedded_now() for replica in replicas)
        assert embedded <= distinct + CLIENTS * count * kills
        figures |= {"writes": acknowledged, "kills": count * kills, "embedded": embedded}
        figures |= {"of contents": distinct, "s": time.monotonic() - started}
        wait_until(lambda: history_of(store)[0] != before, 60)
        folded = history_of(store)[0]
        wait_until(lambda: shown(replicas[-1].url, [])["model"]["index"] == folded)
        assert all_alike(replicas, ids, within_s)["items"] == said


def history_of(store: str) -> list[str]:
    return PostgresLine(store).names()


class Reader(Asking):
    """Asks in two ways."""

    def _ask(self, client: httpx.Client) -> None:
        fields = {"limit": 50, "filter": "EXISTS gender"}
        if self._number % 2:
            answer = client.get("/items/p7/similar", params=fields)
        else:
            answer = client.post("/recommend/by-text", json={"query": "red dress", **fields})
        body = answer.json()
        found = {item["item"]["gender"] for item in body.get("items", [])}
        if answer.status_code != 200 or found != {self._editions[body["model"]["index"]]}:
            self.faults.append((answer.status_code, found, body.get("model")))


def test_switches_and_rollbacks_of_all_replicas_under_load(
    tmp_path: Path, postgres_server: str, full: bool, figures: dict[str, object]
) -> None:
    place = Place(tmp_path / "shop" / "encoder", tmp_path / "shop" / "index")
    editions = {}
    for gender in ("Women", "Men"):
        rows = [{**row, "gender": gender} for row in products(COUNT)]
        build(tmp_path / "shop", rows, options=BuildOptions(activate=gender == "Women"))
        editions[list_versions(place.index)[-1]] = gender
    ENCODER.save(place.encoder)
    first, second = editions
    count, wanted = (5, 100_000) if full else (2, 60)
    with (
        database(postgres_server) as store,
        replicas_of(place, store, count) as replicas,
        httpx.Client(headers=HEADERS, timeout=60) as client,
    ):
        readers = [Reader(replica.url, editions, n) for n, replica in enumerate(replicas * 2)]
        for reader in readers:
            reader.start()
        switches = 0
        while switches < 4 or sum(reader.answers for reader in readers) < wanted:
            chosen = replicas[switches % count]
            path = "rollback" if switches % 2 else f"{second}/activate?force=true"
            assert client.post(f"{chosen.url}/indexes/{path}").status_code == 200
            live = first if switches % 2 else second
            assert all_alike(replicas, ["p1"], 1 if full else 30)["model"]["index"] == live
            switches += 1
        for reader in readers:
            reader.stop.set()
        for reader in readers:
            reader.join()
        assert [fault for reader in readers for fault in reader.faults] == []
        figures |= {"switches": switches, "answers": sum(r.answers for r in readers)}


def test_while_postgres_is_away_reading_goes_on_and_writing_waits(place: Place, full: bool) -> None:
    with (
        postgres_that_stops() as server,
        database(server.get_uri()) as store,
        replicas_of(place, store, 2) as (first, second),
    ):
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
