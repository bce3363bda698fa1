"""The live versions of an index, and the versions whose files are shared, in PostgreSQL.

Which version is live, and which were before it, is one small table. It changes in one transaction
under an advisory lock, and every service follows: a notification wakes those that listen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from twinset.store.postgres_connection import connection
from twinset.store.postgres_notices import NOTIFY
from twinset.store.postgres_schema import open_tables

_LOCK = "twinset line"
_LIST_LOCK = "twinset versions"
_BUILDING = "twinset building"


@dataclass(frozen=True)
class SharedVersion:
    """The manifest of a version whose files are shared, and that of its encoder if one is kept."""

    manifest: str
    encoder: str | None


class PostgresLine:
    """What the services that share a PostgreSQL know of index versions. Threads may share it.

    Raises:
        ConfigError: if the tables are those of a later Twinset.
        NotReady: if PostgreSQL does not answer, from any method.
    """

    def __init__(self, address: str) -> None:
        open_tables(address)
        self._address = address

    def _rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection(self._address) as connected:
            rows: list[tuple[Any, ...]] = connected.execute(sql, values).fetchall()
        return rows

    def names(self) -> list[str]:
        """The live version, then those that were live before it; empty before the first."""
        return [name for (name,) in self._rows("SELECT name FROM twinset_line ORDER BY place")]

    @contextmanager
    def changing(self) -> Iterator[Callable[[Sequence[str]], None]]:
        """Nobody else changes what is live until the block ends; what is written in it counts then.

        The function that is given writes the live version and those before it.
        """
        with self._transaction(_LOCK) as connected:

            def write(names: Sequence[str]) -> None:
                connected.execute("DELETE FROM twinset_line")
                for place, name in enumerate(names):
                    connected.execute("INSERT INTO twinset_line VALUES (%s, %s)", [place, name])
                connected.execute(NOTIFY)  # is sent with the commit

            yield write

    @contextmanager
    def building(self) -> Iterator[bool]:
        """True if nobody else builds; then nobody can until the block ends."""
        with connection(self._address) as connected, connected.transaction():
            connected.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            sql = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))"
            yield bool(connected.execute(sql, [_BUILDING]).fetchone()[0])

    def shared(self) -> dict[str, SharedVersion]:
        """The versions whose files are shared, by name."""
        rows = self._rows("SELECT name, manifest, encoder FROM twinset_versions ORDER BY name")
        return {name: SharedVersion(manifest, encoder) for name, manifest, encoder in rows}

    def shared_names(self) -> list[str]:
        """The names of `shared`, oldest first."""
        return [name for (name,) in self._rows("SELECT name FROM twinset_versions ORDER BY name")]

    def share(self, name: str, version: SharedVersion) -> None:
        """Make a version known, whose files are all in the shared storage."""
        sql = "INSERT INTO twinset_versions VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
        with self._transaction(_LIST_LOCK) as connected:
            values = [name, time.time_ns() // 1000, version.manifest, version.encoder]
            connected.execute(sql, values)
            connected.execute(NOTIFY)

    def forget(self, name: str) -> None:
        """Take a version off the list; its files are removed afterwards."""
        with self._transaction(_LIST_LOCK) as connected:
            connected.execute("DELETE FROM twinset_versions WHERE name = %s", [name])

    @contextmanager
    def _transaction(self, lock: str) -> Iterator[Any]:
        with connection(self._address) as connected, connected.transaction():
            connected.execute(
                "SELECT set_config('synchronous_commit', 'on', true), "
                "pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [lock],
            )
            yield connected
