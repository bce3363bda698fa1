"""Waiting for what other services wrote: PostgreSQL's LISTEN and NOTIFY, and a clock beside them.

A notification only says that there is something to look at, so one that is lost (behind a pooler
that does not pass them on, or with a connection) costs a short wait and nothing else.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, Protocol

from twinset.errors import NotReady
from twinset.store.postgres_connection import answering, connect, store_address

CHANNEL = "twinset"
NOTIFY = f"SELECT pg_notify('{CHANNEL}', '')"
# How often a service looks by itself: while it is listening, and while it is not.
_LISTENING_S, _DEAF_S = 0.5, 0.2
_RETRY_S = 1.0
_CHECK_S = 5.0
logger = logging.getLogger("twinset.store")


class News(Protocol):
    """Says when it may be worth to look for what other processes wrote."""

    def wait(self) -> None:
        """Return when something may have been written, and in any case soon."""
        ...

    def close(self) -> None:
        """Return from `wait` at once, from now on."""
        ...


class Clock:
    """News without a store: SQLite and files tell nobody, so one looks five times a second."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def wait(self) -> None:
        """See `News`."""
        self._stopping.wait(_DEAF_S)

    def close(self) -> None:
        """See `News`."""
        self._stopping.set()


def open_news() -> News:
    """The news of the store that `TWINSET_STORE` names, or a clock."""
    address = store_address()
    return Clock() if address is None else Notices(address)


class Notices:
    """See `News`. It listens on a connection of its own from the first `wait` until `close`."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._news, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._listening = False

    def wait(self) -> None:
        """See `News`: at the latest after half a second."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
            self._thread.start()
        self._news.wait(_LISTENING_S if self._listening else _DEAF_S)
        if not self._stopping.is_set():
            self._news.clear()

    def close(self) -> None:
        """See `News`. The connection goes within seconds."""
        self._stopping.set()
        self._news.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with answering(), connect(self._address) as connected:
                    self._listen(connected)
            except NotReady:
                self._listening = False
                self._stopping.wait(_RETRY_S)

    def _listen(self, connected: Any) -> None:
        connected.execute(f"LISTEN {CHANNEL}")
        self._listening = True
        self._news.set()  # for what was written before
        while not self._stopping.is_set():
            for _ in connected.notifies(timeout=_CHECK_S, stop_after=1):
                self._news.set()
            connected.execute("SELECT 1")  # finds out if the server is gone
