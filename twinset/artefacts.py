"""Artefact folders: what one stage writes and another reads, checked before a file is opened.

FAISS, NumPy and safetensors all load a file with a flipped bit without a word, so every folder
carries `manifest.json` (for an encoder `encoder.json`) with the sha256 of each other file and of
what it says itself. A folder is written beside its final place, synced, and renamed, so that a
reader sees the whole of it or nothing.
"""

from __future__ import annotations

import fcntl
import glob
import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twinset.errors import ArtefactError

SCHEMA_VERSION = 1
MANIFEST = "manifest.json"
CHECKSUM = "manifest_sha256"
_HASHED_AT_ONCE = 4


def sha256_of(path: Path) -> str:
    """Hex digest of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(
    folder: Path,
    kind: str,
    fields: Mapping[str, Any],
    name: str = MANIFEST,
    known: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Write the manifest over every file that `folder` holds now, and return it.

    `kind` says what the folder is ("encoder", "embeddings", "index"). Files are listed by their
    path relative to `folder`; the sha256 of those in `known` is taken from there.
    """
    known = known or {}
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != name)
    named = {str(path.relative_to(folder)): path for path in paths}
    files = {file: known.get(file) or sha256_of(path) for file, path in named.items()}
    manifest = {"schema_version": SCHEMA_VERSION, "kind": kind, **fields, "files": files}
    manifest[CHECKSUM] = _checksum(manifest)
    text = json.dumps(manifest, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    (folder / name).write_text(text, encoding="utf-8")
    return manifest


def refresh_manifest(folder: Path, kind: str, name: str = MANIFEST) -> None:
    """Write the manifest again after a file was added or replaced, with the fields that it has."""
    held = json.loads((folder / name).read_text(encoding="utf-8"))
    write_manifest(folder, kind, given_fields(held), name)
    sync_tree(folder)


def given_fields(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a manifest that its writer gave, not those that `write_manifest` adds."""
    added = ("schema_version", "kind", "files", CHECKSUM)
    return {key: value for key, value in manifest.items() if key not in added}


def _checksum(manifest: Mapping[str, Any]) -> str:
    """Of everything that a manifest says, but for the checksum itself."""
    said = {name: value for name, value in manifest.items() if name != CHECKSUM}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def read_manifest(
    folder: Path, kind: str, name: str = MANIFEST, check_only: Collection[str] | None = None
) -> dict[str, Any]:
    """Return the manifest of `folder` after checking it and the files that it lists, those of
    `check_only` alone if that is given: no other file may be opened then.

    Raises:
        ArtefactError: if the folder or a file is missing, the manifest is not one of this kind and
            schema version, or a checksum differs. The message names the file.
    """
    path = folder / name
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(path, f"not found; this is not an {kind} folder") from None
    except (OSError, ValueError, RecursionError):
        raise ArtefactError(path, "cannot be read as JSON") from None
    _check_manifest(manifest, kind, path)
    listed = manifest["files"].items()
    checked = [one for one in listed if check_only is None or one[0] in check_only]
    with ThreadPoolExecutor(_HASHED_AT_ONCE) as threads:  # hashing lets other threads run
        for _ in threads.map(lambda one: _check_file(path, *one), checked):
            pass  # the first error in the order of the files is raised
    return dict(manifest)


def _check_manifest(manifest: Any, kind: str, path: Path) -> None:
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ArtefactError(path, "is not a manifest")
    if manifest.get("kind") != kind:
        raise ArtefactError(path, f"does not describe an {kind} folder")
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise ArtefactError(path, f"has another schema version than {SCHEMA_VERSION}")
    # One without it is older than the checksum; a flipped bit of its name changes nothing else.
    if manifest.get(CHECKSUM, checksum := _checksum(manifest)) != checksum:
        raise ArtefactError(path, "does not match its own checksum; it was damaged or edited")


def _check_file(manifest: Path, file: str, digest: object) -> None:
    path = manifest.parent / file
    if "\0" in file or not path.resolve().is_relative_to(manifest.parent.resolve()):
        raise ArtefactError(manifest, "lists a file outside its folder")
    try:
        actual = sha256_of(path)
    except OSError:
        raise ArtefactError(path, "is missing or cannot be read") from None
    if actual != digest:
        raise ArtefactError(path, "does not match its checksum; it was damaged or replaced")


@contextmanager
def new_folder(target: Path, replace: bool = False) -> Iterator[Path]:
    """Give a staging folder that becomes `target` when the block ends without an error.

    Every file is synced before the rename and the parent folder after it: after a crash a new
    `target` is there whole or not at all. With `replace` there is a moment with neither the old
    nor the new one in place; an index that is served therefore never replaces, it adds a version.
    An error removes the staging folder and leaves `target` alone.

    Raises:
        ArtefactError: if `target` exists and `replace` is false.
    """
    if target.exists() and not replace:
        raise ArtefactError(target, "exists already")
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep_staging(target)
    staging = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.tmp"
    staging.mkdir()
    with in_use(staging):
        try:
            yield staging
            sync_tree(staging)
            _swap_in(staging, target)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise


@contextmanager
def in_use(path: Path) -> Iterator[None]:
    """Mark a staging file or folder as that of a process that runs; see `sweep_staging`.

    The system drops the lock when the process ends, however that is.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def sweep_staging(target: Path) -> None:
    """Remove what killed processes left beside `target`: staging files and folders not in use.

    A folder that a crash left without its name is given back: see `new_folder`.
    """
    name = glob.escape(target.name)
    for replaced in sorted(target.parent.glob(f".{name}.*.old")):
        if not is_left(replaced):
            continue
        if target.exists():
            shutil.rmtree(replaced) if replaced.is_dir() else replaced.unlink()
        else:
            replaced.rename(target)
    for left in target.parent.glob(f".{name}.*.tmp"):
        if is_left(left):
            shutil.rmtree(left) if left.is_dir() else left.unlink()


def is_left(path: Path) -> bool:
    """True if no process that runs has marked a staging file or folder by `in_use`."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False  # gone, or of another user
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _swap_in(staging: Path, target: Path) -> None:
    if not target.exists():
        staging.rename(target)
        sync_folder(target.parent)
        return
    old = target.parent / f".{target.name}.{uuid.uuid4().hex[:8]}.old"
    with in_use(target):
        target.rename(old)
        staging.rename(target)
        sync_folder(target.parent)
        shutil.rmtree(old) if old.is_dir() else old.unlink()


def sync_tree(folder: Path) -> None:
    """Force every file and folder below `folder`, and itself, to stable storage."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        else:
            sync_folder(path)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Force a folder's entries to stable storage, so that a rename in it survives a crash."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text_atomically(path: Path, text: str) -> None:
    """Replace a small file: a reader, also after a crash, sees the old text or the new one."""
    staging = path.parent / f".{path.name}.{uuid.uuid4().hex[:8]}.tmp"
    with staging.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    staging.replace(path)
    sync_folder(path.parent)
