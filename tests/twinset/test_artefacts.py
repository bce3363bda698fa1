"""Artefact folders: every damage is refused by name, and a folder appears whole or not at all."""

import json
import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from twinset.artefacts import (
    new_folder,
    read_manifest,
    sweep_staging,
    write_manifest,
    write_text_atomically,
)
from twinset.catalogue import CatalogueWriter
from twinset.errors import ArtefactError

FILES = ("a.bin", "sub/b.bin")


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "artefact"
    (folder / "sub").mkdir(parents=True)
    for name in FILES:
        (folder / name).write_bytes(bytes(range(256)) * 20)
    write_manifest(folder, "index", {"count": 3})
    return folder


def test_a_whole_folder_is_accepted(folder):
    manifest = read_manifest(folder, "index")
    assert manifest["count"] == 3
    assert set(manifest["files"]) == set(FILES)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("place", [0, 2560, 5119])
def test_a_flipped_bit_is_refused_by_name(folder, name, place):
    data = bytearray((folder / name).read_bytes())
    data[place] ^= 1 << (place % 8)
    (folder / name).write_bytes(data)
    with pytest.raises(ArtefactError, match=name):
        read_manifest(folder, "index")


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("size", [0, 5119, 5121])
def test_another_length_is_refused_by_name(folder, name, size):
    (folder / name).write_bytes((folder / name).read_bytes()[:size].ljust(size, b"\0"))
    with pytest.raises(ArtefactError, match=name):
        read_manifest(folder, "index")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_name(folder, name):
    (folder / name).unlink()
    with pytest.raises(ArtefactError, match=name):
        read_manifest(folder, "index")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"files": []}', "[" * 100_000, '{"schema_version": 1, "files": {}}']
)
def test_a_damaged_manifest_is_refused_by_name(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ArtefactError, match=r"manifest\.json"):
        read_manifest(folder, "index")


def test_another_kind_schema_or_place_is_refused(folder):
    with pytest.raises(ArtefactError, match="embeddings"):
        read_manifest(folder, "embeddings")
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for change in ({"schema_version": 2}, {"files": {"../outside": "0"}}, {"files": {"a\0": "0"}}):
        path.write_text(json.dumps(manifest | change))
        with pytest.raises(ArtefactError, match=r"manifest\.json"):
            read_manifest(folder, "index")


def test_a_new_folder_appears_when_its_block_ends(tmp_path):
    target = tmp_path / "deep" / "target"
    with new_folder(target) as staging:
        (staging / "file").write_text("new")
        assert not target.exists()
    assert (target / "file").read_text() == "new"
    assert list(target.parent.iterdir()) == [target]


def interrupt_new_folder(target, replace):
    with new_folder(target, replace) as staging:
        (staging / "file").write_text("new")
        raise KeyboardInterrupt


@pytest.mark.parametrize("replace", [False, True])
def test_an_error_leaves_what_was_there(tmp_path, replace):
    target = tmp_path / "target"
    if replace:
        target.mkdir()
        (target / "file").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        interrupt_new_folder(target, replace)
    assert [p.name for p in tmp_path.iterdir()] == (["target"] if replace else [])
    assert not replace or (target / "file").read_text() == "old"


def test_a_folder_is_replaced_only_when_asked(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    with pytest.raises(ArtefactError, match="exists"), new_folder(target):
        pass
    with new_folder(target, replace=True) as staging:
        (staging / "file").write_text("new")
    assert [p.name for p in tmp_path.iterdir()] == ["target"]
    assert (target / "file").read_text() == "new"


def test_a_small_file_is_replaced_at_once(tmp_path):
    path = tmp_path / "CURRENT"
    write_text_atomically(path, "one")
    write_text_atomically(path, "two")
    assert path.read_text() == "two"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import os, signal, sys
from pathlib import Path
from twinset.artefacts import new_folder
from twinset.catalogue import CatalogueWriter
with new_folder(Path(sys.argv[1])) as staging:
    (staging / "half").write_bytes(b"0" * 1000)
    with CatalogueWriter(Path(sys.argv[2]), {}, None) as writer:
        writer.write({"id": "1", "title": "t"})
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_swept_and_what_is_in_use_is_not(tmp_path):
    folder, catalogue = tmp_path / "made", tmp_path / "catalog.parquet"
    subprocess.run([sys.executable, "-c", KILLED, folder, catalogue], cwd=ROOT, check=False)
    assert len(list(tmp_path.glob(".*.tmp"))) == 2
    (tmp_path / ".other.1.tmp").write_text("of something else")
    with new_folder(folder) as first:
        with new_folder(folder.with_name("made2")) as _, CatalogueWriter(catalogue, {}, None):
            pass
        sweep_staging(folder)
        assert first.is_dir()
        assert [path.name for path in tmp_path.glob(".*.tmp")].count(first.name) == 1
    left = [path.name for path in tmp_path.glob(".*")]
    assert left == [".other.1.tmp"]


def test_a_folder_that_a_crash_left_without_its_name_is_given_back(tmp_path):
    old = tmp_path / ".made.12345678.old"
    old.mkdir()
    (old / "file").write_text("kept")
    sweep_staging(tmp_path / "made")
    assert (tmp_path / "made" / "file").read_text() == "kept"
    old.mkdir()
    sweep_staging(tmp_path / "made")
    assert not old.exists()
