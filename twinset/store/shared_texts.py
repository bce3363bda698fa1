"""Short texts that all services of a store share, such as the synonyms that were set live."""

from __future__ import annotations

import json

from twinset.store.postgres_connection import connection, durable, store_address
from twinset.store.postgres_notices import NOTIFY
from twinset.store.postgres_schema import open_tables

_PREFIX = "text:"


class NotShared(Exception):
    """There is no store, or nothing was ever shared under this name."""


def share_text(name: str, text: str | None) -> None:
    """Set a text, or take it away by None, for all services; nothing without a store.

    Raises:
        NotReady: if the store does not answer.
    """
    address = store_address()
    if address is None:
        return
    open_tables(address)
    sql = (
        "INSERT INTO twinset_meta VALUES (%s, %s) "
        "ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value"
    )
    with durable(address) as connected:
        connected.execute(sql, [_PREFIX + name, json.dumps(text)])
        connected.execute(NOTIFY)


def shared_text(name: str) -> str | None:
    """The text of this name; None if it was taken away.

    Raises:
        NotShared: if there is nothing to follow.
        NotReady: if the store does not answer.
    """
    address = store_address()
    if address is None:
        raise NotShared
    sql = "SELECT value FROM twinset_meta WHERE name = %s"
    with connection(address) as connected:
        row = connected.execute(sql, [_PREFIX + name]).fetchone()
    if row is None:
        raise NotShared
    text: str | None = json.loads(row[0])
    return text
