"""Which version of an index is live, and which were live before it.

For one machine that is the file `CURRENT` of the index folder. If `TWINSET_STORE` names a
PostgreSQL, it is a table there, which the services on all machines follow; until the table has a
line, the folder's counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock

from twinset.artefacts import MANIFEST, write_text_atomically
from twinset.errors import ArtefactError
from twinset.store.postgres_connection import store_address
from twinset.store.postgres_line import PostgresLine

CURRENT = "CURRENT"
_REMEMBERED = 10
_FLIP_LOCK = ".current.lock"
_VERSION = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}")
WriteLine = Callable[[Sequence[str]], None]


class VersionLine(Protocol):
    """The live version and those before it, for whoever follows them."""

    def names(self) -> list[str]:
        """The live version, then those that were live before it, the latest first.

        Raises:
            ArtefactError: if none is live, or what says so is damaged.
            NotReady: if the store does not answer.
        """
        ...

    def changing(self) -> AbstractContextManager[WriteLine]:
        """Hold the line while it changes, or while versions are removed that it might name.

        The function that is given writes it, in one step: a crash leaves the old line or the new
        one. The lock goes with the process, however that ends. It does not nest.
        """
        ...


@dataclass(frozen=True)
class FolderLine:
    """The file `CURRENT` of an index folder."""

    folder: Path

    def names(self) -> list[str]:
        """See `VersionLine`."""
        path = self.folder / CURRENT
        try:
            names = path.read_text(encoding="utf-8").split()
        except FileNotFoundError:
            raise ArtefactError(path, "not found; use `twinset build` first") from None
        except (OSError, ValueError):
            raise ArtefactError(path, "cannot be read") from None
        if not names or not all(map(is_version, names)):
            raise ArtefactError(path, "does not name an index version")
        return names

    @contextmanager
    def changing(self) -> Iterator[WriteLine]:
        """See `VersionLine`."""
        with FileLock(self.folder / _FLIP_LOCK):
            yield self.write

    def write(self, names: Sequence[str]) -> None:
        """Replace the file."""
        text = "\n".join(names[:_REMEMBERED]) + "\n"
        write_text_atomically(self.folder / CURRENT, text)


@dataclass(frozen=True)
class StoreLine:
    """The line in PostgreSQL, see `PostgresLine`."""

    folder: FolderLine
    shared: PostgresLine

    def names(self) -> list[str]:
        """See `VersionLine`."""
        return self.shared.names() or self.folder.names()

    @contextmanager
    def changing(self) -> Iterator[WriteLine]:
        """See `VersionLine`."""
        with self.shared.changing() as write:
            yield lambda names: write(names[:_REMEMBERED])


def line_of(index_dir: Path) -> VersionLine:
    """The line of the store if one is named, or that of the index folder.

    Raises:
        ConfigError, NotReady: if the store cannot be used, or does not answer.
    """
    shared = shared_line()
    folder = FolderLine(index_dir)
    return folder if shared is None else StoreLine(folder, shared)


def shared_line() -> PostgresLine | None:
    """What services on several machines share of index versions; None without `TWINSET_STORE`."""
    address = store_address()
    return None if address is None else _opened(address)


@cache
def _opened(address: str) -> PostgresLine:
    return PostgresLine(address)


def is_version(name: str) -> bool:
    """True if `name` has the form of a version name, and so is safe as a folder name."""
    return _VERSION.fullmatch(name) is not None


def list_versions(index_dir: Path) -> list[str]:
    """Names of the versions that stand in the folder, oldest first; none if it is missing."""
    if not index_dir.is_dir():
        return []
    return sorted(p.name for p in index_dir.iterdir() if is_version(p.name) and p.is_dir())


def peek_manifest(index_dir: Path, name: str) -> dict[str, Any]:
    """What a version's manifest says, its files unchecked: to list versions, not to open one."""
    try:
        manifest = json.loads((index_dir / name / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}
