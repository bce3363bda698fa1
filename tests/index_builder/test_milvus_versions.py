"""Versions whose vectors lie in Milvus: built, opened, switched, pruned, refused."""

import json
import shutil

import pyarrow as pa
import pytest

from index_builder import build as building
from index_builder import publish
from index_builder.build import BuildOptions, build_index
from tests.support.made_embeddings import write_embeddings
from tests.support.milvus_lite import milvus_lite
from tests.support.running_service import twinset
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.encoders import HashEncoder
from twinset.errors import ArtefactError, ConfigError, NotReady
from twinset.index.index_versions import current_version, go_back, open_version, set_current
from twinset.index.milvus import milvus_connection as connection
from twinset.index.milvus import milvus_versions
from twinset.index.milvus.milvus_connection import connect
from twinset.index.shared.version_line import list_versions
from twinset.text.word_template import render_texts

ENCODER = HashEncoder(16)
OPTIONS = BuildOptions("milvus", keep=2)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    with CatalogueWriter(folder / "catalog.parquet", {"colour": pa.string()}, "colour") as writer:
        for number in range(40):
            title = f"shirt number {number}"
            writer.write({"id": f"i{number}", "title": title, "colour": "rb"[number % 2]})
    rows = Catalogue(folder / "catalog.parquet").rows()
    vectors = ENCODER.encode_items([None] * 40, render_texts("{title}", rows))
    write_embeddings(folder / "emb", rows["id"].to_pylist(), vectors, ENCODER)
    return folder / "emb", folder / "catalog.parquet"


@pytest.fixture
def client(tmp_path, monkeypatch):
    with milvus_lite(tmp_path) as address:
        monkeypatch.setenv("TWINSET_MILVUS_URI", address.uri)
        yield connect(address)


@pytest.fixture
def index_dir(tmp_path, inputs, client):
    build_index(*inputs, tmp_path / "index", OPTIONS)
    return tmp_path / "index"


def live_collection(client):
    return client.describe_alias("twinset")["collection_name"]


def collection_of(version):
    return "twinset_" + version.replace("-", "_")


def test_a_version_is_built_opened_and_searched(index_dir, client):
    version = open_version(index_dir)
    assert (version.index.kind, len(version.index), version.dimension) == ("milvus", 40, 16)
    assert version.manifest["recall_at_10"] == 1
    assert not (version.folder / "index.faiss").exists()
    query = ENCODER.encode_items([None], ["shirt number 7"]).item
    assert version.index.search(query, 1)[0].tolist() == [[7]]
    assert client.list_collections() == [collection_of(version.name)]
    assert live_collection(client) == collection_of(version.name)


def test_the_alias_goes_with_the_live_version_and_pruning_drops(index_dir, inputs, client):
    first = current_version(index_dir)
    second = build_index(*inputs, index_dir, OPTIONS).version
    assert live_collection(client) == collection_of(second)
    set_current(index_dir, first)
    assert live_collection(client) == collection_of(first)
    third = build_index(*inputs, index_dir, OPTIONS).version
    # The one that a rollback goes to is kept.
    assert list_versions(index_dir) == [first, third]
    assert sorted(client.list_collections()) == [collection_of(first), collection_of(third)]
    go_back(index_dir, first)
    assert live_collection(client) == collection_of(first)
    exact = [build_index(*inputs, index_dir, BuildOptions("exact", keep=2)).version for _ in "ab"]
    assert list_versions(index_dir) == exact
    assert client.list_collections() == []


@pytest.mark.parametrize("step", ["new_folder", "set_current", "prune"])
def test_a_build_that_dies_leaves_the_old_version_or_the_new(
    index_dir, inputs, client, monkeypatch, step
):
    old = current_version(index_dir)

    def die(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publish, step, die)
        with pytest.raises(KeyboardInterrupt):
            build_index(*inputs, index_dir, OPTIONS)
    live = open_version(index_dir).name
    assert (live == old) == (step != "prune")
    assert live_collection(client) == collection_of(live)


def test_what_a_killed_build_left_is_dropped(index_dir, inputs, client):
    # As a kill leaves it: the collection half filled, the folder under its staging name.
    left = index_dir / ".20261123T120501Z-1a2b3c4d.0f0f0f0f.tmp"
    shutil.copytree(index_dir / current_version(index_dir), left)
    record = json.loads((left / "milvus.json").read_text()) | {"collection": "half"}
    (left / "milvus.json").write_text(json.dumps(record))
    client.create_collection("half", dimension=16)
    build_index(*inputs, index_dir, OPTIONS)
    assert not left.exists()
    assert not client.has_collection("half")


def test_low_recall_leaves_no_collection(tmp_path, inputs, client, monkeypatch):
    monkeypatch.setattr(building, "measure_recall", lambda *_: 0.5)
    with pytest.raises(ConfigError, match=r"0\.500"):
        build_index(*inputs, tmp_path / "index", OPTIONS)
    assert client.list_collections() == []


def test_a_build_that_is_stopped_leaves_no_collection(index_dir, inputs, client, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    def away(*_):
        raise NotReady("no answer")

    for out_of_reach in (False, True):
        with monkeypatch.context() as patch:
            patch.setattr(building, "calibrated", stop)
            if out_of_reach:
                patch.setattr(milvus_versions, "drop", away)
            with pytest.raises(KeyboardInterrupt):
                build_index(*inputs, index_dir, OPTIONS)
        left = client.list_collections()
        assert len(left) == 1 + out_of_reach
    build_index(*inputs, index_dir, OPTIONS)  # drops what was out of reach
    versions = {collection_of(name) for name in list_versions(index_dir)}
    assert len(versions) == 2
    assert set(client.list_collections()) == versions


def test_a_lost_collection_is_refused_by_name(index_dir, client):
    client.drop_alias("twinset")
    client.drop_collection(collection_of(current_version(index_dir)))
    with pytest.raises(ArtefactError, match=r"milvus\.json"):
        open_version(index_dir)


def test_a_collection_with_rows_missing_is_refused(index_dir, client):
    client.delete(collection_of(current_version(index_dir)), ids=[3])
    with pytest.raises(ArtefactError, match="another shape"):
        open_version(index_dir)


def test_no_address_is_refused_and_a_collection_stays_until_milvus_answers(
    index_dir, inputs, monkeypatch, client
):
    first = current_version(index_dir)
    with monkeypatch.context() as patch:
        patch.delenv("TWINSET_MILVUS_URI")
        with pytest.raises(ConfigError, match="TWINSET_MILVUS_URI"):
            open_version(index_dir)
        patch.setenv("TWINSET_MILVUS_URI", "http://127.0.0.1:1")
        patch.setattr(connection, "_TIMEOUT_S", 1.0)
        with pytest.raises(NotReady):
            open_version(index_dir, first)
        exact = build_index(*inputs, index_dir, BuildOptions("exact", keep=1)).version
        assert list_versions(index_dir) == [exact]
    assert client.has_collection(collection_of(first))
    again = build_index(*inputs, index_dir, BuildOptions("exact", keep=1)).version
    assert list_versions(index_dir) == [again]
    assert client.list_collections() == []


def test_a_second_service_is_refused_in_one_line(index_dir, compact):
    for workers in ("1", "2"):
        run = twinset(
            "serve",
            "--encoder",
            compact,
            "--index",
            index_dir,
            "--port",
            0,
            "--workers",
            workers,
            check=False,
        )
        assert run.returncode == 1
        assert "one process at a time" in run.stderr
        assert run.stderr.count("\n") == 1
