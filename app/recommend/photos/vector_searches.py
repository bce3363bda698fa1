"""Searches by vectors, of photos, items or blends, changed by words or as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from app.recommend.edits.edit_search import composed, edit_search, plan_edit, told_of_photos
from app.recommend.engine import Engine, Vector
from app.recommend.lists.explanations import Signals
from app.recommend.photos.garment_boxes import in_turns
from app.recommend.photos.seen_pictures import seen_search
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, Search, is_quick
from app.recommend.relevance import Judge
from twinset.index.index_versions import IndexVersion

Result = TypeVar("Result")
# Made on the thread that searches: an engine that keeps vectors elsewhere takes time to read one.
Ready = Callable[[], Search]


class Runs(Protocol):
    """Runs work on a search thread, or in place if it is quick."""

    async def __call__(self, work: Callable[[], Result], quick: bool = False) -> Result: ...


@dataclass(frozen=True)
class VectorSearches:
    """Makes searches of one version ready, and answers with the page of one, or of several in
    turns."""

    engine: Engine
    version: IndexVersion
    judge: Judge
    run: Runs

    def like(
        self,
        vector: Vector,
        signals: Signals,
        query: SearchQuery,
        kind: str,
        exclude: Sequence[int] = (),
    ) -> Ready:
        """The search for what is like a unit vector (d,), the sum of `signals`, but for the rows
        `exclude`; `kind` is that of the query."""
        judged = (self.judge, kind)
        return partial(seen_search, self.version, vector, signals, query, exclude, judged)

    async def edited(
        self,
        base: Vector,
        query: SearchQuery,
        rows: Sequence[int] = (),
        exclude: Sequence[int] = (),
    ) -> Ready:
        """The search for what is like a unit vector (d,), of a photo or of the items in `rows`,
        changed by the words of `query.edit`; neither `rows` nor `exclude` are listed."""
        spoken = self.engine.language_of(query.edit or "")
        plan = partial(plan_edit, self.version, self.engine.words, base, rows, query, spoken)
        planned = await self.run(plan)
        text = await self.engine.encode_text(*planned.said) if planned.edit.text else None
        vector = composed(self.engine.composer, base, text)
        left_out = {*rows, *exclude}
        return partial(edit_search, self.version, planned, vector, left_out, self.judge)

    async def answer(self, ready: Sequence[Ready], query: SearchQuery) -> RankedPage:
        """The page of one search, or of several in turns; `query` is what they have in common.

        Raises:
            InvalidInput: `min_relevance` is asked for, and nobody knows what scores mean here.
            FilterError: the filter does not fit the catalogue.
        """

        def search() -> RankedPage:
            searches = [make() for make in ready]
            if len(searches) > 1:
                return in_turns(self.version, searches, query)
            return searches[0].page(self.version)

        quick = len(ready) == 1 and not (query.edit or query.min_relevance)
        return await self.run(search, quick and is_quick(self.version, query))

    async def told(
        self, page: RankedPage, query: SearchQuery, photos: Sequence[Vector]
    ) -> RankedPage:
        """The page with what `photos`, each (d,), are told to show, if scores are explained. Of
        photos that words change, `kept` says it."""
        if not photos or not query.explain or query.edit:
            return page
        told = partial(told_of_photos, self.version, self.engine.words, photos)
        return replace(page, told=await self.run(told))
