"""Live writes that were applied to a collection beside the version's own, if the index is in
Milvus.

A write is durable in the log and shown by every worker's overlay before it is applied, see
`twinset.live.engine_writes`. The log notes, under the collection's name, up to which write it is
complete. If the collection is lost, it is made anew from the version and the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Protocol

from twinset.errors import TwinsetError, VersionGone
from twinset.index.index_versions import IndexVersion
from twinset.index.milvus.delta_collections import open_beside
from twinset.index.milvus.milvus_collections import beside
from twinset.index.milvus.milvus_index import MilvusIndex
from twinset.live.store import Store


@dataclass(frozen=True)
class Applied:
    """A collection that holds every row whose last write has at most this sequence, as that write
    left it.

    It may also hold rows of later writes that are being applied.
    """

    index: MilvusIndex
    sequence: int


@contextmanager
def noting_loss(applied: Applied, log: Store) -> Iterator[None]:
    """If the collection turns out to be lost, note that nothing is applied: every worker then shows
    from memory what it held.

    Raises:
        VersionGone: if it is lost.
    """
    try:
        yield
    except VersionGone:
        with suppress(TwinsetError):  # a log without room, or out of reach: the next search tries
            log.set_applied(applied.index.record.name, 0)
        raise


class WritesOverVersion(Protocol):
    """The part of an overlay that says what may have been applied."""

    @property
    def base(self) -> IndexVersion: ...

    @property
    def marker(self) -> int: ...

    @property
    def applied(self) -> Applied | None: ...


def owner_of(overlay: WritesOverVersion, log: Store) -> str:
    """The owner in a collection's name: rows are numbered by the writes of one log after one
    marker."""
    return f"{log.id[:12]}_{overlay.marker}"


def find_applied(overlay: WritesOverVersion, log: Store) -> Applied | None:
    """What is applied of the writes over a version; None if nothing is, or if the collection was
    lost.

    If nothing changed, it is `overlay.applied` itself.

    Raises:
        NotReady: if Milvus does not answer.
    """
    version, before = overlay.base.index, overlay.applied
    if not isinstance(version, MilvusIndex):
        return None
    owner = owner_of(overlay, log)
    sequence = log.applied(beside(version.record, owner).name)
    if sequence == (before.sequence if before else 0):
        return before
    index = open_beside(version, owner) if sequence else None
    return None if index is None else Applied(index, sequence)
