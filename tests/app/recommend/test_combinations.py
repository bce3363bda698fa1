"""Filters, groups, exclusions, pages and lengths at random, against a plain loop over all items."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import asdict

import numpy as np
import pytest

from app.recommend.query import SearchQuery
from app.recommend.ranking import rank
from tests.support.milvus_lite import milvus_index, milvus_lite
from tests.support.places_oracle import first_of_places
from tests.support.random_catalogue import (
    COUNT,
    ITEMS,
    PICTURES,
    VECTORS,
    Item,
    condition,
    keys_of,
    with_pictures,
    write_items,
)
from tests.support.small_shop import as_version
from twinset.encoders.encoder import normalise
from twinset.index import ExactIndex
from twinset.index.faiss_index import FaissIndex, SearchPlan
from twinset.index.index_versions import IndexVersion
from twinset.index.milvus.milvus_candidates import MilvusPlan

COMBINATIONS = 500


@pytest.fixture(scope="module")
def asked(version: IndexVersion, full: bool) -> range:
    """The numbers of the questions: fewer of Milvus, which takes a fifth of a second for each."""
    return range(COMBINATIONS if full or version.index.kind != "milvus" else COMBINATIONS // 5)


@pytest.fixture(scope="module", params=["exact", "hnsw", "ivf", "ivf-sq", "ivf-pq", "milvus"])
def version(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IndexVersion]:
    folder = tmp_path_factory.mktemp("combinations")
    table = write_items(folder)
    if request.param == "milvus":
        with milvus_lite(folder) as address:
            # So few rows are named that filters have to be translated.
            plan = MilvusPlan(listed_rows=100)
            index = milvus_index(address, VECTORS, table, plan=plan)
            yield with_pictures(as_version(folder, index))
    else:
        # So small that approximate kinds take their short cuts under masks too.
        plan = SearchPlan(scan_rows=50, exhaustive_rows=300, probe_share=0.25)
        index = FaissIndex.build(VECTORS, request.param, plan=plan)
        yield with_pictures(as_version(folder, index))


def question(number: int) -> tuple[np.ndarray, SearchQuery, Callable[[Item], bool]]:
    chance = random.Random(number)
    noise = np.random.default_rng(number).standard_normal((1, 24)).astype(np.float32)
    query = normalise(VECTORS[[chance.randrange(COUNT)]] + 0.1 * noise)[0]
    text, holds = condition(chance) if chance.random() < 0.8 else (None, lambda item: True)
    options = SearchQuery(
        limit=chance.choice([1, 5, 10, 100]),
        offset=chance.choice([0, 0, 0, 10, 200]),
        filter=text,
        exclude_ids=[f"i{chance.randrange(COUNT)}" for _ in range(chance.choice([0, 0, 1, 50]))],
        group_by=chance.choice([None, None, "group_id", "colour", "year"]),
        repeats=chance.random() < 0.3,
    )
    return query, options, holds


def plain_list(query: np.ndarray, options: SearchQuery, holds: Callable[[Item], bool]) -> list[int]:
    """The whole list: what matches, best first, the first of each place."""
    order = np.lexsort((np.arange(COUNT), -np.vecdot(VECTORS, query))).tolist()
    excluded = set(options.exclude_ids)
    rows = [row for row in order if ITEMS[row]["id"] not in excluded and holds(ITEMS[row])]
    return first_of_places(rows, keys_of(options))


def test_random_questions_are_answered_as_a_plain_loop_does(
    version: IndexVersion, asked: range
) -> None:
    shares = []
    for number in asked:
        query, options, holds = question(number)
        whole = plain_list(query, options, holds)
        page = rank(version, query, options)
        rows = [hit.row for hit in page.hits]
        expected = whole[options.offset : options.offset + options.limit]
        assert len(rows) == len(set(rows)) == len(expected), options
        assert page.exhausted == (options.offset + options.limit >= len(whole)), options
        assert all(holds(ITEMS[row]) for row in rows), options
        assert not {ITEMS[row]["id"] for row in rows} & set(options.exclude_ids), options
        if version.index.kind == "exact":
            assert rows == expected, options
        if expected and options.offset == 0:
            shares.append(len(set(rows) & set(expected)) / len(expected))
    assert len(shares) > len(asked) / 3
    assert np.mean(shares) >= 0.98


def test_a_hit_lists_the_other_matching_items_with_its_picture(
    version: IndexVersion, asked: range
) -> None:
    listed = 0
    for number in asked:
        query, options, holds = question(number)
        for hit in rank(version, query, options).hits:
            picture = None
            if not options.repeats and options.group_by in (None, "group_id"):
                picture = PICTURES[hit.row]
            right = [
                row
                for row, item in enumerate(ITEMS)
                if PICTURES[row] == picture is not None
                and row != hit.row
                and holds(item)
                and item["id"] not in options.exclude_ids
            ]
            assert list(hit.same_picture) == right[:32], options
            listed += len(right)
    assert listed > len(asked)


@pytest.mark.parametrize("number", range(0, COMBINATIONS, 50))
def test_pages_make_up_the_list(version: IndexVersion, number: int) -> None:
    query, options, _ = question(number)
    base = asdict(options) | {"limit": 10}
    whole = rank(version, query, SearchQuery(**base | {"offset": 0, "limit": 100}))
    paged = [
        hit.row
        for offset in range(0, 100, 10)
        for hit in rank(version, query, SearchQuery(**base | {"offset": offset})).hits
    ]
    assert paged == [hit.row for hit in whole.hits]


def test_the_oracle_of_this_test_is_right_about_a_plain_list() -> None:
    query, _, _ = question(1)
    rows, _ = ExactIndex(VECTORS).search(query[None], 20)
    asked = SearchQuery(limit=20, repeats=True)
    assert plain_list(query, asked, lambda item: True)[:20] == rows[0].tolist()
