"""Diversity against the definition of maximal marginal relevance, place by place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.recommend.lists.arrangement import DIVERSE_POOL
from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, rank
from tests.support.small_shop import as_version
from twinset.encoders.encoder import normalise
from twinset.index.faiss_index import FaissIndex
from twinset.index.index_versions import IndexVersion

COUNT = 400
GENERATOR = np.random.default_rng(4)
# Around 80 designs, of which each has five rows that are all but the same.
DESIGNS = GENERATOR.standard_normal((COUNT // 5, 12))
NOISE = 0.1 * GENERATOR.standard_normal((COUNT, 12))
VECTORS = normalise((np.repeat(DESIGNS, 5, axis=0) + NOISE).astype(np.float32))
TITLES = [f"{'Shirt' if n % 2 else 'SHIRT'} {n % 90}" if n % 11 else None for n in range(COUNT)]
QUERY = VECTORS[3]


@pytest.fixture(scope="module", params=["exact", "hnsw"])
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("diversity")
    numbers = range(COUNT)
    fields = {"id": [f"i{n}" for n in numbers], "title": TITLES, "half": [n % 2 for n in numbers]}
    pq.write_table(pa.table(fields), folder / "items.parquet")
    places = {"offset": [0] * COUNT, "length": [0] * COUNT, "type": [None] * COUNT}
    schema = pa.schema([("offset", pa.int64()), ("length", pa.int64()), ("type", pa.string())])
    pq.write_table(pa.table(places, schema), folder / "images.parquet")
    (folder / "images.bin").touch()
    return as_version(folder, FaissIndex.build(VECTORS, request.param))


def likeness(one: int, other: int) -> float:
    if TITLES[one] is not None and str(TITLES[one]).lower() == str(TITLES[other]).lower():
        return 1.0
    return float(max(0.0, min(1.0, VECTORS[one] @ VECTORS[other]))) ** 16


def plain_order(hits: list[Ranked], diversity: float) -> list[int]:
    """By the definition, one place after the other."""
    pool, rest = hits[:DIVERSE_POOL], hits[DIVERSE_POOL:]
    worst, best = min(h.score for h in pool), max(h.score for h in pool)
    chosen = [pool.pop(0)]
    while pool:
        gains = [
            (1 - diversity) * (hit.score - worst) / (best - worst)
            - diversity * max(likeness(hit.row, other.row) for other in chosen)
            for hit in pool
        ]
        chosen.append(pool.pop(int(np.argmax(gains))))
    return [hit.row for hit in [*chosen, *rest]]


@pytest.mark.parametrize("diversity", [0.1, 0.3, 0.7, 1.0])
@pytest.mark.parametrize("condition", [None, "half = 1"])
def test_the_order_is_that_of_the_definition(
    version: IndexVersion, diversity: float, condition: str | None
) -> None:
    plain = rank(version, QUERY, SearchQuery(limit=200, filter=condition)).hits
    asked = SearchQuery(limit=200, filter=condition, diversity=diversity)
    found = rank(version, QUERY, asked).hits
    assert [hit.row for hit in found] == plain_order(plain, diversity)
    assert {hit.row: hit.score for hit in found} == {hit.row: hit.score for hit in plain}


def test_none_of_it_is_the_list_as_ever(version: IndexVersion) -> None:
    plain = rank(version, QUERY, SearchQuery(limit=100))
    assert rank(version, QUERY, SearchQuery(limit=100, diversity=0.0)) == plain


@pytest.mark.parametrize("cut", [None, 0.2])
def test_pages_join_to_the_one_list(version: IndexVersion, cut: float | None) -> None:
    whole = rank(version, QUERY, SearchQuery(limit=140, diversity=0.4, min_score=cut)).hits
    pages = []
    for offset in range(0, 140, 7):
        page = SearchQuery(limit=7, offset=offset, diversity=0.4, min_score=cut)
        pages += rank(version, QUERY, page).hits
    assert pages == whole


def test_the_same_title_does_not_come_again_among_the_first(version: IndexVersion) -> None:
    def repeats(diversity: float) -> int:
        hits = rank(version, QUERY, SearchQuery(limit=20, diversity=diversity)).hits
        titles = [str(TITLES[hit.row]).lower() for hit in hits if TITLES[hit.row] is not None]
        return len(titles) - len(set(titles))

    assert repeats(0.6) <= repeats(0.0)
    assert repeats(0.6) == 0


def test_a_short_list_is_left_whole(version: IndexVersion) -> None:
    asked = SearchQuery(limit=10, filter='id IN ["i1", "i2"]', diversity=0.9)
    assert len(rank(version, QUERY, asked).hits) == 2
    assert rank(version, QUERY, SearchQuery(filter='id = "no"', diversity=0.9)).hits == []
