"""Damaged artefacts: refused by name before they are opened; what runs is not disturbed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.recommender import check_artefacts
from app.settings import Settings
from app.state import State
from core.embeddings import open_embeddings
from core.errors import ArtefactError
from core.index.store import current_version, list_versions, open_version, set_current
from tests.app.conftest import Server
from tests.faults.conftest import Artefacts
from tests.service import running_service, twinset

pytestmark = pytest.mark.faults
FLIPS = 64


@pytest.fixture
def copies(plain_shop: Artefacts, tmp_path: Path) -> Artefacts:
    encoder, index = plain_shop
    shutil.copytree(encoder, tmp_path / "encoder")
    shutil.copytree(index, tmp_path / "index")
    return tmp_path / "encoder", tmp_path / "index"


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def damages(data: bytes, number: int) -> Iterator[bytes]:
    """`number` flips of one bit at random places, and four truncations."""
    generator = random.Random(len(data))
    for _ in range(number):
        damaged = bytearray(data)
        damaged[generator.randrange(len(data))] ^= 1 << generator.randrange(8)
        yield bytes(damaged)
    for length in {0, 1, len(data) // 2, len(data) - 1}:
        yield data[:length]


def test_every_damage_of_served_files_is_refused(copies: Artefacts, full: bool) -> None:
    encoder, index = copies
    check_artefacts(encoder, index)
    for path in files_of(encoder) + files_of(index):
        good = path.read_bytes()
        for data in damages(good, FLIPS if full else 4):
            path.write_bytes(data)
            try:
                check_artefacts(encoder, index)
            except ArtefactError as error:
                # A flip in CURRENT may name a version that is not there; else the file is named.
                assert path.name in str(error) or path.name in ("CURRENT", "manifest.json", "encoder.json")  # fmt: skip
            else:
                # A manifest has bytes that mean nothing: a flipped space, a longer note.
                assert path.name in ("manifest.json", "encoder.json", "CURRENT"), path.name
        path.write_bytes(good)
    check_artefacts(encoder, index)


def test_every_damage_of_embeddings_is_refused(plain_shop: Artefacts, full: bool) -> None:
    folder = plain_shop[1].parent / "emb"
    open_embeddings(folder)
    for path in files_of(folder):
        good = path.read_bytes()
        try:
            for data in damages(good, FLIPS if full else 4):
                path.write_bytes(data)
                if path.name == "manifest.json":
                    continue
                with pytest.raises(ArtefactError, match=path.name):
                    open_embeddings(folder)
        finally:
            path.write_bytes(good)


def test_a_running_service_is_not_disturbed(copies: Artefacts) -> None:
    encoder, index = copies
    with running_service(encoder, index) as (client, _):
        before = client.get("/items/p1/similar").json()["items"]
        for path in files_of(index) + files_of(encoder):
            if path.name == "images.bin":
                continue  # read on demand; replaced below, as a file system repair would
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        shutil.rmtree(index)
        assert client.get("/items/p1/similar").json()["items"] == before
        assert client.get("/items/p1/image").status_code == 200
        assert client.get("/readyz").status_code == 200


def test_a_damaged_start_names_the_file(copies: Artefacts) -> None:
    encoder, index = copies
    path = index / current_version(index) / "items.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    result = twinset("serve", "--encoder", encoder, "--index", index, check=False)
    assert result.returncode == 1
    assert "items.parquet" in result.stderr
    # Where the service is started otherwise, it runs and says so itself.
    with Server(State(Settings(encoder=encoder, index=index))) as address:
        body = httpx.get(f"{address}/readyz").json()
        assert (body["status"], body["code"]) == (503, "invalid_artefact")
        assert "items.parquet" in body["detail"]
        assert httpx.get(f"{address}/livez").status_code == 200


def test_going_back_to_the_version_before_serves_it(copies: Artefacts) -> None:
    encoder, index = copies
    good = current_version(index)
    bad = "29991231T235959Z-00000000"
    shutil.copytree(index / good, index / bad)
    (index / bad / "index.faiss").write_bytes(b"")
    set_current(index, bad)
    with pytest.raises(ArtefactError, match=r"index\.faiss"):
        open_version(index)
    assert list_versions(index) == [good, bad]
    set_current(index, good)
    check_artefacts(encoder, index)


def test_no_serving_code_unpickles() -> None:
    code = "import app.main, app.recommender, core.encoders, core.index.store, sys;"
    code += "sys.exit('torch' in sys.modules)"
    import subprocess
    import sys

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
