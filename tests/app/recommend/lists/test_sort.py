"""Sorting by a field, against Python's own stable sort."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from app.recommend.lists.arrangement import SORTED_POOL
from app.recommend.lists.browsing import browse
from app.recommend.query import ListQuery, SearchQuery
from app.recommend.ranking import rank
from app.service_errors import UnknownField
from tests.support.random_catalogue import COUNT, ITEMS, VECTORS, random_version
from twinset.index import ExactIndex
from twinset.index.index_versions import IndexVersion

SORTS = ["price", "-price", "year", "-year", "colour", "-colour", "available", "-available", "id"]
SORTS += ["-id", "title", "-title"]
# In the order in which people look them up.
COLOURS = ["Black", "é", "Grey", 'Off "white"']
TITLES = ["armband 9", "Armband 10", "Ärmelschoner", "Zip"]
QUERY = VECTORS[20]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    return random_version(tmp_path_factory.mktemp("sort"), ExactIndex(VECTORS))


def in_order(rows: list[int], sort: str) -> list[int]:
    """Python's stable sort of rows; those without a value last."""
    field = sort.removeprefix("-")
    held = [row for row in rows if ITEMS[row][field] is not None]
    places: Callable[[Any], Any] = PLACES.get(field, key)
    held.sort(key=lambda row: places(ITEMS[row][field]), reverse=sort.startswith("-"))
    if sort.startswith("-"):  # which turned rows of equal values around
        held = [
            row
            for value in dict.fromkeys(ITEMS[row][field] for row in held)
            for row in rows
            if ITEMS[row][field] == value
        ]
    return held + [row for row in rows if ITEMS[row][field] is None]


def key(value: Any) -> Any:
    return value


def number_of_id(value: str) -> int:
    return int(value.removeprefix("i"))


PLACES = {"colour": COLOURS.index, "title": TITLES.index, "id": number_of_id}


def by_relevance(cut: float | None = None) -> list[int]:
    scores = np.vecdot(VECTORS, QUERY)
    rows = np.lexsort((np.arange(COUNT), -scores)).tolist()
    return [row for row in rows if cut is None or scores[row] >= cut]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("cut", [None, 0.2, 0.9])
def test_a_search_is_sorted_whole(version: IndexVersion, sort: str, cut: float | None) -> None:
    options = SearchQuery(limit=COUNT, sort=sort, min_score=cut)
    page = rank(version, QUERY, options)
    assert [hit.row for hit in page.hits] == in_order(by_relevance(cut)[:SORTED_POOL], sort)
    assert page.total == len(page.hits)
    assert page.exhausted


@pytest.mark.parametrize("sort", SORTS)
def test_a_plain_list_is_sorted_whole(version: IndexVersion, sort: str) -> None:
    page = browse(version, ListQuery(limit=COUNT, sort=sort))
    assert [row for row, _ in page.entries] == in_order(list(range(COUNT)), sort)


@pytest.mark.parametrize("sort", ["price", "-year"])
def test_pages_of_a_sorted_list_join(version: IndexVersion, sort: str) -> None:
    whole = rank(version, QUERY, SearchQuery(limit=90, sort=sort, group_by="group_id")).hits
    pages = [
        hit
        for offset in range(0, 90, 9)
        for hit in rank(
            version, QUERY, SearchQuery(limit=9, offset=offset, sort=sort, group_by="group_id")
        ).hits
    ]
    assert pages == whole


def test_only_what_is_relevant_is_sorted(
    version: IndexVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a cut the best are sorted, and the list ends with them."""
    monkeypatch.setattr("app.recommend.ranking.SORTED_POOL", 50)
    page = rank(version, QUERY, SearchQuery(limit=100, sort="price"))
    assert [hit.row for hit in page.hits] == in_order(by_relevance()[:50], "price")
    assert (page.total, page.exhausted) == (50, True)


def test_styles_are_sorted_by_their_most_relevant_item(version: IndexVersion) -> None:
    best = rank(version, QUERY, SearchQuery(limit=100, group_by="group_id", min_score=0.3)).hits
    found = rank(
        version, QUERY, SearchQuery(limit=100, group_by="group_id", min_score=0.3, sort="price")
    ).hits
    assert [hit.row for hit in found] == in_order([hit.row for hit in best], "price")


def test_an_unknown_field_is_refused(version: IndexVersion) -> None:
    with pytest.raises(UnknownField, match="sort can be"):
        rank(version, QUERY, SearchQuery(sort="-nothing"))
    with pytest.raises(UnknownField, match="sort can be"):
        browse(version, ListQuery(sort="description"))
