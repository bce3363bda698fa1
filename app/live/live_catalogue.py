"""The live catalogue of one process: an index version, and the writes over it.

Each worker looks at CURRENT and at the log of live writes five times a second, and right after a
write of its own. If anything changed, it makes a new immutable version and shows it by a single
assignment; a request reads that once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

from app.concurrency.pools import BoundedPool
from app.live.compaction_process import Compactor
from app.live.engine_writer import Applier
from app.live.served_pair import open_encoder, open_pair
from app.live.snapshots import Shown, Snapshots
from app.live.version_fetcher import Fetcher
from app.observability.prometheus_metrics import Metrics
from app.recommend.lists.cursors import Place
from app.recommend.recommender import Recommender
from app.service_errors import CursorExpired
from app.settings import Settings
from twinset.encoders import Encoder
from twinset.errors import Conflict, NotReady, TwinsetError
from twinset.index.index_versions import IndexVersion, current_version, follow_current, open_version
from twinset.index.shared.version_files import join_line, mirror_line
from twinset.live.catch_up import Embedder, catch_up, follow_applied, start_applied
from twinset.live.merged_version import merge_version
from twinset.live.overlay import Overlay
from twinset.live.store import Store, has_store, open_store
from twinset.store.audit_trail import Act
from twinset.store.postgres_notices import open_news
from twinset.words.synonyms.synonym_file import follow_synonyms

logger = logging.getLogger("twinset.live")
Result = TypeVar("Result")
_RETRY_S = 30.0


class LiveCatalogue:
    """Keeps a recommender up to date with writes and versions; calls `show` with each new one.

    `lock` is held while the version or the writes over it change. Code that also needs the log's
    transaction takes `lock` first.

    Raises:
        ArtefactError: the artefacts or the log cannot be used.
    """

    def __init__(
        self, settings: Settings, metrics: Metrics, show: Callable[[Recommender], None]
    ) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self._changing = threading.Lock()
        self._metrics, self._show = metrics, show
        join_line(settings.index)
        encoder, base = open_pair(settings)
        mirror_line(settings.index)
        if settings.admin_key is not None:
            follow_current(settings.index)
        self.log: Store | None = None
        self.overlay = Overlay.empty(base, 0)
        self.recommender = Recommender(encoder, base, settings, metrics)
        self.snapshots = Snapshots(settings)
        self.shown = Shown(self.recommender, base, None)
        self._follow_log()
        show(self.recommender)
        self._pool = BoundedPool("write", 1, settings.max_writes)
        self._finding = BoundedPool(
            "snapshot", 1, settings.max_searches, max_wait_s=settings.queue_s
        )
        self._compactor = Compactor(settings)
        self._applier = Applier(lambda: (self.overlay, self.log))
        self._fetcher = Fetcher(settings.index)
        self._refused = ("", 0.0)
        self._stopping, self._news = threading.Event(), open_news()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    def follow(self) -> None:
        """Start to look for writes and versions that other processes made."""
        self._thread.start()
        self._fetcher.start()
        if self.settings.admin_key is not None:
            self._applier.start()

    def close(self) -> None:
        """Finish the writes at hand, then stop."""
        self._stopping.set()
        self._news.close()
        self._fetcher.close()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.close()
        self._finding.close()
        self._applier.close()
        self._compactor.close()

    async def run(self, call: Callable[[], Result]) -> Result:
        """Await `call()` on the thread for writes.

        Raises:
            Overloaded: too many writes wait.
        """
        return await self._pool.run(call)

    async def at(self, place: Place) -> Recommender:
        """The recommender of the state that a cursor stands for.

        Raises:
            CursorExpired: this worker cannot show that state.
            Overloaded: too many cursors wait.
        """
        return await self._finding.run(partial(self._find, place))

    def _find(self, place: Place) -> Recommender:
        try:
            return self.snapshots.find(place, self.shown)
        except CursorExpired:
            self.refresh()  # another worker may be ahead of this one
            return self.snapshots.find(place, self.shown)

    async def run_alone(self, call: Callable[[], Result]) -> Result:
        """Await `call()`, a change of the live version, on a thread of its own.

        Raises:
            Conflict: another such change is at work.
        """
        if not self._changing.acquire(blocking=False):
            raise Conflict("Another change of the live version is at work.")

        def alone() -> Result:
            try:
                return call()
            finally:
                self._changing.release()

        return await asyncio.to_thread(alone)

    @property
    def encoder(self) -> Encoder:
        return self.recommender.encoder

    def embedder(self, encoder: Encoder, log: Store) -> Embedder:
        """Makes the vectors that the log lacks, and counts them."""
        limits = self.settings.image_limits
        return Embedder(encoder, log, limits, on_made=self._metrics.count_items)

    def refresh(self) -> None:
        """Show the version and the writes that came since the last look, if any did.

        Raises:
            TwinsetError: the version that CURRENT names cannot be used; the one before stays.
        """
        with self.lock:
            try:
                self._follow_current()
            finally:
                self._follow_log()

    def _follow_current(self) -> None:
        name = current_version(self.settings.index)
        tried, at = self._refused
        if name == self.overlay.base.name or (name == tried and time.monotonic() < at + _RETRY_S):
            return
        self._refused = (name, time.monotonic())
        try:
            prepared = self.prepare(name)
        except NotReady:
            self._refused = ("", 0.0)  # that passes by itself
            raise
        with self.switching(*prepared):
            pass
        self._refused = ("", 0.0)

    def _follow_log(self) -> None:
        if self.log is None:
            self._open_log()
        if self.log is None:
            return
        embedder = self.embedder(self.encoder, self.log)
        if self.log.sequence > self.overlay.sequence:
            self._install(catch_up(self.overlay, embedder), self.encoder)
        overlay = follow_applied(self.overlay, embedder)
        if overlay is not self.overlay:
            self._install(overlay, self.encoder)

    def prepare(self, name: str) -> tuple[Encoder, IndexVersion]:
        """Open a version, and its encoder if that is not the one in use.

        Raises:
            ArtefactError, NotFound: see `open_pair`.
        """
        base = open_version(self.settings.index, name)
        if base.fingerprint == self.encoder.fingerprint:
            base.require_encoder(self.encoder)
            return self.encoder, base
        return open_encoder(self.settings, base), base

    @contextmanager
    def switching(self, encoder: Encoder, base: IndexVersion) -> Iterator[None]:
        """Show another version, with the writes that it lacks, when the block ends without an
        error.

        Everything that can fail is done before the block, in which the caller writes CURRENT.
        """
        with self.lock:
            overlay = Overlay.empty(base, 0)
            if self.log is not None:
                embedder = self.embedder(encoder, self.log)
                overlay = catch_up(start_applied(base, self.log), embedder)
            yield
            self._install(overlay, encoder)
            mirror_line(self.settings.index)

    def note(self, act: Act) -> None:
        """Add an act to the audit trail, durably. A service without a log keeps no trail."""
        if self.log is not None:
            with self.log.transaction() as transaction:
                transaction.note(act)

    def adopt(self, overlay: Overlay) -> None:
        """Show the overlay that a write made; call it after the commit, with `lock` held."""
        self._install(overlay, self.encoder)

    def _install(self, overlay: Overlay, encoder: Encoder) -> None:
        version = overlay.base if self.log is None else merge_version(overlay, self.log)
        if encoder is self.encoder:
            recommender = self.recommender.with_version(version)
        else:
            recommender = Recommender(encoder, version, self.settings, self._metrics)
        before, self.shown = self.shown, Shown(recommender, overlay.base, self.log)
        self.overlay, self.recommender = overlay, recommender
        self.snapshots.leave(before, self.shown)
        self._show(recommender)

    def _open_log(self) -> None:
        # A service that takes no writes leaves no file behind, and may read a read-only folder.
        index = self.settings.index
        if self.settings.admin_key is not None or has_store(index):
            log = open_store(index)
            self.overlay, self.log = start_applied(self.overlay.base, log), log
            self.shown = replace(self.shown, log=log)

    def _follow(self) -> None:
        said = ""
        while not self._wait():
            try:
                self.refresh()
                follow_synonyms(self.settings.index)
                self._compactor.look(self.overlay)
                self.snapshots.sweep(self.shown)
                said = ""
            except TwinsetError as error:
                said = self._log_once(str(error), said)
            except Exception:
                said = self._log_once("live writes cannot be followed", said, trace=True)

    def _wait(self) -> bool:
        """Wait for news, or for a while; true if the service stops."""
        self._news.wait()
        return self._stopping.is_set()

    def _log_once(self, message: str, said: str, trace: bool = False) -> str:
        if message != said:
            logger.error(message, exc_info=trace)
        return message
