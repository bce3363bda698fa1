"""Adding a version to an index folder, going live with it, and pruning old ones.

A crash at any step leaves the old version live or the new one, never a mix: the version folder
appears by one rename, CURRENT changes by another, and only then are old folders removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.artefacts import new_folder, sync_folder
from core.errors import ArtefactError, ConfigError, NotReady
from core.index.milvus import versions
from core.index.store import current_version, is_version, list_versions, set_current

_LOCK = ".lock"


@contextmanager
def new_version(index_dir: Path, content: bytes, keep: int) -> Iterator[tuple[str, Path]]:
    """Give a name and a staging folder; that version goes live when the block ends well.

    `content` identifies what the version is built from: a short hash of it ends the name. `keep`
    versions stay in the end, the live one among them. An error leaves the folder as it was.

    Raises:
        ConfigError: another build works on this folder.
    """
    index_dir.mkdir(parents=True, exist_ok=True)
    with _lock(index_dir):
        _remove_leftovers(index_dir)
        name = _new_name(index_dir, content)
        with new_folder(index_dir / name) as staging:
            yield name, staging
        set_current(index_dir, name)
        prune(index_dir, keep)


def prune(index_dir: Path, keep: int) -> list[str]:
    """Remove the oldest versions but `keep`, never the live one; return the names removed.

    A version in a Milvus that does not answer is left for the next time.
    """
    current = current_version(index_dir)
    others = [name for name in list_versions(index_dir) if name != current]
    removed = [n for n in others[: max(0, len(others) - (keep - 1))] if _dropped(index_dir / n)]
    for name in removed:
        # Hidden first: a version is whole or not listed, also when removal is interrupted.
        hidden = index_dir / f".{name}.old"
        (index_dir / name).rename(hidden)
        shutil.rmtree(hidden)
    if removed:
        sync_folder(index_dir)
    return removed


def _dropped(folder: Path) -> bool:
    """Whether nothing of a version is left but its folder."""
    try:
        versions.drop(folder)
    except (ArtefactError, ConfigError, NotReady):
        return False
    return True


def _new_name(index_dir: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:8]
    now = datetime.now(UTC)
    # Names of one folder must rise, also when two builds fall into one second.
    latest = max((name[:16] for name in list_versions(index_dir)), default="")
    while (stamp := f"{now:%Y%m%dT%H%M%SZ}") <= latest:
        now += timedelta(seconds=1)
    return f"{stamp}-{digest}"


def _remove_leftovers(index_dir: Path) -> None:
    """Remove what a killed build left; under the lock no other build is at work.

    Only what bears a version's name: the folder may hold things of others.
    """
    for path in [*index_dir.glob(".*.tmp"), *index_dir.glob(".*.old")]:
        if path.is_dir() and is_version(path.name.split(".")[1]) and _dropped(path):
            shutil.rmtree(path)


@contextmanager
def _lock(index_dir: Path) -> Iterator[None]:
    with (index_dir / _LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"{index_dir}: another build is at work here") from None
        yield  # the system drops the lock with the file, also when the process is killed
