"""Events and searches: appended to in groups, read by `analytics`. Here is the seam, and the SQLite
file of one machine; `twinset.events.postgres_events` keeps those of several.

An event is named by what it says (kind, search, item, surface), so one that is sent twice, because
its answer was lost, is kept once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from twinset.live.log_database import connect, storage_errors, transaction

EVENTS_FILE = "events.sqlite"
DAY_S = 86_400
Kind = Literal["seen", "click", "basket", "bought"]
Way = Literal["words", "photo", "item", "blend"]
KINDS: tuple[Kind, ...] = ("seen", "click", "basket", "bought")
_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  request TEXT NOT NULL, item TEXT NOT NULL, kind TEXT NOT NULL, surface TEXT NOT NULL,
  position INTEGER NOT NULL, time INTEGER NOT NULL,
  PRIMARY KEY (request, item, kind, surface)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS events_by_time ON events (time);
CREATE TABLE IF NOT EXISTS searches (
  request TEXT PRIMARY KEY, time INTEGER NOT NULL, way TEXT NOT NULL, words TEXT NOT NULL,
  version TEXT NOT NULL, found INTEGER NOT NULL, best REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS searches_by_time ON searches (time);
"""
# Columns that came later; a file that lacks them is given them when it is opened.
_LATER = {
    "relevance": "REAL",
    "kind": "TEXT NOT NULL DEFAULT ''",
    "start": "INTEGER NOT NULL DEFAULT 0",
}
_ADD_SEARCH = """
INSERT OR IGNORE INTO searches
  (request, time, way, words, version, found, best, relevance, kind, start)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
# By table: the newest row that is one too many, and how rows before a time are removed.
_PRUNING = (
    (
        "SELECT time FROM events ORDER BY time DESC LIMIT 1 OFFSET ?",
        "DELETE FROM events WHERE time < ?",
    ),
    (
        "SELECT time FROM searches ORDER BY time DESC LIMIT 1 OFFSET ?",
        "DELETE FROM searches WHERE time < ?",
    ),
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a shopper did with an item of an answer.

    `request` is the answer's `request_id`, `position` the item's place in it from 1 (0 if unknown),
    `surface` where it was shown, such as "search" or "widget". `time` is in seconds since 1970.
    """

    kind: Kind
    request: str
    item: str
    surface: str = ""
    position: int = 0
    time: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """One answer: how it was asked for, in which words, what of the catalogue answered.

    `found` counts the items of its page, `start` those of the pages before it. `best` is the first
    one's score and `relevance` the highest of the page, None if there is none. `kind` is what a
    photo was seen to show. `time` is in seconds since 1970.
    """

    request: str
    way: Way
    version: str
    found: int
    words: str = ""
    best: float | None = None
    time: int = 0
    relevance: float | None = None
    kind: str = ""
    start: int = 0


class EventReader(Protocol):
    """What reports read: the tables `events` and `searches`, by SQL that SQLite and PostgreSQL
    understand alike."""

    @property
    def day(self) -> str:
        """In SQL: the day (UTC, as 2026-01-31) of the column `time`."""
        ...

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a query whose values are marked by `?`."""
        ...


class Events(EventReader, Protocol):
    """Keeps events and searches for a number of days, at most a number of each.

    Used by one thread. What was appended is on the disk when `append` returns.

    Raises:
        StorageFull: there is no room left, from any method.
        NotReady: the store does not answer, from any method; a later call can succeed.
    """

    def append(self, events: Sequence[Event], searches: Sequence[Search] = ()) -> None:
        """Keep what is new of these, in one transaction; what is known already is passed over."""
        ...

    def prune(self, now: float | None = None) -> None:
        """Remove what is too old, and the oldest beyond the most that are kept."""
        ...

    def close(self) -> None: ...


class EventStore:
    """See `Events`. Keeps events and searches in a file for `days`, at most `most` of each.

    Used by one thread; several processes may have the file open. What was appended is on the disk
    when `append` returns.

    Raises:
        StorageFull: there is no room left.
        NotReady: another process holds the file for too long.
    """

    def __init__(self, path: Path, days: int = 90, most: int = 5_000_000) -> None:
        self._days, self._most = days, most
        with storage_errors():
            self.database = connect(path)
            self.database.executescript(_SCHEMA)
            self._add_columns()

    def _add_columns(self) -> None:
        """Add the columns that the file lacks; of processes that open it together one does."""
        if _LATER.keys() <= self._columns():
            return
        with transaction(self.database):
            for name in _LATER.keys() - self._columns():
                self.database.execute(f"ALTER TABLE searches ADD COLUMN {name} {_LATER[name]}")

    def _columns(self) -> set[str]:
        return {str(row[1]) for row in self.database.execute("PRAGMA table_info(searches)")}

    day = "date(time, 'unixepoch')"

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """See `EventReader`."""
        with storage_errors():
            return self.database.execute(sql, values).fetchall()

    def append(self, events: Sequence[Event], searches: Sequence[Search] = ()) -> None:
        """See `Events`."""
        with transaction(self.database):
            self.database.executemany(
                "INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?, ?, ?)", map(event_row, events)
            )
            self.database.executemany(_ADD_SEARCH, map(search_row, searches))

    def prune(self, now: float | None = None) -> None:
        """See `Events`."""
        oldest = oldest_kept(self._days, now)
        with storage_errors():
            for newest, delete in _PRUNING:
                kept = self.database.execute(newest, (self._most,)).fetchone()
                before = max(oldest, 0 if kept is None else kept[0] + 1)
                self.database.execute(delete, (before,))

    def close(self) -> None:
        self.database.close()


def oldest_kept(days: int, now: float | None = None) -> int:
    """The time before which events are removed."""
    return int((time.time() if now is None else now) - days * DAY_S)


def event_row(event: Event) -> tuple[str | int, ...]:
    """The columns of an event, in the order of its table."""
    return (
        *(_whole(event.request), _whole(event.item), event.kind, _whole(event.surface)),
        *(event.position, event.time),
    )


def search_row(search: Search) -> tuple[str | int | float | None, ...]:
    """The columns of a search, in the order of its table."""
    return (
        *(_whole(search.request), search.time, search.way, _whole(search.words)),
        *(search.version, search.found, search.best, search.relevance),
        *(_whole(search.kind), search.start),
    )


def _whole(text: str) -> str:
    """The text without halves of surrogate pairs, which no database takes."""
    return text.encode("utf-8", "replace").decode()


def plain_words(text: str) -> str:
    """The form in which words are counted: lower case, single spaces, at most 80 characters."""
    return " ".join(text.lower().split())[:80]


def as_of(events: Iterable[Event], now: int) -> list[Event]:
    """The events with the server's time, since a client's clock may say anything."""
    return [Event(e.kind, e.request, e.item, e.surface, e.position, now) for e in events]
