"""Events and searches in the PostgreSQL that several services share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from twinset.events.event_store import (
    EVENTS_FILE,
    Event,
    Events,
    EventStore,
    Search,
    event_row,
    oldest_kept,
    search_row,
)
from twinset.store.postgres_connection import connection, durable, store_address
from twinset.store.postgres_schema import open_tables

# By table: the newest row that is one too many, and how rows before a time are removed.
_PRUNING = (
    (
        "SELECT time FROM twinset_events ORDER BY time DESC LIMIT 1 OFFSET %s",
        "DELETE FROM twinset_events WHERE time < %s",
    ),
    (
        "SELECT time FROM twinset_searches ORDER BY time DESC LIMIT 1 OFFSET %s",
        "DELETE FROM twinset_searches WHERE time < %s",
    ),
)
_ADD_EVENT = "INSERT INTO twinset_events VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"
_ADD_SEARCH = """
INSERT INTO twinset_searches
  (request, time, way, words, version, found, best, relevance, kind, start)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_TABLES = re.compile(r"\b(FROM|JOIN) (events|searches)\b")


class PostgresEvents:
    """See `twinset.events.event_store.Events`.

    Raises:
        ConfigError: if the tables are those of a later Twinset.
    """

    day = "to_char(to_timestamp(time) AT TIME ZONE 'UTC', 'YYYY-MM-DD')"

    def __init__(self, address: str, days: int = 90, most: int = 5_000_000) -> None:
        self._address, self._days, self._most = address, days, most
        open_tables(address)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """See `EventReader`."""
        sql = _TABLES.sub(r"\1 twinset_\2", sql).replace("?", "%s")
        with connection(self._address) as connected:
            found: list[tuple[Any, ...]] = connected.execute(sql, values).fetchall()
        return found

    def append(self, events: Sequence[Event], searches: Sequence[Search] = ()) -> None:
        """See `Events`."""
        with durable(self._address) as connected, connected.cursor() as cursor:
            # By key, so that two services which keep the same events do not wait for each other
            # in a circle; of one key the first counts.
            if events:
                rows = [_kept(event_row(one)) for one in events]
                cursor.executemany(_ADD_EVENT, sorted(rows, key=lambda row: row[:4]))
            if searches:
                rows = [_kept(search_row(one)) for one in searches]
                cursor.executemany(_ADD_SEARCH, sorted(rows, key=lambda row: row[:1]))

    def prune(self, now: float | None = None) -> None:
        """See `Events`."""
        oldest = oldest_kept(self._days, now)
        with connection(self._address) as connected:
            for newest, delete in _PRUNING:
                kept = connected.execute(newest, [self._most]).fetchone()
                connected.execute(delete, [max(oldest, 0 if kept is None else kept[0] + 1)])

    def close(self) -> None:
        """The connections are the process's, for whatever else lies in PostgreSQL."""


def open_events(index_dir: Path, days: int) -> Events:
    """The events of the store that `TWINSET_STORE` names, or those of the index folder.

    Raises:
        ConfigError, NotReady, StorageFull: if they cannot be opened.
    """
    address = store_address()
    if address is None:
        return EventStore(index_dir / EVENTS_FILE, days)
    return PostgresEvents(address, days)


def _kept(row: Sequence[Any]) -> tuple[Any, ...]:
    """The row with texts as PostgreSQL takes them: without NUL."""
    return tuple(value.replace("\0", " ") if isinstance(value, str) else value for value in row)
