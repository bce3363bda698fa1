"""The log of live writes in PostgreSQL, shared by services on several machines.

One transaction writes at a time, under an advisory lock, so sequences rise without gaps in the
order of the commits, and a reader never sees a later write before an earlier one. A write's vector
goes along in its transaction: it is embedded once, by the service that took it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinset.errors import NotReady
from twinset.index.indexed_items import StoredImage
from twinset.index.vector_index import Vectors
from twinset.live.write_log import ANSWERS_KEPT_S, LAST, Entry, Remembered
from twinset.store.audit_trail import MOST_KEPT, Act, act_of
from twinset.store.postgres_connection import connection, psycopg_error
from twinset.store.postgres_notices import NOTIFY
from twinset.store.postgres_schema import migrate
from twinset.store.trimmed_writes import (
    MICROSECONDS,
    TRIMMED,
    TRIMMED_TIME,
    Trimmed,
    moment_of,
)

# A service that was away for longer needs a copy of the index folder of another one.
KEPT_DAYS = 30
_DAY_S = 24 * 3600
_LOCK = "twinset write"
# How long one waits for the write of another service, as with SQLite.
_MOST_WAIT_MS = 20_000


class PostgresLog:
    """See `twinset.live.store.Store`. The tables are made or migrated when it is opened.

    Raises:
        ConfigError: if the tables are those of a later Twinset.
        NotReady: if PostgreSQL does not answer.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        with connection(address) as connected:
            migrate(connected)
        if self._meta("id") is None:
            sql = "INSERT INTO twinset_meta VALUES ('id', %s) ON CONFLICT DO NOTHING"
            with connection(address) as connected:
                connected.execute(sql, [uuid.uuid4().hex])
        self.id = str(self._meta("id"))

    def close(self) -> None:
        """The connections are the process's, for whatever else lies in PostgreSQL."""

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection(self._address) as connected:
            rows: list[tuple[Any, ...]] = connected.execute(sql, values, binary=True).fetchall()
        return rows

    def _meta(self, name: str) -> str | None:
        rows = self._rows("SELECT value FROM twinset_meta WHERE name = %s", name)
        return str(rows[0][0]) if rows else None

    @property
    def sequence(self) -> int:
        return int(self._meta("sequence") or 0)

    def entries(self, after: int, upto: int = LAST) -> list[Entry]:
        rows = self._rows(
            "SELECT id, operation, fields, sequence FROM twinset_log "
            "WHERE sequence > %s AND sequence <= %s ORDER BY sequence",
            *(after, upto),
        )
        return [Entry(i, operation, json.loads(fields), n) for i, operation, fields, n in rows]

    def marker(self, live: Mapping[str, Any] | None) -> int:
        """See `Store`.

        Raises:
            NotReady: if writes that the version lacks were forgotten already.
        """
        live = live or {}
        folded = int(live.get("sequence", 0)) if live.get("log") == self.id else 0
        moment = moment_of(live)
        sql = "SELECT max(sequence) FROM twinset_log WHERE time <= %s"
        held = int(self._rows(sql, moment)[0][0] or 0)
        # What an earlier release forgot has no time, but was older than this.
        trimmed_time = int(self._meta(TRIMMED_TIME) or _oldest_kept())
        trimmed = Trimmed(int(self._meta(TRIMMED) or 0), trimmed_time)
        return trimmed.checked(max(folded, held), moment)

    def applied(self, name: str) -> int:
        return int(self._meta(f"applied:{name}") or 0)

    def set_applied(self, name: str, sequence: int) -> None:
        with connection(self._address) as connected:
            _set_meta(connected, f"applied:{name}", sequence)

    def picture(self, sha: str) -> StoredImage | None:
        rows = self._rows("SELECT data, type FROM twinset_pictures WHERE sha = %s", sha)
        return StoredImage(bytes(rows[0][0]), rows[0][1]) if rows else None

    def vectors(self, keys: Iterable[str]) -> dict[str, Vectors]:
        wanted = list(keys)
        if not wanted:
            return {}
        rows = self._rows("SELECT key, data FROM twinset_vectors WHERE key = ANY(%s)", wanted)
        return {key: np.frombuffer(bytes(data), np.float32) for key, data in rows}

    def acts(self, limit: int) -> list[Act]:
        sql = (
            "SELECT time, who, kind, subject, detail FROM twinset_acts "
            "ORDER BY number DESC LIMIT %s"
        )
        return [act_of(row) for row in self._rows(sql, limit)]

    @contextmanager
    def transaction(self) -> Iterator[PostgresTransaction]:
        with connection(self._address) as connected, connected.transaction():
            try:
                # Whatever the server's default: a write is on its disk before it is acknowledged.
                connected.execute(
                    "SELECT set_config('synchronous_commit', 'on', true), "
                    "set_config('lock_timeout', %s, true), "
                    "pg_advisory_xact_lock(hashtextextended(%s, 0))",
                    [str(_MOST_WAIT_MS), _LOCK],
                )
            except psycopg_error("LockNotAvailable"):
                raise NotReady("Another service holds the log of live writes.") from None
            yield PostgresTransaction(connected)
            connected.execute(NOTIFY)  # is sent with the commit

    @contextmanager
    def leading(self, task: str) -> Iterator[bool]:
        # The server drops the lock when the connection is lost, so a leader that dies is replaced.
        with connection(self._address) as connected, connected.transaction():
            connected.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
            yield bool(connected.execute(sql, [f"twinset {task}"]).fetchone()[0])

    def trim(self, upto: int) -> None:
        """Forget writes up to a sequence that are older than `KEPT_DAYS`: other services may have
        versions without them."""
        with self.transaction() as transaction:
            transaction.forget(upto, _oldest_kept())


@dataclass(frozen=True)
class PostgresTransaction:
    """See `twinset.live.store.StoreTransaction`."""

    _connection: Any

    @property
    def sequence(self) -> int:
        sql = "SELECT value FROM twinset_meta WHERE name = 'sequence'"
        row = self._connection.execute(sql).fetchone()
        return int(row[0]) if row else 0

    def append(self, entry: Entry) -> int:
        number = self.sequence + 1
        # Times must rise with sequences also when clocks differ.
        sql = (
            "INSERT INTO twinset_log (sequence, time, id, operation, fields) VALUES (%s, greatest("
            "%s, coalesce((SELECT time FROM twinset_log ORDER BY sequence DESC LIMIT 1), "
            "(SELECT value::int8 FROM twinset_meta WHERE name = %s), 0)), "
            "%s, %s, %s)"
        )
        fields = json.dumps(dict(entry.fields), allow_nan=False)  # in ASCII: \u0000 is no text here
        values = [number, _now(), TRIMMED_TIME, entry.id, entry.operation, fields]
        self._connection.execute(sql, values)
        _set_meta(self._connection, "sequence", number)
        for sha in entry.pictures:
            self._connection.execute(
                "UPDATE twinset_pictures SET sequence = %s WHERE sha = %s", [number, sha]
            )
        return number

    def add_pictures(self, pictures: Mapping[str, StoredImage]) -> None:
        sql = "INSERT INTO twinset_pictures VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
        number = self.sequence + 1
        for sha, picture in pictures.items():
            self._connection.execute(sql, [sha, number, picture.media_type, picture.data])

    def add_vectors(self, vectors: Mapping[str, Vectors]) -> None:
        sql = (
            "INSERT INTO twinset_vectors VALUES (%s, %s, %s) ON CONFLICT (key) "
            "DO UPDATE SET sequence = EXCLUDED.sequence"
        )
        number = self.sequence + 1
        for key, row in vectors.items():
            self._connection.execute(sql, [key, number, np.float32(row).tobytes()])

    def note(self, act: Act) -> None:
        sql = (
            "INSERT INTO twinset_acts (time, who, kind, subject, detail) "
            "VALUES (%s, %s, %s, %s, %s) RETURNING number"
        )
        number = self._connection.execute(sql, list(act.row)).fetchone()[0]
        self._connection.execute(
            "DELETE FROM twinset_acts WHERE number <= %s", [number - MOST_KEPT]
        )

    def recall(self, key: str) -> Remembered | None:
        oldest = _now() - ANSWERS_KEPT_S * MICROSECONDS
        self._connection.execute("DELETE FROM twinset_answers WHERE time < %s", [oldest])
        sql = "SELECT request, answer FROM twinset_answers WHERE key = %s"
        row = self._connection.execute(sql, [key]).fetchone()
        return Remembered(row[0], json.loads(row[1])) if row else None

    def remember(self, key: str, request: str, answer: Mapping[str, Any]) -> None:
        values = [key, _now(), request, json.dumps(dict(answer))]
        self._connection.execute("INSERT INTO twinset_answers VALUES (%s, %s, %s, %s)", values)

    def forget(self, upto: int, oldest: int) -> None:
        """Remove writes up to a sequence that were made before a time."""
        sql = "SELECT max(sequence), max(time) FROM twinset_log WHERE sequence <= %s AND time < %s"
        last, moment = self._connection.execute(sql, [upto, oldest]).fetchone()
        if last is None:
            return
        for table in ("log", "pictures", "vectors"):
            sql = f"DELETE FROM twinset_{table} WHERE sequence <= %s"  # noqa: S608 - fixed names
            self._connection.execute(sql, [last])
        _set_meta(self._connection, TRIMMED, last)
        _set_meta(self._connection, TRIMMED_TIME, moment)


def _set_meta(connected: Any, name: str, value: int) -> None:
    sql = (
        "INSERT INTO twinset_meta VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"
    )
    connected.execute(sql, [name, str(value)])


def _oldest_kept() -> int:
    return _now() - KEPT_DAYS * _DAY_S * MICROSECONDS


def _now() -> int:
    return time.time_ns() // 1000
