"""What the service asks for every answer: an encoder with the index version that it fits.

A recommender never changes, so every answer is wholly of one encoder and one index version.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Self, TypeVar

import numpy as np

from app.concurrency.embedding_cache import digest
from app.concurrency.gathered_calls import GatheredCalls
from app.observability.prometheus_metrics import Metrics
from app.recommend.engine import Engine, Vector, probe
from app.recommend.facets import Facet, count_facets
from app.recommend.item_json import ItemJsonCache
from app.recommend.lists.browsing import ListedPage, browse
from app.recommend.lists.explanations import explained
from app.recommend.lists.judged_words import rank_judged
from app.recommend.lists.kept_pages import KeptPages
from app.recommend.photos.photo_answers import answer_photo
from app.recommend.photos.photo_search import PhotoQuery
from app.recommend.photos.photo_signals import SignalReader, refusal, seen_of
from app.recommend.photos.seen_pictures import stored_picture
from app.recommend.photos.vector_searches import VectorSearches
from app.recommend.query import STYLE, FacetQuery, ListQuery, SearchQuery, Signal, signal_weights
from app.recommend.ranking import RankedPage, is_quick, rank
from app.recommend.relevance import Judge, kind_of_signals
from app.recommend.selection import group_codes, variants_of
from app.settings import Settings
from twinset.encoders import Encoder
from twinset.errors import InvalidInput, NotFound
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import StoredImage
from twinset.languages import ENGLISH
from twinset.lexical.title_words import query_kind
from twinset.relevance.relevance_curves import ITEM, PHOTO
from twinset.text.text_folding import plain
from twinset.words.query.parts import LANGUAGE, Switches
from twinset.words.suggestions import Completer, Suggestions
from twinset.words.synonyms.synonym_file import SynonymFile

Result = TypeVar("Result")


class Recommender:
    """Answers by image, by text, by item, and by a blend of several signals.

    When items or versions change, `with_version` makes another recommender with the same threads
    and caches; a request keeps the one that it began with.

    Raises:
        ArtefactError: the index version was built with another encoder.
    """

    def __init__(
        self, encoder: Encoder, version: IndexVersion, settings: Settings, metrics: Metrics
    ) -> None:
        version.require_encoder(encoder)
        self.version = version
        self._engine = Engine(encoder, settings, metrics)
        self._judge, self._kept = Judge.of(version, encoder), KeptPages(self._engine.count_page)
        self._gathered: GatheredCalls | None = None
        self.has_cursors = False  # true if callers hold cursors of its version

    @property
    def encoder(self) -> Encoder:
        """The encoder that made the version's vectors, and that encodes queries."""
        return self._engine.encoder

    @property
    def item_json(self) -> ItemJsonCache:
        """Items as JSON, kept from one answer to the next."""
        return self._engine.item_json

    @property
    def synonyms(self) -> SynonymFile:
        """The synonyms by which queries are understood."""
        return self._engine.words.synonyms

    def with_version(self, version: IndexVersion) -> Self:
        """A recommender of another index version, with the same encoder, queues and threads.

        Raises:
            ArtefactError: the version was built with another encoder.
        """
        version.require_encoder(self.encoder)
        other = copy.copy(self)
        other.version, other.has_cursors = version, False
        other._judge, other._kept = Judge.of(version, self.encoder), self._kept.emptied()
        return other

    def gathering(self) -> Self:
        """The same recommender for one batch of searches, which run in few groups."""
        other = copy.copy(self)
        other._gathered = self._engine.gathered()
        return other

    def close(self) -> None:
        """Finish what runs and stop the threads, for every recommender that shares them."""
        self._engine.close()

    async def by_image(
        self, data: bytes, query: SearchQuery, asked: PhotoQuery, name: bytes | None = None
    ) -> RankedPage:
        """Items like a photo; `asked` says where and for what to look, `name` its digest if known.

        Raises:
            InvalidInput: the catalogue has no kind as asked for.
        """

        async def ranked(vectors: Sequence[Vector]) -> RankedPage:
            made = self._searches
            if query.edit:
                ready = [await made.edited(vector, query) for vector in vectors]
            else:
                ready = [made.like(v, {("photo", ""): v}, query, PHOTO) for v in vectors]
            return await made.told(await made.answer(ready, query), query, vectors)

        answer = partial(answer_photo, self._engine, self.version, data, query, asked, ranked)
        return await self._kept.get((name or await digest(data), asked), query, answer)

    @property
    def kind_names(self) -> tuple[str, ...]:
        """The kinds that a photo can be asked for; none if the catalogue has no category."""
        kinds = self._engine.photos.kinds_of(self.version)
        return () if kinds is None else kinds.names

    @property
    def takes_no_image(self) -> bool:
        """True if one more image would be refused now, so that its bytes need not be read."""
        return self._engine.decoder.is_full

    async def shrink(self, data: bytes, side: int) -> bytes:
        """The photo as a JPEG small enough to travel inside a page; see `Decoder.shrink`."""
        return await self._engine.decoder.shrink(data, side)

    async def by_text(
        self, text: str, query: SearchQuery, switches: Switches, lang: str | None = None
    ) -> RankedPage:
        """Items that fit a description as it is understood; an id comes first.

        `switches` say which parts of the description may be understood, `lang` its language if the
        caller knows it.
        """
        text = plain(text)
        ask = partial(self._by_words, text, query, switches, lang)
        return await self._kept.get((text, switches, lang, self.synonyms.current), query, ask)

    async def _by_words(
        self, text: str, query: SearchQuery, switches: Switches, lang: str | None
    ) -> RankedPage:
        version, words = self.version, self._engine.words
        asked = "en" if switches.reject(LANGUAGE) else lang
        language = self._engine.language_of(text, asked)
        if not words.is_ready(version):
            await self._engine.search(partial(words.reader, version))
        if asked is None and self._engine.languages is not None:
            language = words.language(version, text, language, switches)
        query, understood = words.understand(version, text, query, switches, language)
        kind = query_kind(version.words, text, understood)
        language = ENGLISH if understood.in_english else language
        vector = await self._engine.encode_text(understood.words, language)
        judged = (self._judge, kind)
        ranked = partial(rank_judged, version, text, understood, vector, query, judged)
        return replace(await self._search(ranked), understood=understood)

    async def suggest(
        self, text: str, limit: int, popular: Callable[[], Sequence[str]]
    ) -> Suggestions:
        """Completions of a query; `popular` is asked for frequent ones on a search thread."""
        version = self.version

        def complete() -> Suggestions:
            words = self._engine.words.completion_words(version)
            return Completer(version.items, words, version.alive, popular()).complete(text, limit)

        return await self._engine.search(complete)

    async def similar(self, row: int, query: SearchQuery) -> RankedPage:
        """Items like the item of a row, never itself; without an edit no model runs."""
        if query.edit:
            vector = await self._search(partial(self.version.index.vector, row))
            made = self._searches
            return await made.answer([await made.edited(vector, query, [row])], query)
        cut = self._judge.cut(query, ITEM)

        def search() -> RankedPage:  # an engine that keeps vectors elsewhere takes time to read one
            vector = self.version.index.vector(row)
            page = rank(self.version, vector, cut, exclude=[row])
            page = explained(self.version, page, cut, {("item", ""): vector})
            return self._judge.judged(replace(page, about=(row,)), ITEM)

        quick = is_quick(self.version, cut)
        return await self._kept.get(row, query, lambda: self._search(search, quick))

    async def blend(
        self, positive: Sequence[Signal], negative: Sequence[Signal], query: SearchQuery
    ) -> RankedPage:
        """Items like the positive and unlike the negative signals; never one that is a signal.

        The query vector is the weighted sum of the signals' unit vectors, with negative ones
        subtracted (Rocchio, 1971).

        Raises:
            InvalidInput: the signals cancel out, or one names a kind that no item is of.
            NotFound: a signal names an unknown item.
        """
        signals = [*positive, *negative]
        named = [self.row(one.item_id) for one in signals if one.item_id is not None]
        reader = SignalReader(self._engine, self.version, self._search, query.min_relevance == 0)
        read = await asyncio.gather(*map(reader.read, signals))
        if (nothing := refusal(read[: len(positive)])) is not None:
            return nothing
        vectors = np.stack([vector for vector, _ in read])
        weights = np.array(signal_weights(positive, negative))
        total = (weights[:, None] * vectors).sum(axis=0)
        if (length := np.linalg.norm(total)) < 1e-6:
            raise InvalidInput("The positive and negative signals cancel out.")
        vector = (total / length).astype(np.float32)
        liked = [self.row(one.item_id) for one in positive if one.item_id is not None]
        about = liked if len(liked) == len(positive) else []
        made = self._searches
        if query.edit:
            ready = await made.edited(vector, query, about, named)
        else:
            names = [("positive", str(n)) for n in range(len(positive))]
            names += [("negative", str(n)) for n in range(len(negative))]
            parts = zip(names, weights[:, None] * vectors / length, strict=True)
            ready = made.like(vector, dict(parts), query, kind_of_signals(positive), named)
        page = await made.answer([ready], query)
        photos = [own for own, look in read[: len(positive)] if look is not None][:1]
        page = replace(page, photo=seen_of(read[: len(positive)]), about=tuple(about))
        return await made.told(page, query, photos)

    @property
    def _searches(self) -> VectorSearches:
        return VectorSearches(self._engine, self.version, self._judge, self._search)

    async def _search(self, work: Callable[[], Result], quick: bool = False) -> Result:
        """Run `work` on a search thread, or in place if it is quick."""
        if quick or self._gathered is None:
            return await self._engine.search(work, quick)
        return await self._gathered.run(work)

    async def browse(self, query: ListQuery) -> ListedPage:
        """Items in catalogue order, or in that of a field."""
        return await self._search(partial(browse, self.version, query))

    async def facets(self, query: FacetQuery) -> tuple[int, list[Facet]]:
        """See `app.recommend.facets.count_facets`."""
        return await self._search(partial(count_facets, self.version, query))

    @property
    def revision(self) -> str:
        """A text that changes when any answer could: with the encoder, the index or the items."""
        return f"{self.encoder.fingerprint} {self.version.revision}"

    def row(self, item_id: str) -> int:
        """The row of an item.

        Raises:
            NotFound: no item has this id.
        """
        row = self.version.items.row_of(item_id)
        if row is None:
            raise NotFound("There is no item with this id.")
        return row

    def variants(self, row: int) -> list[int]:
        """The other items of an item's style; none if the catalogue has no styles."""
        if STYLE not in self.version.items.columns:
            return []
        return variants_of(row, group_codes(self.version, STYLE), self.version.alive)

    async def image(self, item_id: str, width: int | None = None, view: int = 0) -> StoredImage:
        """A picture of an item, 0 the main one, as stored, or narrowed if a `width` is given.

        Raises:
            NotFound: no item has this id, or the item has no such picture.
        """
        row = self.row(item_id)
        image = await self._search(partial(stored_picture, self.version, row, view))
        return image if width is None else await self._engine.thumbnails.narrow(image, width)

    async def probe(self) -> None:
        """See `app.recommend.engine.probe`; past every queue."""
        await asyncio.to_thread(probe, self.encoder, self.version)
