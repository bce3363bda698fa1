"""Damaged artefacts: refused by name before they are opened; what runs is not disturbed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.live.served_pair import open_pair
from app.settings import Settings
from app.state import State
from tests.support.running_service import running_service, twinset
from tests.support.served_artefacts import Artefacts
from tests.support.small_shop import Server
from twinset.artefacts import read_manifest
from twinset.embeddings import open_embeddings
from twinset.encoders import load_encoder
from twinset.errors import ArtefactError
from twinset.index.index_versions import current_version, open_version, set_current
from twinset.index.shared.version_line import list_versions

pytestmark = pytest.mark.faults
FLIPS = 64
# They hold the checksums of the others.
DESCRIPTIONS = ("manifest.json", "encoder.json", "CURRENT")


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
    open_pair(Settings(encoder=encoder, index=index))
    for path in files_of(encoder) + files_of(index):
        if path.name in DESCRIPTIONS or not path.stat().st_size:
            continue
        good = path.read_bytes()
        for data in damages(good, FLIPS if full else 4):
            path.write_bytes(data)
            with pytest.raises(ArtefactError, match=path.name):
                open_pair(Settings(encoder=encoder, index=index))
        path.write_bytes(good)
    open_pair(Settings(encoder=encoder, index=index))


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_damaged_descriptions_are_refused_or_mean_the_same(
    copies: Artefacts, full: bool, name: str
) -> None:
    encoder, index = copies
    path = next(path for path in files_of(encoder) + files_of(index) if path.name == name)
    good = path.read_bytes()
    meaning = meaning_of(encoder, index)
    for data in damages(good, 1000 if full else 64):
        path.write_bytes(data)
        try:
            found = meaning_of(encoder, index)
        except ArtefactError:
            continue
        assert found == meaning


def test_a_damaged_description_of_the_encoder_that_ships(compact: Path, tmp_path: Path) -> None:
    for path in compact.iterdir():
        shutil.copy(path, tmp_path)
    description = tmp_path / "encoder.json"
    good = description.read_text()
    # Still JSON, still of the right form: only its checksum tells.
    description.write_text(good.replace("0.485", "0.475"))
    with pytest.raises(ArtefactError, match=r"encoder\.json: does not match its own checksum"):
        read_manifest(tmp_path, "encoder", "encoder.json")


def meaning_of(encoder: Path, index: Path) -> tuple[object, ...]:
    """What the service takes from the descriptions."""
    opened, version = load_encoder(encoder, "cpu"), open_version(index)
    version.require_encoder(opened)
    vector = opened.encode_texts(["shirt"])
    return opened.fingerprint, vector.tobytes(), version.name, version.category, len(version)


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
            if path.name.startswith("pictures-"):
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
    open_pair(Settings(encoder=encoder, index=index))
