"""Index versions that machines with folders of their own share: by a folder, and by fsspec."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from index_builder import publish
from index_builder.build import BuildOptions
from tests.support.further_versions import STAGED, newer
from tests.support.live_service import COUNT, Place, serving
from tests.support.live_shop import ENCODER, products
from tests.support.postgres import database, postgres_tool
from tests.support.raw_client import check
from twinset.artefacts import in_use
from twinset.errors import ArtefactError, Conflict, NotFound, NotReady
from twinset.index.encoder_store import keep_encoder
from twinset.index.index_versions import (
    current_version,
    earlier_version,
    go_back,
    history,
    open_version,
    set_current,
)
from twinset.index.shared.version_files import (
    fetch_version,
    join_line,
    missing_versions,
    remove_unshared,
)
from twinset.index.shared.version_line import list_versions, shared_line
from twinset.store.file_storage import FolderStorage
from twinset.store.postgres_connection import connection


@pytest.fixture(params=["folder", "fsspec"])
def machines(
    request: pytest.FixtureRequest,
    place: Place,
    postgres_server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[tuple[Place, Place]]:
    """Two machines: the first has an index, the second nothing yet."""
    address = str(tmp_path / "files")
    monkeypatch.setenv(
        "TWINSET_FILES", address if request.param == "folder" else f"file://{address}"
    )
    (tmp_path / "files").mkdir()
    with database(postgres_server) as store:
        monkeypatch.setenv("TWINSET_STORE", store)
        join_line(place.index)
        yield place, Place(place.encoder, tmp_path / "other" / "index")


def blobs(tmp_path: Path) -> dict[str, int]:
    return {p.name: p.stat().st_ino for p in (tmp_path / "files").rglob("*") if p.is_file()}


def test_a_machine_that_joins_gets_what_is_live(
    machines: tuple[Place, Place], tmp_path: Path
) -> None:
    first, second = machines
    live = current_version(first.index)
    assert current_version(second.index) == live
    assert missing_versions(second.index) == [live]
    there, here = open_version(first.index), open_version(second.index)
    assert here.items.item(3) == there.items.item(3)
    assert here.images.read(3) == there.images.read(3)
    assert (here.index.vector(5) == there.index.vector(5)).all()
    assert missing_versions(second.index) == []


def test_versions_share_what_is_equal_and_pruning_removes_the_rest(
    machines: tuple[Place, Place], tmp_path: Path
) -> None:
    first, second = machines
    one = current_version(first.index)
    open_version(second.index)
    before = blobs(tmp_path)
    two = newer(first, products(COUNT), BuildOptions(keep=5))  # the same pictures
    packs = [path.name for path in (first.index / one).glob("pictures-*.bin")]
    assert packs
    assert sorted(p.name for p in (first.index / two).glob("pictures-*.bin")) == sorted(packs)
    new = set(blobs(tmp_path)) - set(before)
    assert packs[0].removeprefix("pictures-").removesuffix(".bin") in before
    assert len(new) < len(before)
    fetch_version(second.index, two)
    inodes = {(second.index / name / packs[0]).stat().st_ino for name in (one, two)}
    assert len(inodes) == 1  # linked on the machine as well
    three = newer(first, products(COUNT - 1), BuildOptions(keep=2))
    line = shared_line()
    assert line is not None
    assert line.shared_names() == list_versions(first.index) == [two, three]
    remove_unshared(second.index)
    assert list_versions(second.index) == [two]
    fetch_version(second.index, three)
    assert open_version(second.index).count == COUNT - 1


def tables() -> list[str]:
    """The versions whose table is in PostgreSQL, as their tables are named."""
    sql = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'twinset_2%'"
    with connection(os.environ["TWINSET_STORE"]) as connected:
        return sorted(name for (name,) in connected.execute(sql).fetchall())


def table_of(version: str) -> str:
    return "twinset_" + version.replace("-", "_").lower()


in_a_folder = pytest.mark.parametrize("machines", ["folder"], indirect=True)


@in_a_folder
def test_a_fetch_that_was_killed_or_is_at_work_costs_no_table(
    machines: tuple[Place, Place],
) -> None:
    first, second = machines
    live = newer(first, products(COUNT), BuildOptions("pgvector"))
    second.index.mkdir(parents=True)
    left, used = (second.index / f".{live}.{n}.tmp" for n in ("0f0f0f0f", "1f1f1f1f"))
    for staging in (left, used):
        staging.mkdir()
        shutil.copy(first.index / live / "pgvector.json", staging)
    with in_use(used):
        newer(second, products(COUNT - 1), STAGED)
        assert not left.exists()
        assert used.exists()
    assert tables() == [table_of(live)]
    assert open_version(second.index).count == COUNT


@in_a_folder
def test_what_cannot_be_shared_is_taken_back(
    machines: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = machines
    live = current_version(first.index)

    def unanswered(*_: Any) -> None:
        raise NotReady("no answer")

    def made_but_unanswered(*arguments: Any) -> None:
        set_current(*arguments)
        raise NotReady("no answer")

    for step in ("share_version", "set_current"):
        with monkeypatch.context() as patch:
            patch.setattr(publish, step, unanswered)
            with pytest.raises(NotReady, match="no answer"):
                newer(first, products(COUNT), BuildOptions("pgvector"))
        assert list_versions(first.index) == [live]
        assert missing_versions(first.index) == tables() == []
    with monkeypatch.context() as patch:
        patch.setattr(publish, "set_current", made_but_unanswered)
        with pytest.raises(NotReady, match="no answer"):
            newer(first, products(COUNT), BuildOptions("pgvector"))
    assert current_version(first.index) != live
    assert open_version(first.index).count == COUNT


@in_a_folder
def test_a_storage_that_fills_up_keeps_nothing_of_what_did_not_fit(
    machines: tuple[Place, Place], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = machines
    before = blobs(tmp_path)
    put, room = FolderStorage.put, iter(range(3))

    def with_room(storage: FolderStorage, sha: str, path: Path) -> None:
        if next(room, None) is None:
            raise NotReady("no room")
        put(storage, sha, path)

    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "put", with_room)
        with pytest.raises(NotReady, match="no room"):
            newer(first, products(COUNT - 1), BuildOptions())
    assert blobs(tmp_path) == before
    assert open_version(second.index).count == COUNT


@in_a_folder
def test_a_table_goes_though_the_service_beside_removes_the_folder(
    machines: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = machines
    one = newer(first, products(COUNT), BuildOptions("pgvector"))
    forget = publish.forget_version

    def beside_a_service(name: str) -> None:
        forget(name)
        remove_unshared(first.index)

    def killed(name: str) -> None:
        forget(name)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publish, "forget_version", beside_a_service)
        two = newer(first, products(COUNT), BuildOptions("pgvector", keep=1))
    assert tables() == [table_of(two)] != [table_of(one)]
    with monkeypatch.context() as patch:
        patch.setattr(publish, "forget_version", killed)
        with pytest.raises(KeyboardInterrupt):
            newer(first, products(COUNT), BuildOptions("pgvector", keep=1))
    assert len(tables()) == 2
    three = newer(first, products(COUNT), BuildOptions("pgvector", keep=1))
    assert tables() == [table_of(three)]


def test_a_machine_that_only_serves_keeps_nothing_of_what_is_gone(
    machines: tuple[Place, Place], tmp_path: Path
) -> None:
    first, second = machines
    ENCODER.save(tmp_path / "kept")
    one = newer(first, products(COUNT), BuildOptions(encoder=tmp_path / "kept"))
    fetch_version(second.index, one)
    assert len(list((second.index / "encoders").iterdir())) == 1
    newer(first, products(COUNT), BuildOptions(keep=1))
    (second.index / f".{one}.unshared").mkdir()  # as a worker leaves it that is killed
    (second.index / f".{one}.unshared" / "items.parquet").touch()
    remove_unshared(second.index)
    kept = {path.name for path in second.index.iterdir() if path.is_dir()}
    assert kept == {"encoders"}
    assert list((second.index / "encoders").iterdir()) == []


@in_a_folder
def test_a_build_at_work_keeps_its_encoder(machines: tuple[Place, Place], tmp_path: Path) -> None:
    first, _ = machines
    ENCODER.save(tmp_path / "kept")
    gone = first.index / "20200101T000000Z-00000000"
    gone.mkdir()
    (gone / ".shared").touch()
    with publish.building_alone(first.index):
        keep_encoder(first.index, tmp_path / "kept")
        remove_unshared(first.index)
        assert not gone.exists()
    assert len(list((first.index / "encoders").iterdir())) == 1


def test_damage_on_the_way_is_noticed_and_mended(
    machines: tuple[Place, Place], tmp_path: Path
) -> None:
    first, second = machines
    name = current_version(first.index)
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(ArtefactError, match="checksum"):
        open_version(second.index)
    assert list_versions(second.index) == []
    shutil.rmtree(tmp_path / "files")
    (tmp_path / "files").mkdir()
    with pytest.raises(ArtefactError, match="not in the shared files"):
        open_version(second.index)
    (first.index / name / ".shared").unlink()
    set_current(first.index, name)  # shares it anew
    assert open_version(second.index).count == COUNT


def test_the_line_is_one_for_all_machines(machines: tuple[Place, Place]) -> None:
    first, second = machines
    one = current_version(first.index)
    two = newer(first, products(COUNT + 1), STAGED)
    assert current_version(second.index) == one
    set_current(second.index, two, instead_of=one)
    assert history(first.index) == history(second.index) == [two, one]
    with pytest.raises(Conflict):
        set_current(first.index, one, instead_of=one)
    with pytest.raises(NotFound):
        set_current(first.index, "20990101T000000Z-00000000")
    assert earlier_version(second.index) == one
    go_back(second.index, one)
    assert history(first.index) == [one]
    with pytest.raises(Conflict):
        earlier_version(first.index)


def test_an_encoder_travels_with_its_version(machines: tuple[Place, Place], tmp_path: Path) -> None:
    first, second = machines
    ENCODER.save(tmp_path / "kept")
    newer(first, products(COUNT), BuildOptions(encoder=tmp_path / "kept"))
    with serving(Place(tmp_path / "no-encoder", second.index)) as client:
        assert client.get("/readyz").status_code == 200


def test_synonyms_that_are_set_on_one_machine_count_on_all(machines: tuple[Place, Place]) -> None:
    first, second = machines
    with serving(first) as client, serving(second) as other:
        lines = {"lines": ["cape, poncho"]}
        assert client.put("/synonyms", json=lines).json()["source"] == "live"
        wait_until(lambda: other.get("/synonyms").json()["lines"] == lines["lines"])
        assert other.delete("/synonyms").json()["source"] == "default"
        wait_until(lambda: client.get("/synonyms").json()["source"] == "default")


def test_a_service_that_starts_while_the_store_is_away_waits_for_it(
    machines: tuple[Place, Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = machines
    store = os.environ["TWINSET_STORE"]
    monkeypatch.setenv("TWINSET_STORE", "postgresql://127.0.0.1:1/none?connect_timeout=1")
    with serving(second) as client:
        check(client.get("/readyz"), 503, "not_ready")
        assert client.get("/livez").status_code == 200
        monkeypatch.setenv("TWINSET_STORE", store)
        wait_until(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/items").json()["total"] == COUNT
    # What is live is noted in the folder too, so that a copy of it is whole by itself.
    monkeypatch.delenv("TWINSET_STORE")
    assert open_version(second.index).count == COUNT


def wait_until(holds: Callable[[], bool]) -> None:
    latest = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < latest
        time.sleep(0.02)


def test_a_restored_store_serves_what_was_saved(
    machines: tuple[Place, Place],
    postgres_server: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As docs/operations.md says it: a dump, the files, and a service with an empty folder."""
    first, second = machines
    with serving(first) as client:
        assert client.put("/items/kept", json={"title": "velvet cape"}).status_code == 201
        assert client.delete("/items/p3").status_code == 200
    dump = tmp_path / "twinset.dump"
    postgres_tool("pg_dump", "--format=custom", f"--file={dump}", os.environ["TWINSET_STORE"])
    saved = shutil.copytree(tmp_path / "files", tmp_path / "saved")
    with database(postgres_server) as restored:
        postgres_tool("pg_restore", "--no-owner", f"--dbname={restored}", str(dump))
        monkeypatch.setenv("TWINSET_STORE", restored)
        monkeypatch.setenv("TWINSET_FILES", str(saved))
        with serving(second) as client:
            assert client.get("/items/kept").status_code == 200
            assert client.get("/items/p3").status_code == 404
            assert client.get("/items").json()["total"] == COUNT
            assert client.put("/items/more", json={"title": "hat"}).status_code == 201
