"""Where the files of index versions lie that machines share: a folder, or object storage.

`TWINSET_FILES` names it. A file's name is the sha256 of its bytes, so that versions share what is
equal, pictures above all, and a reader can tell whether it got what it asked for.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from twinset.artefacts import sync_folder
from twinset.errors import ConfigError, NotReady

VARIABLE = "TWINSET_FILES"


class FileStorage(Protocol):
    """Files by the sha256 of their bytes. Threads may share it.

    Raises:
        NotReady: if it cannot be reached, from any method; a later call can succeed.
    """

    def size(self, sha: str) -> int | None:
        """The bytes of a file; None if it is not there."""
        ...

    def put(self, sha: str, path: Path) -> None:
        """Store a file; a reader sees the whole of it or nothing."""
        ...

    def get(self, sha: str, path: Path) -> bool:
        """Write a file to `path`; False if it is not there. The caller checks its bytes."""
        ...

    def drop(self, sha: str) -> None:
        """Remove a file, if it is there."""
        ...


class FolderStorage:
    """A folder that every machine mounts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def size(self, sha: str) -> int | None:
        """See `FileStorage`."""
        with _reaching():
            path = self._place(sha)
            return path.stat().st_size if path.is_file() else None

    def put(self, sha: str, path: Path) -> None:
        """See `FileStorage`."""
        target = self._place(sha)
        staging = target.parent / f".{sha}.{uuid.uuid4().hex[:8]}"
        with _reaching():
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with path.open("rb") as source, staging.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
                    copy.flush()
                    os.fsync(copy.fileno())
                staging.replace(target)
            finally:
                staging.unlink(missing_ok=True)
            sync_folder(target.parent)

    def get(self, sha: str, path: Path) -> bool:
        """See `FileStorage`."""
        with _reaching():
            self._folder.stat()  # a folder that is not mounted is away, not empty
            source = self._place(sha)
            if not source.is_file():
                return False
            shutil.copyfile(source, path)
            return True

    def drop(self, sha: str) -> None:
        """See `FileStorage`."""
        with _reaching():
            self._place(sha).unlink(missing_ok=True)

    def _place(self, sha: str) -> Path:
        return self._folder / sha[:2] / sha


class ObjectStorage:
    """Object storage by fsspec: `s3://bucket/prefix`, `gs://...`, `az://...`."""

    def __init__(self, address: str) -> None:
        try:
            from fsspec.core import url_to_fs
        except ImportError:
            raise ConfigError("object storage needs fsspec; install the extra `files`") from None
        try:
            self._system, self._root = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise ConfigError(f"{VARIABLE} cannot be used: {error}") from None

    def size(self, sha: str) -> int | None:
        """See `FileStorage`."""
        with _reaching():
            self._system.invalidate_cache()
            try:
                return int(self._system.info(self._place(sha))["size"])
            except FileNotFoundError:
                return None

    def put(self, sha: str, path: Path) -> None:
        """See `FileStorage`."""
        with _reaching():
            self._system.makedirs(self._place(sha).rpartition("/")[0], exist_ok=True)
            self._system.put_file(str(path), self._place(sha))

    def get(self, sha: str, path: Path) -> bool:
        """See `FileStorage`."""
        with _reaching():
            try:
                self._system.get_file(self._place(sha), str(path))
            except FileNotFoundError:
                return False
            return True

    def drop(self, sha: str) -> None:
        """See `FileStorage`."""
        with _reaching(), suppress(FileNotFoundError):
            self._system.rm_file(self._place(sha))

    def _place(self, sha: str) -> str:
        return f"{self._root}/{sha[:2]}/{sha}"


def file_storage() -> FileStorage | None:
    """The storage that `TWINSET_FILES` names; None if it is not set.

    Raises:
        ConfigError: if it cannot be used.
    """
    address = os.environ.get(VARIABLE)
    return _opened(address) if address else None


@cache
def _opened(address: str) -> Any:
    return ObjectStorage(address) if "://" in address else FolderStorage(Path(address))


@contextmanager
def _reaching() -> Iterator[None]:
    """Raise what a storage raises as our own error: it can pass by itself."""
    try:
        yield
    except Exception as error:  # each object storage has errors of its own
        raise NotReady(f"The shared files cannot be reached: {type(error).__name__}.") from error
