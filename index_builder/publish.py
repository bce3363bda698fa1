"""Adding a version to an index folder, going live with it, and pruning old ones.

A crash at any step leaves the old version live or the new one, never a mix: the version folder
appears by one rename, CURRENT changes by another, and only then are old folders removed.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from filelock import FileLock, Timeout

from twinset.artefacts import is_left, new_folder, sync_folder, sync_tree
from twinset.errors import ArtefactError, ConfigError, NotReady
from twinset.index.encoder_store import drop_unused_encoders
from twinset.index.engines import FAISS_KINDS, engine_in
from twinset.index.index_versions import (
    follow_current,
    has_live_version,
    history,
    set_current,
)
from twinset.index.shared.version_files import (
    BUILD_LOCK,
    fetch_version,
    forget_version,
    known_manifests,
    not_fetching,
    share_version,
)
from twinset.index.shared.version_line import is_version, line_of, shared_line

# A service holds the lock of a build for moments only, see `remove_unshared`.
_WAIT_S = 0.5
# Of what is out of reach for now.
_PASSING = (ArtefactError, ConfigError, NotReady)


@dataclass(frozen=True)
class Going:
    """What becomes of a new version: whether it goes live, and how many versions are kept.

    With `instead_of` it goes live only while that version is the live one.
    """

    live: bool = True
    keep: int = 3
    instead_of: str | None = None


@contextmanager
def new_version(index_dir: Path, content: bytes, going: Going) -> Iterator[tuple[str, Path]]:
    """Give a name and a staging folder; that version is published when the block ends well.

    `content` identifies what the version is built from: a short hash of it ends the name. An error
    before it is live leaves the folder, and the server that has the vectors, as they were.

    Raises:
        ConfigError: if another build works on this folder.
        Conflict: see `Going.instead_of`.
        NotReady: if the store or the shared files do not answer.
    """
    index_dir.mkdir(parents=True, exist_ok=True)
    with building_alone(index_dir):
        _remove_leftovers(index_dir)
        name = _new_name(index_dir, content)
        with new_folder(index_dir / name) as staging:
            try:
                yield name, staging
                sync_tree(staging)  # takes long, and is done in no time when it is done again
            except BaseException:
                if not _dropped(staging):
                    staging.rename(index_dir / f".{name}.old")
                raise
        try:
            share_version(index_dir, name)
            if going.live:
                set_current(index_dir, name, going.instead_of)
        except BaseException:
            with suppress(*_PASSING):
                _take_back(index_dir, name)
            raise
        if has_live_version(index_dir):
            prune(index_dir, going.keep, name)


def _take_back(index_dir: Path, name: str) -> None:
    """Remove a version that could not be published, unless it is live."""
    with line_of(index_dir).changing():
        # The answer to a switch can be lost after the switch was made.
        live = history(index_dir)[:1] if has_live_version(index_dir) else []
        if live != [name]:
            _remove(index_dir, name)
    if live:
        follow_current(index_dir)


def prune(index_dir: Path, keep: int, spare: str | None = None) -> list[str]:
    """Remove the oldest versions but `keep`; return the names removed.

    Never removed are the live one, `spare`, and with `keep` above 1 the one that a rollback goes
    to. Encoders that no version needs any more go too. The collection of a version in a Milvus that
    does not answer is dropped by a later build. Versions that are shared are shared no longer.
    """
    with line_of(index_dir).changing():
        held = {*history(index_dir)[: min(keep, 2)], spare}
        names = list(known_manifests(index_dir))
        free = [name for name in names if name not in held]
        wanted = free[: max(0, min(len(free), len(names) - keep))]
        for name in wanted:
            _remove(index_dir, name)
    with not_fetching(index_dir):
        drop_unused_encoders(index_dir)
    if wanted:
        sync_folder(index_dir)
    return wanted


def _remove(index_dir: Path, name: str) -> None:
    """Remove a version; what of it is out of reach is left to the next build."""
    if known_manifests(index_dir).get(name, {}).get("index_kind") not in FAISS_KINDS:
        fetch_version(index_dir, name)  # to know what lies in a server
    # Hidden first: a version is whole or not listed, also when removal is interrupted. Nor does a
    # service remove the folder of one that is not shared any more, before its vectors are dropped.
    hidden = index_dir / f".{name}.old"
    with suppress(FileNotFoundError):
        (index_dir / name).rename(hidden)
    forget_version(name)
    if hidden.exists() and _dropped(hidden):
        shutil.rmtree(hidden)


def _dropped(folder: Path) -> bool:
    """True if nothing of a version is left but its folder."""
    try:
        engine_in(folder).drop(folder)
    except _PASSING:
        return False
    return True


def _new_name(index_dir: Path, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:8]
    now = datetime.now(UTC)
    # Names of one folder must rise, also when two builds fall into one second.
    latest = max((name[:16] for name in known_manifests(index_dir)), default="")
    while (stamp := f"{now:%Y%m%dT%H%M%SZ}") <= latest:
        now += timedelta(seconds=1)
    return f"{stamp}-{digest}"


def _remove_leftovers(index_dir: Path) -> None:
    """Remove what a killed build left; under the lock no other build is at work.

    Only what bears a version's name: the folder may hold things of others.
    """
    with not_fetching(index_dir):
        known = known_manifests(index_dir)
        for path in [*index_dir.glob(".*.tmp"), *index_dir.glob(".*.old")]:
            name = path.name.split(".")[1]
            if not (path.is_dir() and is_version(name) and is_left(path)):
                continue
            # A version that others have needs its vectors: only a fetch was killed, or a removal
            # that had just begun.
            if name in known or _dropped(path):
                shutil.rmtree(path)


@contextmanager
def building_alone(index_dir: Path) -> Iterator[None]:
    """Nobody else builds a version of this index until the block ends.

    Raises:
        ConfigError: if another build is at work.
    """
    # The system drops the locks when the process ends, also when it is killed.
    shared = shared_line()
    try:
        with FileLock(index_dir / BUILD_LOCK, timeout=_WAIT_S):
            if shared is None:
                yield
                return
            with shared.building() as alone:
                if not alone:
                    raise ConfigError("another build is at work for this TWINSET_STORE")
                yield
    except Timeout:
        raise ConfigError(f"{index_dir}: another build is at work here") from None
