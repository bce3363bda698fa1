"""The mutable part of the service: what is live, and whether it is going away."""

from __future__ import annotations

import hashlib
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import FrameType
from typing import Protocol
from weakref import WeakKeyDictionary

from app.concurrency.shared_probe import SharedProbe
from app.live.live_catalogue import LiveCatalogue
from app.observability.event_writer import EventWriter
from app.observability.frequent_queries import FrequentQueries
from app.observability.prometheus_metrics import Metrics
from app.observability.recent_errors import RecentErrors
from app.recommend.lists.cursors import Place
from app.recommend.photos.photo_search import PhotoLook
from app.recommend.ranking import RankedPage
from app.recommend.recommender import Recommender
from app.service_errors import CursorExpired
from app.settings import Settings
from twinset.errors import ArtefactError, NotReady, TwinsetError
from twinset.events.event_store import Search, Way, plain_words
from twinset.events.postgres_events import open_events
from twinset.filters import parse_filter
from twinset.freed_memory import trim_freed_memory
from twinset.index.mapped.mapped_files import return_pages
from twinset.index.restricted_version import restrict

_RETRY_S = 1.0
_PAGES_S = 1.0  # after so long the pages of mapped files are handed back
_TRIM_ROUNDS = 60  # and after so many times that, what is free


class Judged(Protocol):
    """What a list shows of a hit that is counted."""

    @property
    def score(self) -> float | None: ...

    @property
    def relevance(self) -> float | None: ...


@dataclass
class State:
    """What one application holds. `failure` says why there is no recommender, if the reason is
    known."""

    settings: Settings
    metrics: Metrics = field(default_factory=Metrics)
    errors: RecentErrors = field(default_factory=RecentErrors)
    recommender: Recommender | None = None
    live: LiveCatalogue | None = None
    failure: TwinsetError | None = None
    draining: bool = False
    events: EventWriter | None = None
    frequent_queries: Callable[[], Sequence[str]] = tuple
    probe: SharedProbe = field(default_factory=SharedProbe)
    _restricted: WeakKeyDictionary[Recommender, dict[str, Recommender]] = field(
        default_factory=WeakKeyDictionary
    )
    _stopping: threading.Event = field(default_factory=threading.Event)

    def open(self) -> None:
        """Open the artefacts that the settings name.

        Raises:
            ArtefactError: one is missing or damaged, or they do not belong together.
            NotReady: something that they need is held by another process, or does not answer.
        """
        self.live = LiveCatalogue(self.settings, self.metrics, self._show)

    def start(self) -> None:
        """Open the artefacts, unless that was done or a recommender was given, and follow the
        writes.

        If artefacts are refused the process goes on: /readyz names the file, and its operator
        decides. `twinset serve` checks them before. If something is not ready yet, it is tried
        again until it is.
        """
        self.open_events()
        threading.Thread(target=self._return_pages, name="pages", daemon=True).start()
        if self.live is not None:
            self.live.follow()
        elif self.recommender is not None:
            self._show(self.recommender)
        elif not self._try_to_open():
            threading.Thread(target=self._open_later, name="opener", daemon=True).start()

    def _try_to_open(self) -> bool:
        """Open the artefacts; returns false if it is worth another try."""
        try:
            self.open()
        except (ArtefactError, NotReady) as error:
            self.failure = error
            return isinstance(error, ArtefactError)
        self.failure = None
        if self.live is not None and not self._stopping.is_set():
            self.live.follow()
        return True

    def _open_later(self) -> None:
        while not self._stopping.wait(_RETRY_S):
            if self._try_to_open():
                return

    def _return_pages(self) -> None:
        rounds = 0
        while not self._stopping.wait(_PAGES_S):
            return_pages()
            if rounds % _TRIM_ROUNDS == 0:
                trim_freed_memory()
            rounds += 1

    def restricted(self, live: Recommender, text: str) -> Recommender:
        """The recommender of the items that match a filter; made once for each state shown.

        Raises:
            FilterError: if the filter does not fit the catalogue.
        """
        made = self._restricted.setdefault(live, {})
        if text not in made:
            made[text] = live.with_version(restrict(live.version, parse_filter(text)))
        return made[text]

    @property
    def takes_no_image(self) -> bool:
        """See `Recommender.takes_no_image`."""
        return self.recommender is not None and self.recommender.takes_no_image

    def _show(self, recommender: Recommender) -> None:
        """Answer with this recommender from now on; running requests keep the one that they began
        with."""
        version = recommender.version
        self.recommender = recommender
        self.metrics.show_index(version.encoder_name, version.name, version.count)

    def open_events(self) -> None:
        """Take events from now on, if the settings ask for them."""
        settings = self.settings
        if settings.events and self.events is None:
            opening = partial(open_events, settings.index, settings.events_days)
            self.events, self.frequent_queries = EventWriter(opening), FrequentQueries(opening)

    def note(
        self, request_id: str, way: Way, page: RankedPage, shown: Place, words: str = ""
    ) -> None:
        """Count an answer, a page that stands at `shown` in its list, among the searches, if events
        are taken."""
        if self.events is not None:
            place = shown.version, shown.offset
            self.note_search(request_id, way, page.hits, place, words, kind_of(page.photo))

    def note_search(
        self,
        request_id: str,
        way: Way,
        hits: Sequence[Judged],
        place: tuple[str, int],
        words: str,
        kind: str,
    ) -> None:
        """Count a search that showed `hits`, by a photo of the `kind`; `place` is the name of the
        version that answered, and how many hits came before."""
        if self.events is None:
            return
        version, start = place
        likely = [hit.relevance for hit in hits if hit.relevance is not None]
        search = Search(
            request=request_id,
            way=way,
            version=version,
            found=len(hits),
            words=plain_words(words),
            best=hits[0].score if hits else None,
            time=int(time.time()),
            relevance=max(likely, default=None),
            kind=kind,
            start=start,
        )
        self.events.note(search)

    @cached_property
    def cursor_key(self) -> bytes:
        """What cursors are signed with, the same in every worker and replica.

        A service without read keys keeps no secrets: everyone may read every list.
        """
        keys = [key.get_secret_value() for key in self.settings.read_keys]
        return hashlib.sha256("\0".join(keys).encode()).digest()

    async def recommender_at(self, place: Place, live: Recommender) -> Recommender:
        """The recommender of the state that a cursor stands for; `live` if that is still shown.

        Raises:
            CursorExpired: this worker cannot show that state.
        """
        version = live.version
        if (place.version, place.sequence) == (version.name, version.sequence):
            return live
        if self.live is None:
            raise CursorExpired
        return await self.live.at(place)

    def stop(self) -> None:
        """Stop what follows the writes, and the recommender's threads."""
        self._stopping.set()
        if self.events is not None:
            self.events.close()
        if self.live is not None:
            self.live.close()
        if self.recommender is not None:
            self.recommender.close()


def kind_of(look: PhotoLook | None) -> str:
    """What a photo was searched as: the kind that steers, else the likeliest; empty if unknown."""
    guesses = () if look is None else (look.steered, *look.kinds)
    return next((guess.kind for guess in guesses if guess is not None), "")


def drain_on_sigterm(state: State) -> None:
    """Mark the service as draining when SIGTERM comes, then do what was done before.

    The server closes its socket a moment later and lets running requests finish; a probe on an
    open connection sees at once that no more should be sent.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals reach the main thread alone, as where a test runs the server
    before = signal.getsignal(signal.SIGTERM)

    def drain(number: int, frame: FrameType | None) -> None:
        state.draining = True
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, drain)
