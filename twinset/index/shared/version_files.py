"""Bringing index versions to every machine: their files by content, checked on arrival.

With `TWINSET_STORE` and `TWINSET_FILES` set, a version that was built anywhere is shared: its files
go to the storage under their sha256, then its manifest to PostgreSQL. A machine that lacks it links
what it has in other versions (pictures, above all), fetches the rest, and checks every byte.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from twinset.artefacts import MANIFEST, new_folder, sha256_of
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import ArtefactError, NotReady
from twinset.index.encoder_store import drop_unused_encoders, encoder_place, kept_encoder
from twinset.index.shared.version_line import (
    FolderLine,
    StoreLine,
    is_version,
    line_of,
    list_versions,
    peek_manifest,
    shared_line,
)
from twinset.store.file_storage import FileStorage, file_storage
from twinset.store.postgres_line import PostgresLine, SharedVersion

# Marks a version folder whose files are shared: it may go once the store no longer lists it.
SHARED = ".shared"
# Held by a build of the folder, and by a fetch into it.
BUILD_LOCK, _FETCH_LOCK = ".lock", ".fetch.lock"
# Ends the name of a folder that is removed, unlike that of a version whose vectors are to go too.
_UNSHARED = ".unshared"


def sharing() -> tuple[PostgresLine, FileStorage] | None:
    """Where versions are shared; None if one machine keeps them, or all share the index folder."""
    line, storage = shared_line(), file_storage()
    return None if line is None or storage is None else (line, storage)


def share_version(index_dir: Path, name: str) -> None:
    """Give a version of the folder to the other machines, if versions are shared and it is not.

    Raises:
        NotReady: if the store or the storage does not answer; it may be repeated.
    """
    folder = index_dir / name
    lacks = (folder / MANIFEST).is_file() and not (folder / SHARED).exists()
    places = sharing() if lacks else None
    if places is None:
        return
    line, storage = places
    manifest = (folder / MANIFEST).read_text(encoding="utf-8")
    fingerprint = str((json.loads(manifest).get("encoder") or {}).get("fingerprint"))
    kept = kept_encoder(index_dir, fingerprint)
    encoder = None if kept is None else (kept / ENCODER_MANIFEST).read_text(encoding="utf-8")
    version = SharedVersion(manifest, encoder)
    try:
        _put(storage, folder, manifest)
        if kept is not None and encoder is not None:
            _put(storage, kept, encoder)
    except BaseException:
        with suppress(NotReady):  # a storage that is full has room again
            _drop_but(storage, version, line.shared().values())
        raise
    line.share(name, version)
    (folder / SHARED).touch()


def join_line(index_dir: Path) -> None:
    """Make what is live in the folder known to the store if the store knows of nothing live yet."""
    line = shared_line()
    if line is None or line.names():
        return
    with line.changing() as write:
        if line.names():  # another service was first
            return
        with suppress(ArtefactError):
            names = [
                n for n in FolderLine(index_dir).names() if (index_dir / n / MANIFEST).exists()
            ]
            for name in names:
                share_version(index_dir, name)
            if names:
                write(names)


def mirror_line(index_dir: Path) -> None:
    """Write what the store says is live into the folder too, so that a copy of it is whole."""
    line = line_of(index_dir)
    if isinstance(line, StoreLine):
        with suppress(OSError, NotReady):  # a folder for reading, or a store that is away
            line.folder.write(line.names())


def fetch_version(index_dir: Path, name: str) -> None:
    """Bring a shared version, and its encoder if one is kept, into the folder if it lacks them.

    Nothing happens if the version is not shared.

    Raises:
        ArtefactError: if a file is missing in the storage, or damaged there.
        NotReady: if the store or the storage does not answer.
    """
    places = None if (index_dir / name / MANIFEST).is_file() else sharing()
    version = None if places is None else places[0].shared().get(name)
    if places is None or version is None:
        return
    index_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(index_dir / _FETCH_LOCK):
        fetch = _Fetch(index_dir, places[1])
        manifest = json.loads(version.manifest)
        if version.encoder is not None:
            place = encoder_place(index_dir, str(manifest["encoder"]["fingerprint"]))
            fetch.folder(place, ENCODER_MANIFEST, version.encoder, mark=False)
        fetch.folder(index_dir / name, MANIFEST, version.manifest, mark=True)


def known_manifests(index_dir: Path) -> dict[str, dict[str, Any]]:
    """The manifests of all versions, in the folder or shared, oldest first."""
    found = {name: peek_manifest(index_dir, name) for name in list_versions(index_dir)}
    places = sharing()
    if places is not None:
        for name, version in places[0].shared().items():
            found.setdefault(name, json.loads(version.manifest))
    return dict(sorted(found.items()))


def missing_versions(index_dir: Path) -> list[str]:
    """The shared versions that the folder lacks, newest first."""
    places = sharing()
    if places is None:
        return []
    here = set(list_versions(index_dir))
    return [name for name in reversed(places[0].shared_names()) if name not in here]


def remove_unshared(index_dir: Path) -> None:
    """Remove the folders of versions that were shared and no longer are, and their encoders.

    What lies in a server goes by the build that takes a version off the list.
    """
    places = sharing()
    if places is None:
        return
    kept = {*places[0].shared_names(), *places[0].names()[:1]}
    folders = [index_dir / name for name in list_versions(index_dir) if name not in kept]
    gone = [folder for folder in folders if (folder / SHARED).exists()]
    if not gone and not _half_removed(index_dir):
        return
    with not_fetching(index_dir):
        for hidden in _half_removed(index_dir):
            shutil.rmtree(hidden)
        for folder in gone:
            hidden = index_dir / f".{folder.name}{_UNSHARED}"
            with suppress(FileNotFoundError):  # another worker, or a build, removed it
                folder.rename(hidden)
                shutil.rmtree(hidden)
        # A build that is at work keeps its encoder before its version is there, and does this last.
        with suppress(Timeout), FileLock(index_dir / BUILD_LOCK, blocking=False):
            drop_unused_encoders(index_dir)


def _half_removed(index_dir: Path) -> list[Path]:
    """What workers that were killed left in `remove_unshared`."""
    return [p for p in index_dir.glob(f".*{_UNSHARED}") if is_version(p.name.split(".")[1])]


@contextmanager
def not_fetching(index_dir: Path) -> Iterator[None]:
    """Nobody fetches a version, or its encoder, into the folder until the block ends."""
    if sharing() is None:
        yield
        return
    with FileLock(index_dir / _FETCH_LOCK):
        yield


def forget_version(name: str) -> None:
    """Share a version no longer, and remove the files that only it had."""
    places = sharing()
    if places is None:
        return
    line, storage = places
    versions = line.shared()
    version = versions.pop(name, None)
    if version is None:
        return
    line.forget(name)
    _drop_but(storage, version, versions.values())


def _drop_but(
    storage: FileStorage, version: SharedVersion, others: Iterable[SharedVersion]
) -> None:
    """Remove the files of a version that no other one needs."""
    needed = {sha for other in others for sha in _contents(other)}
    for sha in _contents(version) - needed:
        storage.drop(sha)


def _contents(version: SharedVersion) -> set[str]:
    files = dict(json.loads(version.manifest)["files"])
    encoder = {} if version.encoder is None else dict(json.loads(version.encoder)["files"])
    return {*files.values(), *encoder.values()}


def _put(storage: FileStorage, folder: Path, manifest: str) -> None:
    for file, sha in json.loads(manifest)["files"].items():
        if storage.size(sha) != (folder / file).stat().st_size:
            storage.put(sha, folder / file)


class _Fetch:
    """Fetches folders into an index folder; what lies in a version already is linked."""

    def __init__(self, index_dir: Path, storage: FileStorage) -> None:
        self._storage = storage
        self._homes: dict[str, Path] = {}
        for name in list_versions(index_dir):
            files = peek_manifest(index_dir, name).get("files") or {}
            self._homes |= {sha: index_dir / name / file for file, sha in files.items()}

    def folder(self, target: Path, manifest_file: str, manifest: str, mark: bool) -> None:
        """Make a folder of the files that a manifest lists, unless it is there."""
        if target.exists():
            return
        with new_folder(target) as staging:
            for file, sha in self._checked(staging, json.loads(manifest)["files"].items()):
                path = staging / file
                path.parent.mkdir(parents=True, exist_ok=True)
                self._bring(sha, path)
            (staging / manifest_file).write_text(manifest, encoding="utf-8")
            if mark:
                (staging / SHARED).touch()

    def _checked(self, staging: Path, files: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        inside = staging.resolve()
        for file, sha in files:
            strange = "\0" in file or not sha.isalnum()
            if strange or not (inside / file).resolve().is_relative_to(inside):
                raise ArtefactError(staging, "lists a file outside its folder")
        return list(files)

    def _bring(self, sha: str, path: Path) -> None:
        home = self._homes.get(sha)
        if home is not None and _is(home, sha):
            with suppress(OSError):  # another file system, or one without links
                os.link(home, path)
                return
        if not self._storage.get(sha, path):
            raise ArtefactError(path, "is not in the shared files")
        if not _is(path, sha):
            raise ArtefactError(path, "does not match its checksum in the shared files")


def _is(path: Path, sha: str) -> bool:
    try:
        return sha256_of(path) == sha
    except OSError:
        return False
