"""The store seam: where live writes are kept, for the workers of one machine or of several.

`WriteLog` is a SQLite file in the index folder. `PostgresLog` is one log for every service that
`TWINSET_STORE` names the same PostgreSQL to: each follows all writes in one order, whoever took
them, and one that was away catches up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from twinset.index.indexed_items import StoredImage
from twinset.index.vector_index import Vectors
from twinset.live.postgres_log import PostgresLog
from twinset.live.write_log import LAST, LOG_FILE, Entry, Remembered, WriteLog
from twinset.store.audit_trail import Act
from twinset.store.postgres_connection import store_address


class StoreTransaction(Protocol):
    """The writing side of a store inside `Store.transaction`."""

    @property
    def sequence(self) -> int:
        """That of the latest write."""
        ...

    def append(self, entry: Entry) -> int:
        """Add a write and return its sequence; its picture is kept at least as long as it."""
        ...

    def add_pictures(self, pictures: Mapping[str, StoredImage]) -> None: ...

    def add_vectors(self, vectors: Mapping[str, Vectors]) -> None: ...

    def recall(self, key: str) -> Remembered | None:
        """The answer remembered under a key, if that was within the last day."""
        ...

    def note(self, act: Act) -> None:
        """Add an act of an operator to the audit trail."""
        ...

    def remember(self, key: str, request: str, answer: Mapping[str, Any]) -> None: ...


class Store(Protocol):
    """Live writes in one order, and what they brought along. Threads may share it.

    A write is durable when its transaction has ended. Sequence numbers rise without gaps, and a
    reader that has seen one has seen all before it.

    Raises:
        NotReady: if the store does not answer, from any method; a later call can succeed.
    """

    @property
    def id(self) -> str:
        """Names the log: index versions say by it up to where they hold which log."""
        ...

    @property
    def sequence(self) -> int:
        """The sequence of the latest write, even if the log was trimmed; 0 before the first."""
        ...

    def entries(self, after: int, upto: int = LAST) -> list[Entry]:
        """Writes with a higher sequence, in order; `upto` is the last that is wanted."""
        ...

    def marker(self, live: Mapping[str, Any] | None) -> int:
        """The last sequence that an index version already holds, by `live` of its manifest."""
        ...

    def applied(self, name: str) -> int:
        """The sequence up to which a collection of this name has the writes; 0 if it has none."""
        ...

    def set_applied(self, name: str, sequence: int) -> None: ...

    def picture(self, sha: str) -> StoredImage | None: ...

    def vectors(self, keys: Iterable[str]) -> dict[str, Vectors]:
        """The stored vectors by key; a key is missing if there is no vector for it."""
        ...

    def acts(self, limit: int) -> list[Act]:
        """What operators did, newest first."""
        ...

    def transaction(self) -> AbstractContextManager[StoreTransaction]:
        """All that is written in the block becomes durable when it ends, or nothing of it.

        Other writes wait meanwhile; what was written before is seen.

        Raises:
            StorageFull, NotReady: nothing was written, and a later try can succeed. Only if
                PostgreSQL is lost in the very moment of the commit can the write have been kept.
        """
        ...

    def leading(self, task: str) -> AbstractContextManager[bool]:
        """True if nobody else leads this task; then nobody can until the block ends."""
        ...

    def trim(self, upto: int) -> None:
        """Forget writes up to a sequence, and what only they needed."""
        ...

    def close(self) -> None: ...


def open_store(index_dir: Path) -> Store:
    """The store that `TWINSET_STORE` names, or the log of the index folder.

    Raises:
        ArtefactError, ConfigError, NotReady, StorageFull: if it cannot be opened.
    """
    address = store_address()
    return WriteLog(index_dir) if address is None else PostgresLog(address)


def has_store(index_dir: Path) -> bool:
    """True if there are live writes, or there is a place for them already."""
    return store_address() is not None or (index_dir / LOG_FILE).exists()
