"""The tables of the store in PostgreSQL, and how they are brought up to date."""

from __future__ import annotations

from typing import Any

from twinset.errors import ConfigError

# Each is applied once, in order, and never changed afterwards.
_MIGRATIONS = (
    """
    CREATE TABLE twinset_log (
      sequence int8 PRIMARY KEY, time int8 NOT NULL,
      id text NOT NULL, operation text NOT NULL, fields text NOT NULL);
    CREATE INDEX twinset_log_time ON twinset_log (time);
    CREATE TABLE twinset_pictures (
      sha text PRIMARY KEY, sequence int8 NOT NULL, type text NOT NULL, data bytea NOT NULL);
    CREATE TABLE twinset_vectors (
      key text PRIMARY KEY, sequence int8 NOT NULL, data bytea NOT NULL);
    CREATE TABLE twinset_answers (
      key text PRIMARY KEY, time int8 NOT NULL, request text NOT NULL, answer text NOT NULL);
    CREATE INDEX twinset_answers_time ON twinset_answers (time);
    """,
    """
    CREATE TABLE twinset_acts (
      number bigserial PRIMARY KEY, time int8 NOT NULL,
      who text NOT NULL, kind text NOT NULL, subject text NOT NULL, detail text NOT NULL);
    """,
)


def migrate(connected: Any) -> None:
    """Bring the tables up to date; services that start together wait for one that is at it.

    Raises:
        ConfigError: if they are those of a later Twinset.
    """
    with connected.transaction():
        connected.execute("SELECT pg_advisory_xact_lock(hashtextextended('twinset migrate', 0))")
        connected.execute(
            "CREATE TABLE IF NOT EXISTS twinset_meta (name text PRIMARY KEY, value text NOT NULL)"
        )
        row = connected.execute("SELECT value FROM twinset_meta WHERE name = 'schema'").fetchone()
        done = int(row[0]) if row else 0
        if done > len(_MIGRATIONS):
            raise ConfigError("the tables in TWINSET_STORE are those of a later Twinset; upgrade")
        for statements in _MIGRATIONS[done:]:
            connected.execute(statements)
        if done < len(_MIGRATIONS):
            sql = (
                "INSERT INTO twinset_meta VALUES ('schema', %s) "
                "ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"
            )
            connected.execute(sql, [str(len(_MIGRATIONS))])
