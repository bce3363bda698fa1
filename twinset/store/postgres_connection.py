"""Connections to the PostgreSQL that `TWINSET_STORE` names, and what its errors mean.

psycopg is imported if it is used. TLS is asked for in the address: `?sslmode=verify-full`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from twinset.errors import ConfigError, NotReady, StorageFull

VARIABLE = "TWINSET_STORE"
_SCHEMES = ("postgresql://", "postgres://")
_TIMEOUT_S = 3
_MOST_CONNECTIONS = 8
_LOGGED = 200
# SQLSTATE 53100: the disk is full; class 53 is of other resources.
_DISK_FULL = "53100"
# A server that was cut off without a word is noticed after seconds, not minutes.
_LOST = {"keepalives_idle": 5, "keepalives_interval": 2, "tcp_user_timeout": 8000}
# So does the server notice a client that was cut off, and lets go of its locks. Set once connected:
# not every pooler lets options pass in an address.
_LOST_CLIENT = (
    "SELECT set_config('tcp_keepalives_idle', '5', false), "
    "set_config('tcp_keepalives_interval', '2', false), "
    "set_config('tcp_keepalives_count', '3', false), set_config('tcp_user_timeout', '8000', false)"
)
# A database that was made without an encoding would send bytes instead of texts.
_OPTIONS = {"connect_timeout": _TIMEOUT_S, "client_encoding": "UTF8", **_LOST}
# Callers that all wait for a server that is away would keep each other waiting.
_PAUSE_S = 1.0
_away_until: dict[str, float] = {}
logger = logging.getLogger("twinset.store")


def store_address() -> str | None:
    """The address in `TWINSET_STORE`; None if it is not set.

    Raises:
        ConfigError: if it is no address of a PostgreSQL.
    """
    address = os.environ.get(VARIABLE)
    if not address:
        return None
    if not address.startswith(_SCHEMES):
        raise ConfigError(f"{VARIABLE} must be postgresql://user:password@host/database")
    return address


def require_address() -> str:
    """As `store_address`; ConfigError if it is not set."""
    address = store_address()
    if address is None:
        raise ConfigError(f"this index is kept in PostgreSQL; set {VARIABLE}")
    return address


@cache
def pool(address: str) -> Any:
    """A `psycopg_pool.ConnectionPool`, one per process and address; it heals by itself.

    Raises:
        ConfigError: if psycopg is not installed.
    """
    try:
        from psycopg_pool import ConnectionPool
    except ImportError:
        raise ConfigError("PostgreSQL needs psycopg; install the extra `postgres`") from None
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # `answering` logs a line
    return ConnectionPool(
        address,
        min_size=0,
        max_size=_MOST_CONNECTIONS,
        open=True,
        timeout=_TIMEOUT_S,
        reconnect_timeout=_TIMEOUT_S,
        max_idle=60,
        check=ConnectionPool.check_connection,
        configure=lambda connected: connected.execute(_LOST_CLIENT),
        kwargs={"autocommit": True, **_OPTIONS},
    )


def connect(address: str) -> Any:
    """A connection of the caller's own, outside of the pool.

    Raises:
        psycopg.OperationalError: if there is none; see `answering`.
    """
    from psycopg import Connection

    return Connection.connect(address, autocommit=True, **_OPTIONS)


def disconnect(address: str) -> None:
    """Close the connections to an address."""
    pool(address).close()
    pool.cache_clear()


@contextmanager
def connection(address: str) -> Iterator[Any]:
    """A connection of the pool; each statement is a transaction unless the block begins one.

    Raises:
        ConfigError: if the user may not do what a statement asks for.
        NotReady: if PostgreSQL does not answer; for a second after that nobody waits for it again.
        StorageFull: if its disk is full.
    """
    if time.monotonic() < _away_until.get(address, 0.0):
        raise NotReady("PostgreSQL does not answer.")

    def note() -> None:
        _away_until[address] = time.monotonic() + _PAUSE_S

    with answering(note), pool(address).connection() as connected:
        yield connected


def psycopg_error(name: str) -> type[Exception]:
    """A class of `psycopg.errors`, for an `except`."""
    from psycopg import errors

    found: type[Exception] = getattr(errors, name)
    return found


@contextmanager
def durable(address: str) -> Iterator[Any]:
    """A connection whose block is one transaction, on the disk when the block has ended."""
    with connection(address) as connected, connected.transaction():
        # Whatever the server's default.
        connected.execute("SELECT set_config('synchronous_commit', 'on', true)")
        yield connected


@contextmanager
def answering(on_lost: Callable[[], None] | None = None) -> Iterator[None]:
    """Raise psycopg's errors as our own if they pass by themselves, or if an operator can mend
    them; others stay as they are. `on_lost` is called if PostgreSQL does not answer."""
    from psycopg import InterfaceError, OperationalError
    from psycopg.errors import InsufficientPrivilege
    from psycopg_pool import PoolTimeout

    try:
        yield
    except InsufficientPrivilege as error:
        lacking = error.diag.message_primary
        raise ConfigError(f"the user of {VARIABLE} lacks a right: {lacking}") from None
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        state = getattr(error, "sqlstate", None)
        if state == _DISK_FULL:
            raise StorageFull("There is no room left to store the write.") from None
        logger.warning("PostgreSQL does not answer as it should: %s", str(error)[:_LOGGED])
        if on_lost is not None:
            on_lost()
        raise NotReady("PostgreSQL does not answer as it should.") from None
