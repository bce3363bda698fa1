"""The catalogue as it was a while ago, for lists that are read on: what cursors stand for.

A version with its live writes is a value that a worker can make again, from the base version and
the log up to a write, whichever worker first showed it. So only what is asked for is kept: states
that cursors were given for, and for a while the base versions that are no longer live.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cachetools import TTLCache

from app.live.kept_index import KeptIndex
from app.recommend.lists.cursors import LASTS_S, Place
from app.recommend.recommender import Recommender
from app.service_errors import CursorExpired
from app.settings import Settings
from twinset.index.engines import FAISS_KINDS, engine_of
from twinset.index.index_versions import IndexVersion
from twinset.live.catch_up import Embedder, overlay_at
from twinset.live.merged_version import merge_version
from twinset.live.store import Store

# Each may hold on to an encoder of its own.
_MOST_LEFT = 2


@dataclass(frozen=True)
class Shown:
    """What a worker shows: a recommender, the base version below its writes, and the log."""

    recommender: Recommender
    base: IndexVersion
    log: Store | None


@dataclass(frozen=True)
class _Left:
    """A base version that was live until a moment ago."""

    shown: Shown
    until: float


class Snapshots:
    """Finds the recommender of an earlier state. Calls may block; any thread may make them.

    `clock` is in seconds. An engine outside of this process keeps the vectors of a version as it
    was built; those of writes over it come from the log, as with every kind.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._made: TTLCache[tuple[str, int], Recommender] = TTLCache(
            settings.kept_snapshots, LASTS_S, clock
        )
        self._left: dict[str, _Left] = {}
        self._lock, self._making = threading.Lock(), threading.Lock()

    def leave(self, before: Shown, now: Shown) -> None:
        """Keep what `now` replaces, as long as cursors of it may come back."""
        version = before.recommender.version
        with self._lock:
            # What an engine holds of live writes goes on changing.
            if before.recommender.has_cursors and before.base.index.kind in FAISS_KINDS:
                self._made[version.name, version.sequence] = before.recommender
            if before.base is not now.base:
                self._left.pop(before.base.name, None)
                self._left[before.base.name] = _Left(before, self._clock() + LASTS_S)
            self._left.pop(now.base.name, None)
        self.sweep(now)

    def sweep(self, shown: Shown) -> None:
        """Let go of what no cursor can stand for any more, and of what takes too much memory."""
        with self._lock:
            now, room = self._clock(), self._settings.max_left_bytes
            for place, (name, left) in enumerate(reversed(list(self._left.items()))):
                room -= _bytes_of(left.shown.base)
                if left.until < now or room < 0 or place >= _MOST_LEFT:
                    del self._left[name]
            self._made.expire()
            kept = {*self._left, shown.base.name}
            for key in [key for key in self._made if key[0] not in kept]:
                del self._made[key]

    def find(self, place: Place, shown: Shown) -> Recommender:
        """The recommender of the state that a cursor stands for, `shown` being the present one.

        Raises:
            CursorExpired: it cannot be made again here.
        """
        version, key = shown.recommender.version, (place.version, place.sequence)
        if key == (version.name, version.sequence):
            return shown.recommender
        with self._making:  # callers that ask for the same state wait for it
            with self._lock:
                made: Recommender | None = self._made.get(key)
                source = shown if made is not None else self._shown_with(place.version, shown)
            if made is None:
                made = self._make(place, source)
                with self._lock:
                    self._made[key] = made
            return made

    def _shown_with(self, name: str, shown: Shown) -> Shown:
        if shown.base.name == name:
            return shown
        left = self._left.get(name)
        if left is None:
            raise CursorExpired
        return Shown(left.shown.recommender, left.shown.base, shown.log or left.shown.log)

    def _make(self, place: Place, shown: Shown) -> Recommender:
        base = shown.base
        if base.index.kind not in FAISS_KINDS:
            base = replace(base, index=KeptIndex(base.index))
        if place.sequence == 0:
            return shown.recommender.with_version(base)
        if shown.log is None:
            raise CursorExpired
        limits = self._settings.image_limits
        embedder = Embedder(shown.recommender.encoder, shown.log, limits)
        overlay = overlay_at(base, embedder, place.sequence)
        if overlay is None:
            raise CursorExpired
        return shown.recommender.with_version(merge_version(overlay, shown.log))


def _bytes_of(base: IndexVersion) -> int:
    """What a base version takes in memory: its vectors and its fields."""
    fields = int(getattr(base.items, "memory", 0))
    return engine_of(base.index.kind).memory(base.index.kind, len(base), base.dimension) + fields
