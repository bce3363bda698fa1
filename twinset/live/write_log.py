"""The log of live writes: one SQLite file beside the index versions, shared by all workers.

A write is acknowledged after its transaction was committed with `synchronous=FULL` in WAL mode:
SQLite then syncs the log before `COMMIT` returns. Sequence numbers rise and are never reused. The
file also holds what writes brought along: pictures by their sha256, vectors by what they were made
of, and the answers that belong to idempotency keys.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from filelock import FileLock, Timeout

from twinset.catalogue import FURTHER_IMAGES
from twinset.errors import ArtefactError
from twinset.index.indexed_items import StoredImage
from twinset.index.vector_index import Vectors
from twinset.live.log_database import connect, prepare, storage_errors, transaction
from twinset.store.audit_trail import Act, add_act, latest_acts
from twinset.store.trimmed_writes import (
    MICROSECONDS,
    TRIMMED,
    TRIMMED_TIME,
    Trimmed,
    moment_of,
)

LOG_FILE = "live.sqlite"
Operation = Literal["put", "patch", "delete"]
_APPLIED = "applied:"
# Longer than any feed waits to be built, for one that lacks forgotten writes is refused.
KEPT_DAYS = 7
_DAY_S = 24 * 3600
ANSWERS_KEPT_S = _DAY_S
_CHUNK = 500
LAST = 2**63 - 1


@dataclass(frozen=True)
class Entry:
    """One write. `fields` are those that a put or a patch names.

    If "image" is among them, it is the sha256 of a picture, or None for no picture, and
    "further_images" are those of further ones. A draft that is not in the log has sequence 0.
    """

    id: str
    operation: Operation
    fields: Mapping[str, Any]
    sequence: int = 0

    @property
    def pictures(self) -> list[str]:
        """The sha256 of every picture that the write names."""
        main = self.fields.get("image")
        return [*([main] if main is not None else []), *(self.fields.get(FURTHER_IMAGES) or ())]


@dataclass(frozen=True)
class Remembered:
    """The answer that an idempotency key stands for, and a digest of the request that had it."""

    request: str
    answer: dict[str, Any]


class WriteLog:
    """The log of an index folder, made if it is missing. Threads may share it.

    Raises:
        ArtefactError: if the file is not a log, or cannot be opened.
        NotReady: if another process held the file for too long.
        StorageFull: if there is no room to make it.
    """

    def __init__(self, index_dir: Path) -> None:
        self.path = index_dir / LOG_FILE
        self._reading, self._writing = threading.RLock(), threading.RLock()
        try:
            with storage_errors():
                self._writer = connect(self.path)
                prepare(self._writer)
                self._reader = connect(self.path)
                self.id = str(self._one("SELECT value FROM meta WHERE name = 'id'"))
        except sqlite3.Error:
            raise ArtefactError(self.path, "cannot be opened as a log of live writes") from None

    def close(self) -> None:
        with self._reading, self._writing:
            self._reader.close()
            self._writer.close()

    # Reading.

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._reading:
            return self._reader.execute(sql, values).fetchall()

    def _one(self, sql: str, *values: Any) -> Any:
        rows = self._rows(sql, *values)
        return rows[0][0] if rows else None

    @property
    def sequence(self) -> int:
        """The sequence of the latest write, even if the log was trimmed; 0 before the first."""
        return int(self._one("SELECT seq FROM sqlite_sequence WHERE name = 'log'") or 0)

    def entries(self, after: int, upto: int = LAST) -> list[Entry]:
        """Writes with a higher sequence, in order; `upto` is the last that is wanted."""
        rows = self._rows(
            "SELECT id, operation, fields, sequence FROM log "
            "WHERE sequence > ? AND sequence <= ? ORDER BY sequence",
            *(after, upto),
        )
        return [Entry(i, operation, json.loads(fields), n) for i, operation, fields, n in rows]

    def marker(self, live: Mapping[str, Any] | None) -> int:
        """The last sequence that an index version already holds.

        `live` is that part of the version's manifest: `sequence` of the log named by `log` was
        folded in, and its catalogue was made at `as_of`, so writes up to then are in it.

        Raises:
            NotReady: if writes that the version lacks were forgotten already.
        """
        live = live or {}
        folded = int(live.get("sequence", 0)) if live.get("log") == self.id else 0
        moment = moment_of(live)
        held = self._one("SELECT max(sequence) FROM log WHERE time <= ?", moment) or 0
        return Trimmed(self._number(TRIMMED), self._number(TRIMMED_TIME)).checked(
            max(folded, int(held)), moment
        )

    def _number(self, name: str) -> int:
        return int(self._one("SELECT value FROM meta WHERE name = ?", name) or 0)

    def applied(self, name: str) -> int:
        """The sequence up to which a collection of this name has the writes; 0 if it has none."""
        return self._number(_APPLIED + name)

    def picture(self, sha: str) -> StoredImage | None:
        rows = self._rows("SELECT data, type FROM pictures WHERE sha = ?", sha)
        return StoredImage(*rows[0]) if rows else None

    def vectors(self, keys: Iterable[str]) -> dict[str, Vectors]:
        """The stored vectors by key; a key is missing if the log has no vector for it."""
        wanted = list(keys)
        found: dict[str, Vectors] = {}
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            sql = f"SELECT key, data FROM vectors WHERE key IN ({marks})"  # noqa: S608 - only marks
            found |= {key: np.frombuffer(data, np.float32) for key, data in self._rows(sql, *chunk)}
        return found

    def acts(self, limit: int) -> list[Act]:
        """What operators did, newest first."""
        with self._reading:
            return latest_acts(self._reader, limit)

    # Writing.

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All that is written in the block becomes durable when it ends, or nothing of it.

        Other processes' writes wait meanwhile; what they wrote before is seen.

        Raises:
            StorageFull, NotReady: if the disk has no room, or another process writes for long.
                Nothing was written, and a later try can succeed.
        """
        with self._writing, transaction(self._writer):
            yield Transaction(self._writer)

    def set_applied(self, name: str, sequence: int) -> None:
        """Note the sequence up to which a collection of this name has the writes.

        Raises:
            StorageFull: if there is no room to say it.
        """
        with self.transaction():
            self._set_numbers({_APPLIED + name: sequence})

    def _set_numbers(self, numbers: Mapping[str, int]) -> None:
        rows = [(name, str(number)) for name, number in numbers.items()]
        self._writer.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)

    @contextmanager
    def leading(self, task: str) -> Iterator[bool]:
        """True if no other process leads this task; the lock goes with the process, however it
        ends."""
        lock = FileLock(self.path.with_name(f".{task}"), blocking=False)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        try:
            yield True
        finally:
            lock.release()

    def trim(self, upto: int) -> None:
        """Forget writes up to a sequence that are older than `KEPT_DAYS`, and what only they
        needed: a feed that was taken before them may still be built."""
        oldest = _now() - KEPT_DAYS * _DAY_S * MICROSECONDS
        with self.transaction():
            sql = "SELECT max(sequence), max(time) FROM log WHERE sequence <= ? AND time < ?"
            last, moment = self._writer.execute(sql, (upto, oldest)).fetchone()
            if last is None:
                return
            self._set_numbers({TRIMMED: last, TRIMMED_TIME: moment})
            for table in ("log", "pictures", "vectors"):
                self._writer.execute(
                    f"DELETE FROM {table} WHERE sequence <= ?",  # noqa: S608 - fixed names
                    (last,),
                )


@dataclass(frozen=True)
class Transaction:
    """The writing side of a log inside `WriteLog.transaction`."""

    _connection: sqlite3.Connection

    @property
    def sequence(self) -> int:
        sql = "SELECT seq FROM sqlite_sequence WHERE name = 'log'"
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def append(self, entry: Entry) -> int:
        """Add a write and return its sequence; its picture is kept at least as long as it."""
        # Times must rise with sequences also when the clock is set back.
        sql = (
            "INSERT INTO log (time, id, operation, fields) VALUES "
            "(max(?, coalesce((SELECT max(time) FROM log), "
            "(SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?), 0)), "
            "?, ?, ?)"
        )
        fields = json.dumps(dict(entry.fields), ensure_ascii=False, allow_nan=False)
        values = (_now(), TRIMMED_TIME, entry.id, entry.operation, fields)
        number = int(self._connection.execute(sql, values).lastrowid or 0)
        for sha in entry.pictures:
            self._connection.execute(
                "UPDATE pictures SET sequence = ? WHERE sha = ?", (number, sha)
            )
        return number

    def add_pictures(self, pictures: Mapping[str, StoredImage]) -> None:
        sql = "INSERT OR IGNORE INTO pictures VALUES (?, ?, ?, ?)"
        rows = [(sha, self.sequence + 1, p.media_type, p.data) for sha, p in pictures.items()]
        self._connection.executemany(sql, rows)

    def add_vectors(self, vectors: Mapping[str, Vectors]) -> None:
        number = self.sequence + 1
        rows = [(key, number, np.float32(row).tobytes()) for key, row in vectors.items()]
        self._connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def note(self, act: Act) -> None:
        """Add an act of an operator to the audit trail."""
        add_act(self._connection, act)

    def recall(self, key: str) -> Remembered | None:
        """The answer remembered under a key, if that was within the last day."""
        oldest = _now() - ANSWERS_KEPT_S * MICROSECONDS
        self._connection.execute("DELETE FROM answers WHERE time < ?", (oldest,))
        sql = "SELECT request, answer FROM answers WHERE key = ?"
        row = self._connection.execute(sql, (key,)).fetchone()
        return Remembered(row[0], json.loads(row[1])) if row else None

    def remember(self, key: str, request: str, answer: Mapping[str, Any]) -> None:
        values = (key, _now(), request, json.dumps(dict(answer)))
        self._connection.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", values)


def picture_sha(data: bytes) -> str:
    """The name of a picture in the log."""
    return hashlib.sha256(data).hexdigest()


def _now() -> int:
    return time.time_ns() // 1000
