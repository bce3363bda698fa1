"""Index versions under a running service: compared, made live, gone back from, folded."""

from __future__ import annotations

import re
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from app.live.version_switch import Versions
from index_builder import fold_writes as compact
from index_builder.build import BuildOptions, build_index
from index_builder.fold_writes import compact_index
from tests.support.further_versions import STAGED, newer
from tests.support.live_service import COUNT, Place, serving
from tests.support.live_shop import (
    ENCODER,
    build,
    embed,
    picture,
    products,
    random_write,
    write,
    write_catalogue,
)
from tests.support.made_embeddings import write_embeddings
from tests.support.raw_client import check
from tests.support.running_service import twinset
from twinset.encoders import HashEncoder
from twinset.errors import ArtefactError, Conflict
from twinset.index import encoder_store
from twinset.index.index_versions import (
    current_version,
    go_back,
    history,
    open_version,
    set_current,
)
from twinset.index.shared.version_line import list_versions
from twinset.live import write_log
from twinset.live.catch_up import Embedder, catch_up, start
from twinset.live.merged_version import merge_version
from twinset.live.write_log import Entry, WriteLog


def options_before_writes(**more: Any) -> BuildOptions:
    return replace(STAGED, as_of=datetime(2020, 1, 1, tzinfo=UTC), **more)


def activate(client: httpx.Client, version: str, **query: Any) -> httpx.Response:
    return client.post(f"/indexes/{version}/activate", params=query)


def model(client: httpx.Client) -> dict[str, str]:
    answer = client.post("/recommend/by-text", json={"query": "hat"}).json()
    return dict(answer["model"])


def wait_for(client: httpx.Client, version: str) -> None:
    deadline = time.monotonic() + 5  # a second where nothing else runs
    while model(client)["index"] != version:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_staged_version_goes_live_and_back(place: Place) -> None:
    first = current_version(place.index)
    second = newer(place, products(COUNT + 5), STAGED)
    assert current_version(place.index) == first
    with serving(place) as client, serving(place, admin_key=None) as replica:
        body = activate(client, second).json()
        assert body["version"] == second
        assert body["comparison"]["candidate"]["items"] == COUNT + 5
        assert body["comparison"]["questions"] == COUNT
        assert body["comparison"]["live"]["precision_at_10"] is not None
        assert model(client)["index"] == second
        wait_for(replica, second)
        assert replica.get("/items").json()["total"] == COUNT + 5
        assert activate(client, second).json()["comparison"] is None
        assert client.post("/indexes/rollback").json()["version"] == first
        assert model(client)["index"] == first
        wait_for(replica, first)
        check(client.post("/indexes/rollback"), 409, "conflict")
        live = {v["version"]: v["live"] for v in client.get("/indexes").json()["versions"]}
        assert live == {first: True, second: False}


def test_a_build_goes_live_in_a_running_service(place: Place) -> None:
    with serving(place, admin_key=None) as client:
        wait_for(client, newer(place, products(COUNT - 3), BuildOptions()))
        assert client.get("/items").json()["total"] == COUNT - 3


def test_a_version_of_half_a_shop_is_refused_unless_forced(place: Place) -> None:
    half = newer(place, products(COUNT // 3), STAGED)
    before = current_version(place.index)
    with serving(place) as client:
        body = check(activate(client, half), 409, "worse_candidate")
        assert f"{COUNT // 3} items, not {COUNT}" in body["detail"]
        assert current_version(place.index) == before
        assert activate(client, half, force=True).status_code == 200
        assert current_version(place.index) == half


def test_comparison_sees_a_worse_encoder(place: Place) -> None:
    """Vectors of noise put an item of any category beside any other."""
    rows = [{**row, "title": row["gender"], "description": None} for row in products(COUNT)]
    rows = [{**row, "image": None} for row in rows]
    sound = newer(place, rows, STAGED)
    noise = [{**row, "title": f"w{n}"} for n, row in enumerate(rows)]
    bad = newer(place, noise, STAGED)
    with serving(place) as client:
        assert activate(client, sound).json()["comparison"]["candidate"]["precision_at_10"] > 0.9
        body = check(activate(client, bad), 409, "worse_candidate")
        assert "precision@10" in body["detail"]
        assert model(client)["index"] == sound


def test_unknown_and_damaged_versions_are_refused(place: Place) -> None:
    second = newer(place, products(COUNT), STAGED)
    file = place.index / second / "index.faiss"
    file.write_bytes(file.read_bytes()[:-1])
    first = current_version(place.index)
    with serving(place) as client:
        check(activate(client, "20260101T000000Z-00000000"), 404)
        check(activate(client, "..%2F.."), 404)
        check(activate(client, "x"), 422)
        body = check(activate(client, second, force=True), 409, "conflict")
        assert "index.faiss" in body["detail"]
        assert model(client)["index"] == first
        # Nor does a worker follow to it when somebody else makes it live.
        set_current(place.index, second)
        time.sleep(0.6)
        assert model(client)["index"] == first
        assert client.put("/items/n1", json={"title": "hat"}).status_code == 201
        assert client.get("/items/n1").status_code == 200


def test_a_second_switch_at_a_time_is_409(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    second = newer(place, products(COUNT), STAGED)
    begun, go_on = threading.Event(), threading.Event()
    switch = Versions.activate

    def slowly(self: Versions, version: str, force: bool, who: str) -> object:
        begun.set()
        go_on.wait(30)
        return switch(self, version, force, who)

    monkeypatch.setattr(Versions, "activate", slowly)
    with serving(place) as client, ThreadPoolExecutor(1) as pool:
        first = pool.submit(activate, client, second)
        begun.wait(30)
        check(activate(client, second), 409, "conflict")
        check(client.post("/indexes/rollback"), 409, "conflict")
        assert client.get("/items").status_code == 200
        go_on.set()
        assert first.result().status_code == 200
        assert client.post("/indexes/rollback").status_code == 200


def test_live_writes_survive_a_switch_where_they_are_newer(place: Place) -> None:
    with serving(place) as client:
        client.put("/items/n1", json={"title": "velvet cape"})
        client.patch("/items/p1", json={"price": 77})
        client.patch("/items/p39", json={"price": 78})
        client.delete("/items/p2")
        rows = [{**row, "title": "from the new feed"} for row in products(COUNT)][:39]
        older = newer(place, rows, options_before_writes())
        later = newer(place, rows, STAGED)
        assert activate(client, older, force=True).status_code == 200
        item = client.get("/items/p1").json()["item"]
        assert (item["price"], item["title"]) == (77, "from the new feed")
        assert client.get("/items/n1").status_code == 200
        check(client.get("/items/p2"), 404)
        check(client.get("/items/p39"), 404)  # the feed dropped it, a patch does not bring it back
        # A catalogue that was taken after the writes holds them, or what became of them.
        assert activate(client, later, force=True).status_code == 200
        assert client.get("/items/p1").json()["item"]["price"] == products(COUNT)[1]["price"]
        check(client.get("/items/n1"), 404)
        assert client.get("/items/p2").status_code == 200
        client.post("/indexes/rollback")
        assert client.get("/items/n1").status_code == 200


def test_an_encoder_comes_with_its_version_or_the_version_stays_out(
    place: Place, tmp_path: Path
) -> None:
    other = HashEncoder(48)
    other.save(tmp_path / "other")
    with serving(place) as client, serving(place, admin_key=None) as replica:
        client.put("/items/n1", json={"title": "velvet cape"})
        alone = newer(place, products(COUNT), options_before_writes(), other)
        body = check(activate(client, alone, force=True), 409)
        assert "another encoder" in body["detail"]
        assert model(client)["version"] == "hash-32"
        both = newer(
            place, products(COUNT), options_before_writes(encoder=tmp_path / "other"), other
        )
        assert activate(client, both, force=True).status_code == 200
        assert model(client)["version"] == "hash-48"
        wait_for(replica, both)
        assert model(replica)["version"] == "hash-48"
        # The live item was embedded anew.
        found = replica.post("/recommend/by-text", json={"query": "velvet cape"}).json()["items"]
        assert (found[0]["id"], round(found[0]["score"], 4)) == ("n1", 1.0)
        client.post("/indexes/rollback")
        assert model(client)["version"] == "hash-32"
        set_current(place.index, both)
    with serving(place) as client:  # with the old encoder on the command line
        assert model(client)["version"] == "hash-48"
        assert client.get("/readyz").status_code == 200


def test_a_build_refuses_an_encoder_that_made_other_embeddings(tmp_path: Path) -> None:
    HashEncoder(16).save(tmp_path / "other")
    with pytest.raises(ArtefactError, match=r"encoder\.json"):
        build(tmp_path, products(5), options=BuildOptions(encoder=tmp_path / "other"))


def test_kept_encoders_go_with_their_last_version(tmp_path: Path) -> None:
    encoders = []
    for dimension in (16, 24, 32):
        encoder = HashEncoder(dimension)
        encoder.save(tmp_path / f"encoder-{dimension}")
        options = BuildOptions(keep=2, encoder=tmp_path / f"encoder-{dimension}")
        index = build(tmp_path, products(5), encoder, options)
        encoders.append(encoder.fingerprint)
    kept = [encoder_store.kept_encoder(index, fingerprint) for fingerprint in encoders]
    assert kept[0] is None
    assert None not in kept[1:]


def test_history_goes_back_past_what_was_pruned(place: Place) -> None:
    names = [current_version(place.index)]
    names += [newer(place, products(COUNT), BuildOptions(keep=9)) for _ in range(3)]
    assert history(place.index) == names[::-1]
    shutil.rmtree(place.index / names[2])
    with pytest.raises(Conflict):
        go_back(place.index, names[0])
    go_back(place.index, names[1])
    assert history(place.index) == [names[1], names[0]]
    with pytest.raises(Conflict):
        set_current(place.index, names[3], instead_of=names[3])


@pytest.mark.parametrize("kind", ["exact", "hnsw", "ivf"])
def test_folding_changes_no_answer(tmp_path: Path, kind: str) -> None:
    rows = products(120)
    index = build(tmp_path, rows, options=BuildOptions(kind, min_recall=0))
    ENCODER.save(tmp_path / "encoder")
    log, random = WriteLog(index), Random(11)
    for number in range(60):
        write(log, *random_write(random, rows, number))
    report = compact_index(tmp_path / "encoder", index, 3)
    assert report is not None
    assert (report.kind, report.count) == (kind, len(rows))
    assert compact_index(tmp_path / "encoder", index, 3) is None
    version = open_version(index)
    overlay = catch_up(start(version, log), Embedder(ENCODER, log))
    assert merge_version(overlay, log) is version
    vectors = embed(rows).item
    for row, item in enumerate(rows):
        held = version.items.item(row)
        assert held == {name: value for name, value in item.items() if name != "image"}
        image = version.images.read(row)
        assert (None if image is None else image.data) == item["image"]
        assert abs(version.index.vector(row) - vectors[row]).max() < 2e-3
    assert log.entries(0) != []  # the version before needs them still


def test_folded_writes_are_forgotten_when_no_version_needs_them(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_log, "KEPT_DAYS", -1)
    log = WriteLog(place.index)
    for price in (1.0, 2.0, 3.0):
        write(log, Entry("p1", "patch", {"price": price}))
        write(log, Entry(f"n{price}", "put", {"title": "hat"}), picture(int(price)))
        assert compact_index(place.encoder, place.index, 2) is not None
    assert [entry.fields.get("price") for entry in log.entries(0) if entry.id == "p1"] == [3.0]
    assert log.sequence == 6


def test_a_fold_never_undoes_a_switch(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    other = newer(place, products(COUNT), STAGED)
    write(WriteLog(place.index), Entry("p1", "patch", {"price": 1.0}))
    versions = list_versions(place.index)

    def switch_meanwhile(*arguments: Any) -> Any:
        set_current(place.index, other)
        return build_version(*arguments)

    build_version = compact.write_version
    monkeypatch.setattr(compact, "write_version", switch_meanwhile)
    with pytest.raises(Conflict):
        compact_index(place.encoder, place.index, 3)
    assert current_version(place.index) == other
    assert list_versions(place.index) == versions


@pytest.fixture
def shop_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with packages of a shop's own that have names of ours."""
    folder = tmp_path / "django"
    for name in ("app", "core", "twinset", "index_builder"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('the shop\\'s own code ran')")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("shop_folder")
def test_a_service_folds_many_writes_by_itself(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "twinset.live")
    before = current_version(place.index)
    with serving(place, compact_least=8) as client:
        for number in range(10):
            client.patch(f"/items/p{number}", json={"price": number + 0.5})
        deadline = time.monotonic() + 60
        while model(client)["index"] == before:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert client.get("/indexes").json()["writes"]["changed"] <= 2
        for number in range(10):
            assert client.get(f"/items/p{number}").json()["item"]["price"] == number + 0.5
        info = client.get("/indexes").json()["versions"][0]
        assert info["folded_from"] == before
        while "compaction ended with 0" not in caplog.messages:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert any(re.match(r"compaction: items +40 of", line) for line in caplog.messages)


def test_the_commands(tmp_path: Path) -> None:
    rows = products(12)
    catalogue = write_catalogue(tmp_path / "c.parquet", rows)
    write_embeddings(tmp_path / "emb", [row["id"] for row in rows], embed(rows), ENCODER)
    ENCODER.save(tmp_path / "encoder")
    places = ("--embeddings", tmp_path / "emb", "--catalog", catalogue, "--out", tmp_path / "index")
    build_index(tmp_path / "emb", catalogue, tmp_path / "index", BuildOptions())
    more = ("--no-activate", "--encoder", tmp_path / "encoder", "--as-of", "2026-01-02T03:04:05Z")
    assert "not live yet" in twinset("build", *places, *more).stdout
    folders = ("--encoder", tmp_path / "encoder", "--index", tmp_path / "index")
    assert "no live writes" in twinset("compact", *folders).stdout
    versions = list_versions(tmp_path / "index")
    manifest = open_version(tmp_path / "index", versions[-1]).manifest
    assert manifest["live"] == {"as_of": "2026-01-02T03:04:05+00:00"}
    assert current_version(tmp_path / "index") == versions[0]
