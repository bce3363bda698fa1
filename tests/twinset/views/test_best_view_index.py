"""An item is found by the best of its pictures, as a plain loop over all of them finds it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from twinset.encoders.encoder import normalise
from twinset.index.exact_index import ExactIndex, dot_rows
from twinset.index.faiss_index import FaissIndex
from twinset.index.vector_index import VectorIndex, Vectors
from twinset.views.best_view_index import BestViewIndex, best_picture
from twinset.views.stored_views import StoredViews

COUNT, DIMENSION = 300, 16
RANDOM = np.random.default_rng(3)
ITEMS = normalise(RANDOM.standard_normal((COUNT, DIMENSION)).astype(np.float32))
# Up to five views of every other item, some of them copies of another item's picture.
OWNERS = np.sort(RANDOM.choice(np.arange(0, COUNT, 2), 400)).astype(np.int64)
VIEWS = normalise(RANDOM.standard_normal((len(OWNERS), DIMENSION)).astype(np.float32))
VIEWS[::9] = ITEMS[: len(VIEWS[::9])]
MASK = RANDOM.random(COUNT) < 0.3
QUERIES = np.concatenate([VIEWS[5:8], ITEMS[10:12], normalise(ITEMS[:3] + VIEWS[:3])])


def best_scores(query: Vectors) -> list[tuple[int, float]]:
    """Every row with its best score, best first, equal scores in row order."""
    own, seen = dot_rows(ITEMS, query).tolist(), dot_rows(VIEWS, query).tolist()
    for owner, score in zip(OWNERS.tolist(), seen, strict=True):
        own[owner] = max(own[owner], score)
    return sorted(enumerate(own), key=lambda one: (-one[1], one[0]))


def faiss(vectors: Vectors) -> VectorIndex:
    return FaissIndex.build(vectors, "exact")


@pytest.fixture(params=[ExactIndex, faiss], ids=["exact", "faiss"])
def index(request: pytest.FixtureRequest) -> BestViewIndex:
    make: Callable[[Vectors], VectorIndex] = request.param
    return BestViewIndex(make(ITEMS), StoredViews(OWNERS, make(VIEWS), None))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("k", [1, 7, 40, COUNT])
def test_it_ranks_as_a_loop_over_all_pictures(index: BestViewIndex, k: int, masked: bool) -> None:
    rows, scores = index.search(QUERIES, k, MASK if masked else None)
    for number, query in enumerate(QUERIES):
        wanted = [(row, score) for row, score in best_scores(query) if not masked or MASK[row]][:k]
        held = rows[number] >= 0
        assert rows[number][held].tolist() == [row for row, _ in wanted]
        assert scores[number][held].tolist() == pytest.approx([score for _, score in wanted])
        assert not held[len(wanted) :].any()


def test_rows_that_hold_no_item_are_never_found(index: BestViewIndex) -> None:
    dead = BestViewIndex(index.items, index.views, MASK)
    rows, _ = dead.search(QUERIES[:1], 20, MASK)
    assert MASK[rows[0]].all()
    found = dead.views.nearest(QUERIES[0], 20, dead._visible(None))[0]
    assert MASK[found].all()


def test_above_is_every_row_that_scores_as_much(index: BestViewIndex) -> None:
    for query in QUERIES:
        rows, scores = index.above(query, 0.4)
        wanted = [(row, score) for row, score in best_scores(query) if score >= np.float32(0.4)]
        assert rows.tolist() == [row for row, _ in wanted]
        assert scores.tolist() == pytest.approx([score for _, score in wanted])


def test_it_says_which_picture_matched(index: BestViewIndex) -> None:
    views = np.flatnonzero(OWNERS[6] == OWNERS)
    found = best_picture(index.items, index.views, int(OWNERS[6]), VIEWS[6])
    assert found == 1 + views.tolist().index(6)
    assert best_picture(index.items, index.views, int(OWNERS[6]), ITEMS[OWNERS[6]]) == 0
    assert best_picture(index.items, index.views, 1, VIEWS[6]) is None


def test_words_that_found_an_item_are_no_picture(index: BestViewIndex) -> None:
    owner, search = int(OWNERS[6]), (index.items, index.views)
    assert best_picture(*search, owner, ITEMS[owner], has_main=False) is None
    by_view = best_picture(*search, owner, VIEWS[6], has_main=False)
    assert by_view == best_picture(*search, owner, VIEWS[6])


def test_an_approximate_index_of_views_begins_longer_lists_with_shorter_ones() -> None:
    views = StoredViews(OWNERS, FaissIndex.build(VIEWS, "hnsw"), None)
    longest = views.nearest(QUERIES[0], 30, None)[0].tolist()
    for k in (1, 5, 12):
        assert views.nearest(QUERIES[0], k, None)[0].tolist() == longest[:k]
