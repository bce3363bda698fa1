"""Queries that many shoppers used and that found something, for completions."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from twinset.errors import TwinsetError
from twinset.events.analytics import frequent_words
from twinset.events.event_store import Events

_FRESH_S = 300.0


class FrequentQueries:
    """The queries as they were at most five minutes ago; none while the events cannot be read.

    Example:
        >>> FrequentQueries(lambda: open_events(index, 90))()
        ['red dress', 'sneakers']
    """

    def __init__(self, open_store: Callable[[], Events]) -> None:
        self._open = open_store
        self._until = float("-inf")
        self._found: Sequence[str] = ()

    def __call__(self) -> Sequence[str]:
        """The queries, the most frequent first; reads a file now and then, so not for the loop."""
        if time.monotonic() >= self._until:
            self._until = time.monotonic() + _FRESH_S
            try:
                store = self._open()
                try:
                    self._found = [words for words, _ in frequent_words(store, time.time())]
                finally:
                    store.close()
            except TwinsetError:
                self._found = ()
        return self._found
