"""Ranking against a plain loop over exact scores, for both ways in which an index is asked."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, is_quick, rank
from tests.support.small_shop import as_version
from twinset.encoders.encoder import normalise
from twinset.index import ExactIndex
from twinset.index.faiss_index import FaissIndex
from twinset.index.index_versions import IndexVersion

COUNT = 6000
GENERATOR = np.random.default_rng(3)
VECTORS = normalise(GENERATOR.standard_normal((COUNT, 16)).astype(np.float32))
# Styles of about three rows, sorts of a third of all rows; both have rows without a value.
STYLES = [None if n % 50 == 0 else f"s{n // 3}" for n in range(COUNT)]
SORTS = [None if n % 1500 == 7 else "abc"[n % 3] for n in range(COUNT)]
PRICES = GENERATOR.random(COUNT)


@pytest.fixture(scope="module", params=["exact", "hnsw", "oracle"])
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("ranking")
    ids = [f"i{n}" for n in range(COUNT)]
    fields = {"id": ids, "style": STYLES, "sort": SORTS, "price": PRICES}
    pq.write_table(pa.table(fields), folder / "items.parquet")
    places = {"offset": [0] * COUNT, "length": [0] * COUNT, "type": [None] * COUNT}
    schema = pa.schema([("offset", pa.int64()), ("length", pa.int64()), ("type", pa.string())])
    pq.write_table(pa.table(places, schema), folder / "images.parquet")
    (folder / "images.bin").touch()
    kind = request.param
    index = ExactIndex(VECTORS) if kind == "oracle" else FaissIndex.build(VECTORS, kind)
    return as_version(folder, index)


def plain_rank(query: np.ndarray, options: SearchQuery, exclude: set[int]) -> list[int]:
    """Every row that may come back, best first; the first of each group where there are groups."""
    order = np.lexsort((np.arange(COUNT), -np.vecdot(VECTORS, query)))
    left_out = exclude | {int(name[1:]) for name in options.exclude_ids}
    values = {"style": STYLES, "sort": SORTS}.get(options.group_by or "")
    rows, seen = [], set()
    for row in order.tolist():
        value = None if values is None else values[row]
        if row in left_out or value in seen or (options.filter and PRICES[row] >= 0.5):
            continue
        if value is not None:
            seen.add(value)
        rows.append(row)
    return rows


def rows_of(page: RankedPage) -> list[int]:
    return [hit.row for hit in page.hits]


@pytest.mark.parametrize("group_by", [None, "style", "sort"])
@pytest.mark.parametrize("condition", [None, "price < 0.5"])
@pytest.mark.parametrize("left_out", [0, 3, 100])
def test_rank_is_what_a_plain_loop_finds(
    version: IndexVersion, group_by: str | None, condition: str | None, left_out: int
) -> None:
    query = VECTORS[17]
    ids = [f"i{n}" for n in range(left_out)]
    options = SearchQuery(limit=25, group_by=group_by, filter=condition, exclude_ids=ids)
    expected = plain_rank(query, options, {17})
    assert rows_of(rank(version, query, options, [17])) == expected[:25]
    last = SearchQuery(**asdict(options) | {"offset": max(0, len(expected) - 2)})
    assert rank(version, query, last, [17]).exhausted


@pytest.mark.parametrize("group_by", [None, "style", "sort"])
def test_pages_make_up_one_list(version: IndexVersion, group_by: str | None) -> None:
    whole = rows_of(rank(version, VECTORS[5], SearchQuery(limit=90, group_by=group_by), [5]))
    pages = (
        rows_of(rank(version, VECTORS[5], SearchQuery(limit=10, offset=o, group_by=group_by), [5]))
        for o in range(0, 90, 10)
    )
    assert [row for page in pages for row in page] == whole


def test_only_plain_pages_of_a_small_exact_catalogue_are_ranked_in_place(
    version: IndexVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = SearchQuery(exclude_ids=("i1",))
    assert is_quick(version, plain) == (version.index.kind == "exact")
    slow = ({"explain": True}, {"filter": "price < 1"}, {"sort": "price"}, {"offset": 500})
    assert not any(is_quick(version, SearchQuery(**options)) for options in slow)
    monkeypatch.setattr("app.recommend.ranking._QUICK_PRODUCTS", COUNT)
    assert not is_quick(version, plain)
