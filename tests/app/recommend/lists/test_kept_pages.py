"""Pages that are kept are those that would be made anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from app.recommend.lists.kept_pages import KeptPages
from app.recommend.photos.photo_search import PhotoQuery
from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, RankedPage
from app.recommend.recommender import Recommender
from app.state import State
from tests.support.small_shop import picture

PLAIN = SearchQuery()
OWN = [
    SearchQuery(exclude_ids=("p2",)),
    SearchQuery(liked=("p2",)),
    SearchQuery(disliked=("p2",)),
    SearchQuery(facets=("gender",)),
    SearchQuery(filter="price > 1 OR " * 30 + "price > 2"),
]


class Counted:
    """A recommender of the small shop without kept pages, and how often it searched."""

    def __init__(self, state: State) -> None:
        assert state.recommender is not None
        self.recommender: Recommender = state.recommender.with_version(state.recommender.version)
        self.searches, search = 0, self.recommender._search

        async def counted(work: Callable[[], Any], quick: bool = False) -> Any:
            self.searches += 1
            return await search(work, quick)

        self.recommender._search = counted  # type: ignore[method-assign]


def on_its_loop(state: State, *calls: Callable[[], Any]) -> list[Any]:
    """The results of calls, one after the other."""

    async def run() -> list[Any]:
        return [await call() for call in calls]

    return asyncio.run(run())


def test_a_list_that_is_asked_for_again_needs_no_search(state: State) -> None:
    counted = Counted(state)
    similar = counted.recommender.similar
    first, again = on_its_loop(state, *[lambda: similar(3, PLAIN)] * 2)
    assert (again, counted.searches) == (first, 1)
    other, fewer = on_its_loop(
        state, lambda: similar(4, PLAIN), lambda: similar(3, SearchQuery(limit=2))
    )
    assert counted.searches == 3
    assert other.hits != first.hits
    assert fewer.hits == first.hits[:2]


def test_a_photo_is_known_by_its_content_and_by_where_to_look(state: State) -> None:
    counted = Counted(state)
    by_image = counted.recommender.by_image
    whole, part = PhotoQuery(), PhotoQuery(box=(0.0, 0.0, 0.5, 0.5))
    asked = [(5, whole), (5, whole), (6, whole), (5, part)]
    first, again, other, half = on_its_loop(
        state, *[lambda s=s, a=a: by_image(picture(s), PLAIN, a) for s, a in asked]
    )
    assert again is first
    assert other.hits != first.hits
    assert half.hits != first.hits


@pytest.mark.parametrize("query", OWN)
def test_lists_of_one_shopper_and_large_ones_are_made_anew(state: State, query: Any) -> None:
    counted = Counted(state)
    similar = counted.recommender.similar
    first, again = on_its_loop(state, *[lambda: similar(3, query)] * 2)
    assert (again, counted.searches) == (first, 2)


def test_another_state_of_the_catalogue_keeps_nothing_of_the_one_before(state: State) -> None:
    counted = Counted(state)
    (page,) = on_its_loop(state, lambda: counted.recommender.similar(3, PLAIN))
    later = counted.recommender.with_version(counted.recommender.version)
    (anew,) = on_its_loop(state, lambda: later.similar(3, PLAIN))
    assert anew is not page
    assert anew == page


def test_what_is_kept_is_bounded() -> None:
    pages = KeptPages(lambda outcome: None)
    page = RankedPage([Ranked(1, 0.5, None)] * 80, exhausted=False)

    async def made() -> RankedPage:
        return page

    async def ask() -> None:
        for row in range(1000):
            await pages.get(row, PLAIN, made)

    asyncio.run(ask())
    assert len(pages._pages) == 200


def test_pages_of_nothing_are_bounded_and_long_words_are_not_kept() -> None:
    counts: list[str] = []
    kept = KeptPages(counts.append)

    async def nothing() -> RankedPage:
        return RankedPage([], exhausted=True)

    async def ask() -> None:
        for number in range(3000):
            await kept.get((f"word {number}", None), PLAIN, nothing)
        for words in ("word 2999", "word 0", "x" * 300, "x" * 300):
            await kept.get((words, None), PLAIN, nothing)

    asyncio.run(ask())
    assert counts == ["miss"] * 3000 + ["hit", "miss"]
    assert len(kept._pages) <= 1000
