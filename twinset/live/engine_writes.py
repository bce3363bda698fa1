"""Applies live writes to the collection beside a version that is in Milvus.

One process at a time, the leader of this task, takes an overlay that every worker has
seen, writes its changes since the last time, waits until every search sees them, and notes in the
log how far it came. Until that is noted, every worker searches those rows in its own memory, so
nothing is missed or found twice. If a process dies, the next one writes the same rows again, by
their numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from twinset.index.milvus.delta_collections import make_beside, settle
from twinset.index.milvus.milvus_collections import beside
from twinset.index.milvus.milvus_index import MilvusIndex
from twinset.index.vector_index import Vectors
from twinset.live.applied_writes import Applied, find_applied, owner_of
from twinset.live.overlay import Overlay
from twinset.live.store import Store

_TASK = "applying"
_BLOCK = 500


def is_behind(overlay: Overlay) -> bool:
    """True if there are writes to apply."""
    done = overlay.marker if overlay.applied is None else overlay.applied.sequence
    return isinstance(overlay.base.index, MilvusIndex) and overlay.sequence > done


def count_unapplied(overlay: Overlay) -> int:
    """How many changed and deleted rows wait to be applied."""
    if not is_behind(overlay):
        return 0
    done = overlay.marker if overlay.applied is None else overlay.applied.sequence
    sequences = [*(change.sequence for change in overlay.changes.values()), *overlay.dead.values()]
    return sum(sequence > done for sequence in sequences)


def apply_writes(overlay: Overlay, log: Store, wait: Callable[[float], bool]) -> None:
    """Apply what an overlay holds; does nothing if another process is applying writes.

    Every worker must have seen the overlay's writes. If a worker still showed an item as it was
    before, it would find it by what it is now. `wait` is called with the seconds after which every
    search sees the writes, and returns true if it was cut short.

    Raises:
        ConfigError, NotReady: if Milvus does not answer; the call may be repeated.
        StorageFull: if the log has no room; the call may be repeated.
    """
    version = overlay.base.index
    if not isinstance(version, MilvusIndex):
        raise TypeError("only what lies in Milvus has a collection to write to")
    with log.leading(_TASK) as alone:
        if alone:
            applied = _begin(version, overlay, log)
            if applied is not None and applied.sequence < overlay.sequence:
                _write(version, overlay, applied)
                if not wait(settle(applied.index)):
                    log.set_applied(applied.index.record.name, overlay.sequence)


def _begin(version: MilvusIndex, overlay: Overlay, log: Store) -> Applied | None:
    """The collection to go on with.

    None if vectors that it held must be read from the log first, which followers do when they see
    that less counts as applied.
    """
    before = 0 if overlay.applied is None else overlay.applied.sequence
    applied = find_applied(replace(overlay, applied=None), log)
    if applied is None:
        owner = owner_of(overlay, log)
        # First: an empty collection must not count as what was lost.
        log.set_applied(beside(version.record, owner).name, 0)
        applied = Applied(make_beside(version, owner), 0)
    return applied if applied.sequence >= before else None


def _write(version: MilvusIndex, overlay: Overlay, applied: Applied) -> None:
    gone = [row for row, sequence in overlay.dead.items() if sequence > applied.sequence]
    for block in _blocks(gone):
        applied.index.delete(block)
    rows = [r for r, change in overlay.changes.items() if change.sequence > applied.sequence]
    for block in _blocks(rows):
        vectors = _vectors(version, overlay, block)
        applied.index.upsert(block, vectors, [overlay.changes[row].fields for row in block])


def _vectors(version: MilvusIndex, overlay: Overlay, rows: Sequence[int]) -> Vectors:
    """The vectors (n, d) of changed rows; the version's own if only fields were changed."""
    own = {row: overlay.changes[row].vector for row in rows if overlay.changes[row].key is not None}
    kept = [row for row in rows if row not in own]
    held = {**own, **dict(zip(kept, version.vectors(np.array(kept, np.int64)), strict=True))}
    return np.array([held[row] for row in rows], np.float32)


def _blocks(rows: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(rows), _BLOCK):
        yield rows[start : start + _BLOCK]
