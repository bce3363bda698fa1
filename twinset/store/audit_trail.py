"""Who did what to a live catalogue: acts of operators, kept in the store beside the writes."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

MOST_KEPT = 10_000
ActKind = Literal[
    "activate", "rollback", "compaction", "remove", "edit", "batch", "synonyms", "synonyms_reset"
]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS acts (
  number INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,
  who TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL)
"""


@dataclass(frozen=True)
class Act:
    """One act. `who` names a person or a key's short hash, never a key.

    `subject` is the version or item that was changed, `detail` how, both empty if the kind says it
    all. `time` is in microseconds since 1970.
    """

    who: str
    kind: ActKind
    subject: str = ""
    detail: str = ""
    time: int = 0

    @property
    def at(self) -> datetime:
        """When it was done."""
        return datetime.fromtimestamp(self.time / 1_000_000, UTC)

    @property
    def row(self) -> tuple[int, str, str, str, str]:
        """The act as a table holds it; of now if it has no time."""
        return self.time or time.time_ns() // 1000, self.who, self.kind, self.subject, self.detail


def act_of(row: tuple[Any, ...]) -> Act:
    """The act that a table holds in a row of time, who, kind, subject and detail."""
    moment, who, kind, subject, detail = row
    return Act(str(who), kind, str(subject), str(detail), int(moment))


def add_act(connection: sqlite3.Connection, act: Act) -> None:
    """Add an act inside a transaction; the oldest go when there are more than `MOST_KEPT`.

    A log of an earlier release has no table for acts until its first one.
    """
    connection.execute(_SCHEMA)
    sql = "INSERT INTO acts (time, who, kind, subject, detail) VALUES (?, ?, ?, ?, ?)"
    number = connection.execute(sql, act.row).lastrowid or 0
    connection.execute("DELETE FROM acts WHERE number <= ?", (number - MOST_KEPT,))


def latest_acts(connection: sqlite3.Connection, limit: int) -> list[Act]:
    """The latest acts, newest first."""
    made = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'acts'").fetchone()
    if made is None:
        return []
    sql = "SELECT time, who, kind, subject, detail FROM acts ORDER BY number DESC LIMIT ?"
    return [act_of(row) for row in connection.execute(sql, (limit,)).fetchall()]
