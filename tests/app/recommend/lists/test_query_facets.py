"""Facets and totals under a query, against a plain loop over all items."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Hashable

import numpy as np
import pytest

from app.recommend.facets import Facet, RangeFacet, ValuesFacet
from app.recommend.lists.browsing import browse
from app.recommend.query import ListQuery, SearchQuery
from app.recommend.ranking import rank
from app.service_errors import UnknownField
from tests.support.places_oracle import first_of_places
from tests.support.random_catalogue import (
    COUNT,
    ITEMS,
    VECTORS,
    Item,
    condition,
    keys_of,
    random_version,
    with_pictures,
)
from twinset.encoders.encoder import normalise
from twinset.index.faiss_index import FaissIndex, SearchPlan
from twinset.index.index_versions import IndexVersion

FIELDS = ("colour", "price", "year", "available")
QUERIES = 300
Test = tuple[str, str, Callable[[Item], bool]]


@pytest.fixture(scope="module", params=["exact", "hnsw", "ivf"])
def version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    plan = SearchPlan(scan_rows=50, exhaustive_rows=300, probe_share=0.25)
    index = FaissIndex.build(VECTORS, request.param, plan=plan)
    return with_pictures(random_version(tmp_path_factory.mktemp("facets"), index))


def fields_in(text: str) -> list[str]:
    return [name for name in (*FIELDS, "group_id") if name in text]


def random_condition(chance: random.Random) -> Test:
    """A condition that AND does not join: (its only field or "several", text, test)."""
    while True:
        text, holds = condition(chance, chance.choice([1, 1, 2]))
        if "AND" not in text:
            fields = fields_in(text)
            return (fields[0] if len(fields) == 1 else "several"), text, holds


def question(chance: random.Random) -> tuple[SearchQuery, list[Test], np.ndarray]:
    tests = [random_condition(chance) for _ in range(chance.choice([0, 1, 2, 3]))]
    noise = np.random.default_rng(chance.randrange(10**6)).standard_normal((1, 24))
    vector = normalise((VECTORS[[chance.randrange(COUNT)]] + 0.1 * noise).astype(np.float32))[0]
    options = SearchQuery(
        limit=chance.choice([1, 10]),
        filter=" AND ".join(f"({text})" for _, text, _ in tests) or None,
        exclude_ids=tuple(f"i{chance.randrange(COUNT)}" for _ in range(chance.choice([0, 2, 100]))),
        group_by=chance.choice([None, None, "group_id", "year"]),
        facets=tuple(chance.sample(FIELDS, chance.randrange(1, 5))),
        facet_limit=1000,
        min_score=chance.choice([None, 0.0, 0.3, 0.7, 0.99]),
        repeats=chance.random() < 0.3,
    )
    return options, tests, vector


def matching(
    options: SearchQuery, tests: list[Test], scores: np.ndarray, but: str | None = None
) -> list[int]:
    """Rows that pass every test except those on the field `but`, the exclusions and the cut."""
    return [
        row
        for row, item in enumerate(ITEMS)
        if item["id"] not in options.exclude_ids
        and (options.min_score is None or scores[row] >= options.min_score)
        and all(holds(item) for field, _, holds in tests if field != but)
    ]


def check_facet(facet: Facet, rows: list[int], keys: list[Hashable | None]) -> None:
    pairs: dict[object, object] = {}
    for row in rows:
        value = ITEMS[row][facet.field]
        if value is not None:
            pairs[row if keys[row] is None else (value, keys[row])] = value
    held = list(pairs.values())
    if isinstance(facet, RangeFacet):
        assert (facet.min, facet.max) == ((min(held), max(held)) if held else (None, None))
        return
    assert isinstance(facet, ValuesFacet)
    counts = Counter(held)
    assert {one.value: one.count for one in facet.values} == counts
    assert facet.distinct == len(counts)
    assert [one.count for one in facet.values] == sorted(counts.values(), reverse=True)


def test_counts_are_those_of_a_plain_loop(version: IndexVersion) -> None:
    chance, cut = random.Random(5), 0
    for _ in range(QUERIES):
        options, tests, vector = question(chance)
        scores = np.vecdot(version.index.vectors(np.arange(COUNT)), vector)
        page = rank(version, vector, options)
        keys = keys_of(options)
        assert [facet.field for facet in page.facets] == list(options.facets)
        for facet in page.facets:
            check_facet(facet, matching(options, tests, scores, facet.field), keys)
        whole = first_of_places(matching(options, tests, scores), keys)
        assert page.total == len(whole), options
        cut += options.min_score is not None
    assert QUERIES / 2 < cut < QUERIES


def test_total_is_how_many_items_the_pages_hold(version: IndexVersion) -> None:
    chance = random.Random(6)
    for _ in range(30):
        options, _, vector = question(chance)
        fields = {name: getattr(options, name) for name in ("filter", "exclude_ids", "group_by")}
        fields |= {"min_score": options.min_score, "repeats": options.repeats}
        whole = SearchQuery(limit=COUNT, **fields)
        page = rank(version, vector, whole)
        assert page.exhausted
        assert page.total == len(page.hits)


def test_a_plain_list_is_counted_like_a_search(version: IndexVersion) -> None:
    chance = random.Random(7)
    for _ in range(50):
        options, _, vector = question(chance)
        fields = {
            name: getattr(options, name)
            for name in ("limit", "filter", "exclude_ids", "group_by", "facets", "facet_limit")
        }
        listed = browse(version, ListQuery(**fields))
        ranked = rank(version, vector, SearchQuery(**fields, repeats=True))
        assert (listed.facets, listed.total) == (ranked.facets, ranked.total)


@pytest.mark.parametrize("field", ["id", "group_id", "nothing"])
def test_a_field_that_cannot_be_counted_is_refused(version: IndexVersion, field: str) -> None:
    with pytest.raises(UnknownField, match="facets can be"):
        rank(version, VECTORS[0], SearchQuery(facets=(field,)))
