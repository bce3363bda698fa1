"""Swaps under load, a full disk, and two workers.

`TWINSET_VERSION_SWAPS` and `TWINSET_SWAP_ITEMS` set the size; `make faults` asks for 50 and 30000.
"""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pytest

from app.state import State
from index_builder.build import BuildOptions, build_index
from tests.support.asking import Asking
from tests.support.live_service import KEY, Place
from tests.support.live_shop import picture
from tests.support.made_embeddings import write_embeddings
from tests.support.raw_client import check
from tests.support.running_service import memory_mb, peak_memory_mb, running_service
from tests.support.small_shop import Server
from twinset.catalogue import CatalogueWriter
from twinset.encoders import HashEncoder
from twinset.encoders.encoder import ItemVectors, normalise
from twinset.index.shared.version_line import list_versions

SWAPS = int(os.environ.get("TWINSET_VERSION_SWAPS", "10"))
ITEMS = int(os.environ.get("TWINSET_SWAP_ITEMS", "3000"))
ENCODER = HashEncoder(128)
HEADERS = {"Authorization": f"Bearer {KEY}"}


def build_edition(folder: Path, edition: str) -> None:
    """A version whose every item says which edition it belongs to."""
    catalogue = folder / f"{edition}.parquet"
    ids = [f"p{number}" for number in range(ITEMS)]
    with CatalogueWriter(catalogue, {"edition": pa.string()}, None) as writer:
        for item_id in ids:
            writer.write({"id": item_id, "title": f"item {item_id}", "edition": edition})
    rows = np.random.default_rng(len(edition)).standard_normal((ITEMS, ENCODER.dimension))
    vectors = normalise(rows.astype(np.float32))
    write_embeddings(
        folder / f"emb-{edition}", ids, ItemVectors(0 * vectors, vectors, vectors), ENCODER
    )
    options = BuildOptions(activate=edition == "a")
    build_index(folder / f"emb-{edition}", catalogue, folder / "index", options)


class Load(Asking):
    """Asks in three ways."""

    def _ask(self, client: httpx.Client) -> None:
        fields = {"limit": 50, "filter": "EXISTS edition"}
        match self._number % 3:
            case 0:
                answer = client.post("/recommend/by-text", json={"query": "item p7", **fields})
            case 1:
                answer = client.get(f"/items/p{self.answers % 1000}/similar", params=fields)
            case _:
                answer = client.get("/items", params=fields)
        body = answer.json()
        found = {item["item"]["edition"] for item in body.get("items", [])}
        if answer.status_code != 200 or found != {self._editions[body["model"]["index"]]}:
            self.faults.append((answer.status_code, found, body.get("model")))


def test_swaps_under_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINSET_ADMIN_KEY", KEY)
    # The version before is kept for its cursors: its vectors, and as much again for its fields.
    kept = 2 * ITEMS * ENCODER.dimension * 4 / 2**20
    ENCODER.save(tmp_path / "encoder")
    for edition in ("a", "bb"):
        build_edition(tmp_path, edition)
    names = list_versions(tmp_path / "index")
    editions = dict(zip(names, ("a", "bb"), strict=True))
    with running_service(tmp_path / "encoder", tmp_path / "index") as (client, process):
        loads = [Load(str(client.base_url), editions, number) for number in range(4)]
        for load in loads:
            load.start()
        time.sleep(1)
        before = memory_mb(process)
        listed = {"limit": 1, "filter": "EXISTS edition"}
        cursor = client.get("/items", params=listed).json()["page"]["cursor"]
        for number in range(SWAPS):
            path = f"/indexes/{names[(number + 1) % 2]}/activate"
            assert client.post(path, headers=HEADERS, timeout=120).status_code == 200
        during = peak_memory_mb(process)
        for load in loads:
            load.stop.set()
        for load in loads:
            load.join()
        time.sleep(0.5)
        after = memory_mb(process)
        page = client.get("/items", params={**listed, "cursor": cursor}).json()
    assert [fault for load in loads for fault in load.faults] == []
    assert sum(load.answers for load in loads) >= SWAPS
    print(f"memory before {before:.0f} MB, peak {during:.0f} MB, after {after:.0f} MB")
    assert during <= 2.2 * before + kept
    assert after <= 1.1 * before + kept
    assert page["model"]["index"] == names[0]


def test_two_workers_find_a_new_item_by_its_image_within_a_second(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWINSET_ADMIN_KEY", KEY)
    with running_service(place.encoder, place.index, "--workers", 2) as (client, _):
        url = str(client.base_url)
        for seed in (901, 902, 903):
            item = {"title": "new", "image": base64.b64encode(picture(seed)).decode()}
            assert client.put(f"/items/n{seed}", json=item, headers=HEADERS).status_code == 201
            time.sleep(1)
            for _ in range(12):  # a connection each, so that both workers are asked
                answer = httpx.post(f"{url}/recommend/by-image", files={"image": picture(seed)})
                assert answer.json()["items"][0]["id"] == f"n{seed}"


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    folder.mkdir()
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def try_writes(client: httpx.Client) -> list[int]:
    """Statuses of writes that bring new bytes each: one of an item, one of a picture, a batch."""
    item: dict[str, Any] = {"title": "x" * 15_000, "image": base64.b64encode(picture(1)).decode()}
    line = '{"op": "put", "id": "full-b", "item": {"title": "' + "y" * 15_000 + '"}}'
    kind = {"Content-Type": "application/x-ndjson"}
    answers = [
        client.put("/items/full-a", json=item),
        client.patch("/items/p1", json={"description": "z" * 15_000}),
        client.post("/items/batch", content=line, headers=kind),
    ]
    for answer in answers:
        if answer.status_code >= 400:
            check(answer, 507, "storage_full")
    return [answer.status_code for answer in answers]


def check_full_and_free(state: State, fill: Any, free: Any) -> None:
    with Server(state) as address, httpx.Client(base_url=address, headers=HEADERS) as client:
        assert client.put("/items/before", json={"title": "hat"}).status_code == 201
        fill()
        assert try_writes(client) == [507, 507, 507]
        for path in ("/items", "/items/before", "/items/p0/similar", "/readyz", "/facets"):
            assert client.get(path).status_code == 200
        assert client.get("/items/full-a").status_code == 404
        free()
        assert try_writes(client) == [201, 200, 200]
        assert client.get("/items/full-a").status_code == 200
    with Server(State(state.settings)) as address:
        assert httpx.get(f"{address}/items/full-b").status_code == 200


def test_a_full_disk(place: Place, tmp_path: Path) -> None:
    """On a file system of two megabytes that a file fills up."""
    with small_disk(tmp_path / "disk", 2):
        subprocess.run(["cp", "-R", place.index, tmp_path / "disk"], check=True)
        here = Place(place.encoder, tmp_path / "disk" / "index")
        filler = tmp_path / "disk" / "filler"

        def fill() -> None:
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(512))

        check_full_and_free(State(here.settings()), fill, filler.unlink)


def test_a_full_database(place: Place) -> None:
    """SQLite's own limit stands in for the disk where none can be mounted."""
    state = State(place.settings())

    def limit(pages: int) -> None:
        assert state.live is not None
        assert state.live.log is not None
        state.live.log._writer.execute(f"PRAGMA max_page_count = {pages}")

    check_full_and_free(state, lambda: limit(1), lambda: limit(1_000_000))
