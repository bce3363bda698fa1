"""The tables of the store in PostgreSQL, and how they are brought up to date."""

from __future__ import annotations

from functools import cache
from typing import Any

from twinset.errors import ConfigError
from twinset.store.postgres_connection import connection, psycopg_error

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
    """
    CREATE TABLE twinset_line (place int4 PRIMARY KEY, name text NOT NULL);
    CREATE TABLE twinset_versions (
      name text PRIMARY KEY, time int8 NOT NULL, manifest text NOT NULL, encoder text);
    CREATE TABLE twinset_events (
      request text, item text, kind text, surface text COLLATE "C",
      position int4 NOT NULL, time int8 NOT NULL, PRIMARY KEY (request, item, kind, surface));
    CREATE INDEX twinset_events_time ON twinset_events (time);
    CREATE TABLE twinset_searches (
      request text PRIMARY KEY, time int8 NOT NULL, way text NOT NULL,
      words text COLLATE "C" NOT NULL, version text NOT NULL, found int4 NOT NULL, best float8);
    CREATE INDEX twinset_searches_time ON twinset_searches (time);
    """,
    """
    ALTER TABLE twinset_searches ADD COLUMN relevance float8;
    ALTER TABLE twinset_searches ADD COLUMN kind text COLLATE "C" NOT NULL DEFAULT '';
    ALTER TABLE twinset_searches ADD COLUMN start int4 NOT NULL DEFAULT 0;
    """,
)


@cache
def open_tables(address: str) -> None:
    """Bring the tables up to date, once per process and address.

    Raises:
        ConfigError: if they are those of a later Twinset, or may not be made by this user.
        NotReady: if PostgreSQL does not answer.
    """
    with connection(address) as connected:
        migrate(connected)


def migrate(connected: Any) -> None:
    """Bring the tables up to date; services that start together wait for one that is at it.

    If they are up to date, nothing is asked for but reading: a user that may not make tables can
    serve once one that may has migrated.

    Raises:
        ConfigError: if they are those of a later Twinset, or may not be made by this user.
    """
    done = _schema_of(connected)
    if done > len(_MIGRATIONS):
        raise ConfigError("the tables in TWINSET_STORE are those of a later Twinset; upgrade")
    if done == len(_MIGRATIONS):
        return
    try:
        with connected.transaction():
            _apply(connected)
    except psycopg_error("InsufficientPrivilege"):
        raise ConfigError(
            "the user of TWINSET_STORE may not make tables: start one service as their owner first"
        ) from None


def _apply(connected: Any) -> None:
    connected.execute("SELECT pg_advisory_xact_lock(hashtextextended('twinset migrate', 0))")
    connected.execute(
        "CREATE TABLE IF NOT EXISTS twinset_meta (name text PRIMARY KEY, value text NOT NULL)"
    )
    done = _schema_of(connected)
    for statements in _MIGRATIONS[done:]:
        connected.execute(statements)
    sql = (
        "INSERT INTO twinset_meta VALUES ('schema', %s) "
        "ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"
    )
    connected.execute(sql, [str(len(_MIGRATIONS))])


def _schema_of(connected: Any) -> int:
    """How many migrations were applied."""
    if connected.execute("SELECT to_regclass('twinset_meta')").fetchone()[0] is None:
        return 0
    row = connected.execute("SELECT value FROM twinset_meta WHERE name = 'schema'").fetchone()
    return int(row[0]) if row else 0
