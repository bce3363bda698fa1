"""Liked and disliked items move a query as Rocchio's formula says."""

from __future__ import annotations

import numpy as np
import pytest

from app.recommend.lists.session import DISLIKED_WEIGHT, LIKED_WEIGHT, moved
from app.recommend.query import SearchQuery
from app.recommend.ranking import rank
from tests.support.random_catalogue import VECTORS, random_version
from twinset.index import ExactIndex
from twinset.index.index_versions import IndexVersion

QUERY = VECTORS[20]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    return random_version(tmp_path_factory.mktemp("session"), ExactIndex(VECTORS))


def test_the_query_moves_by_the_formula(version: IndexVersion) -> None:
    query = SearchQuery(liked=("i100", "i101", "i400"), disliked=("i21", "i500"))
    expected = (
        QUERY.astype(np.float64)
        + LIKED_WEIGHT * (VECTORS[100] + VECTORS[101] + VECTORS[400]) / 3
        - DISLIKED_WEIGHT * (VECTORS[21] + VECTORS[500]) / 2
    )
    found = moved(version, QUERY, query)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-6)
    assert found.dtype == np.float32


@pytest.mark.parametrize("query", [SearchQuery(), SearchQuery(liked=("gone",), disliked=("too",))])
def test_without_known_items_the_list_is_the_plain_one(
    version: IndexVersion, query: SearchQuery
) -> None:
    assert rank(version, QUERY, query) == rank(version, QUERY, SearchQuery())


def test_liked_items_come_back_and_disliked_ones_do_not(version: IndexVersion) -> None:
    near = [hit.row for hit in rank(version, QUERY, SearchQuery(limit=5)).hits]
    ids = [version.items.id_of(row) for row in near]
    query = SearchQuery(limit=len(VECTORS), liked=(ids[3],), disliked=(ids[0], ids[1]))
    page = rank(version, QUERY, query)
    rows = [hit.row for hit in page.hits]
    assert near[3] in rows[:3]
    assert not {near[0], near[1]} & set(rows)
    assert page.total == len(rows) == len(VECTORS) - 2


def test_more_of_what_is_liked_comes_and_less_of_what_is_not(version: IndexVersion) -> None:
    """Items of one centre are alike: twenty in a row, see `random_catalogue`."""
    liked, disliked = range(200, 205), range(22, 27)

    def share(query: SearchQuery, centre: int) -> int:
        hits = rank(version, QUERY, query).hits
        return sum(hit.row // 20 == centre for hit in hits)

    plain = SearchQuery(limit=100)
    likes = SearchQuery(limit=100, liked=tuple(f"i{n}" for n in liked))
    dislikes = SearchQuery(limit=100, disliked=tuple(f"i{n}" for n in disliked))
    assert share(likes, 10) > share(plain, 10)
    assert share(dislikes, 1) <= share(plain, 1) - len(disliked)
