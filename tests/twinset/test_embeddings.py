"""Embeddings folders: written batch by batch, read mapped, refused when damaged."""

import json

import numpy as np
import pytest

from tests.support.made_embeddings import write_embeddings
from twinset.artefacts import write_manifest
from twinset.embeddings import EmbeddingsWriter, open_embeddings
from twinset.encoders import HashEncoder
from twinset.errors import ArtefactError, CatalogueError

ENCODER = HashEncoder(8)
IDS = ["a", "b", "c", "d", "e"]
VECTORS = ENCODER.encode_items([None] * 5, ["one", "two", "three", "four", "five"])
FILES = ("ids.parquet", "image.npy", "text.npy", "item.npy")


@pytest.fixture
def folder(tmp_path):
    write_embeddings(tmp_path / "emb", IDS, VECTORS, ENCODER)
    return tmp_path / "emb"


def encode(count):
    return ENCODER.encode_items([None] * count, ["word"] * count)


def write_batches(folder, announced, counts):
    with EmbeddingsWriter(folder, announced, ENCODER) as writer:
        for number, count in enumerate(counts):
            writer.write([f"{number}.{i}" for i in range(count)], encode(count))


def test_what_is_written_is_read(folder):
    embeddings = open_embeddings(folder)
    assert embeddings.ids == IDS
    assert (len(embeddings), embeddings.dimension) == (5, 8)
    assert (embeddings.encoder_name, embeddings.fingerprint) == ("hash", "hash-8")
    for name in ("image", "text", "item"):
        np.testing.assert_array_equal(getattr(embeddings, name), getattr(VECTORS, name))


def test_rows_cannot_be_written_to(folder):
    with pytest.raises(ValueError, match="read-only"):
        open_embeddings(folder).item[0] = 0


def test_batches_make_up_the_whole(tmp_path):
    write_batches(tmp_path / "emb", 3, [2, 1])
    embeddings = open_embeddings(tmp_path / "emb")
    assert embeddings.ids == ["0.0", "0.1", "1.0"]
    np.testing.assert_array_equal(embeddings.text, encode(3).text)


@pytest.mark.parametrize("counts", [[2], [2, 2], []])
def test_another_count_than_announced_leaves_nothing(tmp_path, counts):
    with pytest.raises(ValueError, match="announced"):
        write_batches(tmp_path / "emb", 3, counts)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_replacement_leaves_the_old(folder):
    with pytest.raises(KeyboardInterrupt), EmbeddingsWriter(folder, 1, ENCODER, replace=True):
        raise KeyboardInterrupt
    assert open_embeddings(folder).ids == IDS
    assert list(folder.parent.iterdir()) == [folder]


def test_a_wrong_batch_and_an_empty_catalogue_are_refused(tmp_path):
    with (
        pytest.raises(ValueError, match="shape"),
        EmbeddingsWriter(tmp_path / "emb", 3, ENCODER) as writer,
    ):
        writer.write(["x", "y"], encode(3))
    with pytest.raises(CatalogueError, match="no item"):
        write_embeddings(tmp_path / "emb", [], encode(0), ENCODER)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["flip", "cut", "gone"])
def test_damage_is_refused_by_name(folder, name, damage):
    path = folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data if damage == "flip" else data[:-1])
    if damage == "gone":
        path.unlink()
    with pytest.raises(ArtefactError, match=name):
        open_embeddings(folder)


def rewrite_manifest(folder, **changes):
    manifest = json.loads((folder / "manifest.json").read_text())
    fields = {k: manifest[k] for k in ("encoder", "dimension", "count")} | changes
    write_manifest(folder, "embeddings", fields)


@pytest.mark.parametrize("rows", [np.zeros((5, 8)), np.zeros((5, 7), np.float32), np.zeros(3)])
def test_a_matrix_of_another_shape_is_refused_by_name(folder, rows):
    np.save(folder / "text.npy", rows)
    rewrite_manifest(folder)
    with pytest.raises(ArtefactError, match=r"text\.npy"):
        open_embeddings(folder)


def test_pickled_and_foreign_files_are_refused_by_name(folder):
    np.save(folder / "item.npy", np.array([{"a": 1}], object), allow_pickle=True)
    rewrite_manifest(folder)
    with pytest.raises(ArtefactError, match=r"item\.npy"):
        open_embeddings(folder)
    (folder / "ids.parquet").write_bytes(b"PAR1")
    rewrite_manifest(folder)
    with pytest.raises(ArtefactError, match=r"ids\.parquet"):
        open_embeddings(folder)


@pytest.mark.parametrize("changes", [{"count": 4}, {"encoder": None}, {"dimension": "x"}])
def test_a_manifest_that_does_not_fit_is_refused(folder, changes):
    rewrite_manifest(folder, **changes)
    with pytest.raises(ArtefactError):
        open_embeddings(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ArtefactError, match=r"nowhere.*not found"):
        open_embeddings(tmp_path / "nowhere")
