"""The SQLite file of the log of live writes: how it is opened and made, what its errors mean."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from twinset.errors import NotReady, StorageFull

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,
  id TEXT NOT NULL, operation TEXT NOT NULL, fields TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pictures (
  sha TEXT PRIMARY KEY, sequence INTEGER NOT NULL, type TEXT NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (
  key TEXT PRIMARY KEY, sequence INTEGER NOT NULL, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
  key TEXT PRIMARY KEY, time INTEGER NOT NULL, request TEXT NOT NULL, answer TEXT NOT NULL);
"""
# How long one waits for what another process holds, and how often one looks where SQLite does not.
_BUSY_S = 20.0
_LOOK_S = 0.01
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


def connect(path: Path) -> sqlite3.Connection:
    """A connection for any thread, whose commits are synced before they return."""
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    _enter_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _enter_wal(connection: sqlite3.Connection) -> None:
    # The first to open a new file changes its mode. SQLite does not wait for another that is at it,
    # as two workers are that start together: it refuses at once, whatever its timeout.
    latest = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not _is(error, sqlite3.SQLITE_BUSY) or time.monotonic() > latest:
                raise
            time.sleep(_LOOK_S)
        else:
            return


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables if they are missing.

    A log that exists is only read, so that a service starts on a full disk too.
    """
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
        return
    with transaction(connection):
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('id', ?)", (uuid.uuid4().hex,))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What the block writes is committed when it ends, or nothing of it.

    Raises:
        StorageFull, NotReady: see `storage_errors`.
    """
    with storage_errors():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite has rolled back by itself if the disk is full
                connection.execute("ROLLBACK")
            raise


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise SQLite's errors as our own if they can pass by themselves; others stay as they are.

    Raises:
        StorageFull: if the disk has no room.
        NotReady: if another process holds the file.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if _is(error, *_FULL):
            raise StorageFull("There is no room left to store the write.") from None
        if _is(error, sqlite3.SQLITE_BUSY):
            raise NotReady("Another process holds the log of live writes.") from None
        raise


def _is(error: sqlite3.OperationalError, *families: int) -> bool:
    # The low byte of a code is its family.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in families
