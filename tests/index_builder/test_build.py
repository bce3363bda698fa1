"""From catalogue and embeddings to a live version, and every way in which that is refused."""

import contextlib
import fcntl
import io
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from index_builder import build as building
from index_builder import fold_writes, item_files, publish
from index_builder.build import BuildOptions, build_index
from index_builder.build_commands import build
from tests.support.live_shop import write
from tests.support.made_embeddings import write_embeddings
from twinset.artefacts import write_manifest
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.encoders import HashEncoder
from twinset.errors import ArtefactError, CatalogueError, ConfigError, NotFound, NotReady
from twinset.images.decode import decode_image
from twinset.index.index_versions import current_version, open_version, set_current
from twinset.index.shared.version_line import list_versions
from twinset.live import write_log
from twinset.live.write_log import Entry, WriteLog
from twinset.text.word_template import render_texts

ENCODER = HashEncoder(16)
VERSION_FILES = ("index.faiss", "items.parquet", "pictures", "images.parquet")


def picture(number):
    image = Image.new("RGB", (20, 24), (number * 37 % 256, number * 91 % 256, 128))
    buffer = io.BytesIO()
    image.save(buffer, ("JPEG", "PNG", "WEBP")[number % 3])
    return buffer.getvalue()


def product(number):
    """Item 3 has no picture and item 4 one that a browser must not be sent; 5 lacks values."""
    pictures = {3: None, 4: b"<svg onload='alert(1)'/>"}
    return {
        "id": f"item-{number}",
        "title": f"Shirt number {number}",
        "group_id": f"style-{number // 2}",
        "price": None if number == 5 else 10.0 + number,
        "available": number % 2 == 0,
        "image": pictures.get(number, picture(number)),
        "colour": None if number == 5 else ("Red", "Blue")[number % 2],
        "year": 2000 + number,
    }


def write_catalogue(path, numbers):
    attributes = {"colour": pa.string(), "year": pa.int64()}
    with CatalogueWriter(path, attributes, "colour") as writer:
        for number in numbers:
            writer.write(product(number))
    return path


def export(catalogue_path, folder, encoder=ENCODER):
    catalogue = Catalogue(catalogue_path)
    rows = catalogue.rows()
    images = [decode(data) for data in catalogue.images()]
    vectors = encoder.encode_items(images, render_texts("{title}", rows))
    write_embeddings(folder, rows["id"].to_pylist(), vectors, encoder)
    return folder


def decode(data):
    return decode_image(data) if data and data[:1] != b"<" else None


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    catalogue = write_catalogue(folder / "catalog.parquet", range(60))
    return export(catalogue, folder / "emb"), catalogue


@pytest.fixture
def index_dir(tmp_path, inputs):
    build_index(*inputs, tmp_path / "index", BuildOptions())
    return tmp_path / "index"


# What a build makes.


@pytest.mark.parametrize("kind", ["auto", "exact", "hnsw", "ivf", "ivf-sq", "ivf-pq"])
def test_a_build_makes_a_live_version(tmp_path, inputs, kind):
    report = build_index(*inputs, tmp_path / "index", BuildOptions(kind))
    version = open_version(tmp_path / "index")
    assert version.name == report.version == current_version(tmp_path / "index")
    assert version.index.kind == report.kind == ("exact" if kind == "auto" else kind)
    assert (len(version), version.dimension, report.recall) == (60, 16, 1.0)
    assert (version.fingerprint, version.category) == ("hash-16", "colour")
    version.require_encoder(ENCODER)


def test_rows_of_index_items_and_pictures_are_the_same_item(index_dir):
    version = open_version(index_dir)
    for row in (0, 7, 59):
        query = ENCODER.encode_items([decode(picture(row))], [f"Shirt number {row}"]).item
        assert version.index.search(query, 1)[0][0, 0] == row
        assert version.items.row_of(f"item-{row}") == row
        assert version.items.id_of(row) == f"item-{row}"
        assert version.images.read(row).data == picture(row)
    assert version.items.row_of("item-60") is None
    assert version.items.row_of("") is None


def test_an_item_has_all_its_fields(index_dir):
    items = open_version(index_dir).items
    expected = product(5) | {"description": None}
    del expected["image"]
    assert items.item(5) == expected
    assert set(items.names) == set(expected)
    assert set(items.columns) == set(expected) - {"title", "description"}
    assert items.columns["year"].value(5) == 2005
    assert items.columns["price"].value(5) is None


def test_pictures_have_their_type_from_their_bytes(index_dir):
    images = open_version(index_dir).images
    types = [images.read(row).media_type for row in range(3)]
    assert types == ["image/jpeg", "image/png", "image/webp"]
    assert images.read(3) is None
    assert images.read(4) is None
    assert images.has_image.sum() == 58


def test_an_open_version_outlives_its_folder(index_dir):
    version = open_version(index_dir)
    shutil.rmtree(index_dir)
    assert version.images.read(0).data == picture(0)
    assert version.items.id_of(59) == "item-59"
    assert version.index.search(version.index.vector(59)[None], 1)[0].tolist() == [[59]]


# What a build refuses; nothing is published then.


def refused(tmp_path, embeddings, catalogue, options=None):
    with pytest.raises((ArtefactError, CatalogueError, ConfigError)) as caught:
        build_index(embeddings, catalogue, tmp_path / "index", options or BuildOptions())
    assert list_versions(tmp_path / "index") == []
    return str(caught.value)


@pytest.mark.parametrize("numbers", [range(59), range(61), [1, 0, *range(2, 60)]])
def test_other_items_than_the_catalogues_are_refused(tmp_path, inputs, numbers):
    catalogue = write_catalogue(tmp_path / "other.parquet", numbers)
    assert "ids.parquet" in refused(tmp_path, inputs[0], catalogue)


def test_an_id_that_comes_twice_is_refused(tmp_path):
    catalogue = write_catalogue(tmp_path / "twice.parquet", [0, 1, 0])
    assert "twice.parquet" in refused(tmp_path, export(catalogue, tmp_path / "emb"), catalogue)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 2.0])
def test_rows_that_are_no_unit_vectors_are_refused(tmp_path, inputs, value):
    catalogue = inputs[1]
    vectors = ENCODER.encode_texts([f"word {n}" for n in range(60)])
    vectors[41] = value
    rows = replace(ENCODER.encode_items([None] * 60, ["x"] * 60), item=vectors)
    write_embeddings(tmp_path / "emb", [f"item-{n}" for n in range(60)], rows, ENCODER)
    message = refused(tmp_path, tmp_path / "emb", catalogue)
    assert "item.npy: row 41" in message


@pytest.mark.parametrize("name", ["ids.parquet", "item.npy", "text.npy", "manifest.json"])
def test_damaged_embeddings_are_refused_by_name(tmp_path, inputs, name):
    shutil.copytree(inputs[0], tmp_path / "emb")
    flip_bit(tmp_path / "emb" / name)
    assert name in refused(tmp_path, tmp_path / "emb", inputs[1])


def test_a_missing_input_is_named(tmp_path, inputs):
    assert "nowhere" in refused(tmp_path, tmp_path / "nowhere", inputs[1])
    assert "nowhere" in refused(tmp_path, inputs[0], tmp_path / "nowhere")


def test_low_recall_and_an_unknown_kind_are_refused(tmp_path, inputs, monkeypatch):
    monkeypatch.setattr(building, "measure_recall", lambda *_: 0.5)
    assert "recall@10 is 0.500" in refused(tmp_path, *inputs)
    assert "kind" in refused(tmp_path, *inputs, BuildOptions("lsh"))
    assert [p.name for p in (tmp_path / "index").iterdir()] == [".lock"]


def test_a_catalogue_older_than_forgotten_writes_is_refused(index_dir, inputs, monkeypatch):
    monkeypatch.setattr(write_log, "KEPT_DAYS", -1)
    with contextlib.closing(WriteLog(index_dir)) as log:
        taken = datetime.now(UTC)
        write(log, Entry("item-1", "delete", {}))
        with publish.building_alone(index_dir):
            fold_writes._trim(index_dir, log)
        assert log.sequence == len(log.entries(0)) == 1  # the version at work may lack it
        log.trim(1)  # as if every version held it
    before = list_versions(index_dir)
    for activate in (True, False):
        with pytest.raises(NotReady, match="older than the writes"):
            build_index(*inputs, index_dir, BuildOptions(activate=activate, as_of=taken))
    assert list_versions(index_dir) == before
    report = build_index(*inputs, index_dir, BuildOptions(as_of=datetime.now(UTC)))
    assert current_version(index_dir) == report.version


def test_a_second_build_at_once_is_refused(tmp_path, inputs):
    (tmp_path / "index").mkdir()
    with (tmp_path / "index" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "another build" in refused(tmp_path, *inputs)


# What opening a version refuses.


def flip_bit(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 128
    path.write_bytes(data)


@pytest.mark.parametrize("name", VERSION_FILES)
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_a_damaged_version_is_refused_by_name(index_dir, name, damage):
    (path,) = (index_dir / current_version(index_dir)).glob(f"{name}*")
    if damage == "flip":
        flip_bit(path)
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:-1])
    else:
        path.unlink()
    with pytest.raises(ArtefactError, match=name):
        open_version(index_dir)


@pytest.mark.parametrize("name", ["index.faiss", "items.parquet", "images.parquet"])
def test_a_file_of_another_version_is_refused_by_name(index_dir, tmp_path, name):
    catalogue = write_catalogue(tmp_path / "other.parquet", range(59))
    other = tmp_path / "other"
    build_index(export(catalogue, tmp_path / "emb"), catalogue, other, BuildOptions())
    folder = index_dir / current_version(index_dir)
    shutil.copy(other / current_version(other) / name, folder / name)
    manifest = json.loads((folder / "manifest.json").read_text())
    fields = {k: v for k, v in manifest.items() if k not in ("kind", "files", "schema_version")}
    write_manifest(folder, "index", fields)
    with pytest.raises(ArtefactError, match=name):
        open_version(index_dir)


@pytest.mark.parametrize("encoder", [HashEncoder(8), HashEncoder(32)])
def test_another_encoder_is_refused(index_dir, encoder):
    with pytest.raises(ArtefactError, match="another encoder"):
        open_version(index_dir).require_encoder(encoder)


@pytest.mark.parametrize("text", ["", "../../etc", "20261123T120501Z-1A2B3C4D", "\udcff"])
def test_a_damaged_current_is_refused_by_name(index_dir, text):
    (index_dir / "CURRENT").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ArtefactError, match="CURRENT"):
        open_version(index_dir)


def test_an_unknown_version_is_not_found(index_dir):
    for name in ("..", "20261123T120501Z-00000000", ""):
        with pytest.raises((NotFound, ArtefactError)):
            set_current(index_dir, name)
    with pytest.raises(ArtefactError, match="CURRENT"):
        open_version(index_dir / "nowhere")
    assert list_versions(index_dir / "nowhere") == []


# Versions follow each other.


def test_versions_rise_and_old_ones_are_pruned(tmp_path, inputs):
    index_dir = tmp_path / "index"
    names = [build_index(*inputs, index_dir, BuildOptions(keep=2)).version for _ in range(4)]
    assert names == sorted(set(names))
    assert list_versions(index_dir) == names[-2:]
    assert current_version(index_dir) == names[-1]
    assert {p.name for p in index_dir.iterdir()} == {
        *names[-2:],
        "CURRENT",
        ".lock",
        ".current.lock",
    }


def test_going_back_and_pruning_keep_the_live_version(tmp_path, inputs):
    index_dir = tmp_path / "index"
    names = [build_index(*inputs, index_dir, BuildOptions()).version for _ in range(3)]
    set_current(index_dir, names[0])
    assert open_version(index_dir).name == names[0]
    assert open_version(index_dir, names[1]).name == names[1]
    assert publish.prune(index_dir, 1) == names[1:]
    assert open_version(index_dir).name == names[0]


def test_what_a_killed_build_left_is_removed(index_dir, inputs):
    for name in (".20261123T120501Z-1a2b3c4d.0f0f0f0f.tmp", ".20261123T120501Z-1a2b3c4d.old"):
        (index_dir / name).mkdir()
    (index_dir / ".ssh.old").mkdir()  # of somebody who builds into a home folder
    build_index(*inputs, index_dir, BuildOptions())
    assert [path.name for path in index_dir.glob(".*") if path.is_dir()] == [".ssh.old"]


@pytest.mark.parametrize("step", ["new_folder", "set_current", "prune"])
def test_a_build_that_dies_leaves_the_old_version_or_the_new(index_dir, inputs, monkeypatch, step):
    old = current_version(index_dir)

    def die(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(publish, step, die)
    with pytest.raises(KeyboardInterrupt):
        build_index(*inputs, index_dir, BuildOptions())
    live = open_version(index_dir).name
    assert (live == old) == (step != "prune")


# The command.


def run(*arguments):
    command = typer.Typer()
    command.command()(build)
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_the_command_reports(tmp_path, inputs):
    embeddings, catalogue = inputs
    result = run("--embeddings", embeddings, "--catalog", catalogue, "--out", tmp_path / "index")
    assert result.exit_code == 0
    for words in ("60 of 16 dimensions", "58 pictures", "exact", "MB", "recall@10  1.000"):
        assert words in result.output


@pytest.mark.parametrize("option", [("--keep", "0"), ("--min-recall", "2"), ("--kind", "lsh")])
def test_a_wrong_option_is_refused(tmp_path, inputs, option):
    embeddings, catalogue = inputs
    out = tmp_path / "index"
    result = run("--embeddings", embeddings, "--catalog", catalogue, "--out", out, *option)
    assert result.exit_code == 2
    assert not out.exists()


def test_a_large_table_is_mapped_and_answers_the_same(tmp_path, inputs, monkeypatch):
    build_index(*inputs, tmp_path / "small", BuildOptions())
    monkeypatch.setattr(item_files, "MAPPED_FROM", 1)
    build_index(*inputs, tmp_path / "large", BuildOptions())
    small, large = open_version(tmp_path / "small"), open_version(tmp_path / "large")
    assert "items.arrow" in large.manifest["files"]
    assert "items.arrow" not in small.manifest["files"]
    rows = range(len(small))
    assert [large.items.item(r) for r in rows] == [small.items.item(r) for r in rows]
    assert large.items.table.equals(small.items.table)
    assert {"columns.arrow", "image_places.arrow", "rows.bin"} <= {*large.manifest["files"]}
    counts = [{n: c.counts() for n, c in v.items.columns.items()} for v in (small, large)]
    assert counts[0] == counts[1]
    assert [large.images.read(r) for r in rows] == [small.images.read(r) for r in rows]
    table = tmp_path / "large" / large.name / "items.arrow"
    table.write_bytes(table.read_bytes()[:-3])
    with pytest.raises(ArtefactError, match=r"items\.arrow"):
        open_version(tmp_path / "large")
