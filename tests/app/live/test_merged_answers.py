"""Random questions to a shop under live writes, against a plain list of its items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from app.recommend.facets import ValuesFacet, count_facets
from app.recommend.lists.browsing import browse
from app.recommend.query import FacetQuery, ListQuery, SearchQuery
from app.recommend.ranking import rank
from app.recommend.selection import known_rows
from tests.support.live_shop import (
    COLOURS,
    ENCODER,
    Fields,
    build,
    embed,
    products,
    random_write,
    write,
)
from tests.support.milvus_lite import milvus_index, milvus_lite
from tests.support.places_oracle import first_of_places, place_keys
from twinset.index.exact_index import dot_rows
from twinset.index.faiss_index import FaissIndex, SearchPlan
from twinset.index.index_versions import IndexVersion, open_version
from twinset.index.milvus.milvus_candidates import MilvusPlan
from twinset.live.catch_up import Embedder, catch_up, follow_applied, start
from twinset.live.engine_writes import apply_writes
from twinset.live.merged_version import merge_version
from twinset.live.write_log import WriteLog

COUNT, WRITES, QUESTIONS = 400, 160, 500
# Small, so that HNSW walks its graph and does not scan the matching rows instead.
WALKS = SearchPlan(scan_rows=20, breadths=(32, 128))


@dataclass(frozen=True)
class Shop:
    """A merged version, and the same items as a plain list in catalogue order."""

    version: IndexVersion
    rows: list[Fields]
    vectors: np.ndarray
    kind: str


APPLIED = pytest.param("milvus-applied", marks=pytest.mark.long)


@pytest.fixture(scope="module", params=["exact", "hnsw", "milvus", APPLIED])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    rows = products(COUNT)
    index_dir = build(folder, rows)
    base, log = open_version(index_dir), WriteLog(index_dir)
    if request.param == "hnsw":
        index = FaissIndex.build(embed(rows).item, "hnsw", plan=WALKS)
        base = replace(base, index=index)
    if request.param.startswith("milvus"):
        with milvus_lite(folder) as address, pytest.MonkeyPatch.context() as patch:
            patch.setenv("TWINSET_MILVUS_URI", address.uri)
            # So few rows are named that Milvus is asked by the filter, of items as they were.
            plan = MilvusPlan(breadths=(32, 128), listed_rows=40)
            index = milvus_index(address, embed(rows).item, base.items.table, plan=plan)
            yield under_writes(replace(base, index=index), log, rows, request.param)
    else:
        yield under_writes(base, log, rows, request.param)


def under_writes(base: IndexVersion, log: WriteLog, rows: list[Fields], kind: str) -> Shop:
    """The shop after many writes, of which `rows` learns too."""
    random = Random(1)
    overlay, embedder = start(base, log), Embedder(ENCODER, log)
    for number in range(WRITES):
        write(log, *random_write(random, rows, number))
        if number % 40 == 0:  # merged in pieces, as a service does
            overlay = catch_up(overlay, embedder)
            if kind == "milvus-applied":  # the last 39 writes stay in memory
                apply_writes(overlay, log, lambda _: False)
                overlay = follow_applied(overlay, embedder)
    version = merge_version(catch_up(overlay, embedder), log)
    return Shop(version, rows, embed(rows).item, kind)


def test_the_writes_leave_nothing_untried(shop: Shop) -> None:
    assert shop.version.alive is not None
    assert not shop.version.alive.all()
    assert len(shop.version) > COUNT
    assert shop.version.count == len(shop.rows)
    assert shop.version.revision == f"{shop.version.name}+{WRITES}"


def random_test(random: Random) -> tuple[str, Any]:
    """A filter, and the same in Python."""
    colours = random.sample(COLOURS, 2)
    low = random.randrange(10, 60)
    listed = ", ".join(f'"{colour}"' for colour in colours)
    options: list[tuple[str, Any]] = [
        (f'baseColour = "{colours[0]}"', lambda i: i["baseColour"] == colours[0]),
        (f"baseColour IN [{listed}]", lambda i: i["baseColour"] in colours),
        (f"price {low} TO {low + 9}", lambda i: i["price"] and low <= i["price"] <= low + 9),
        (f"NOT price > {low}", lambda i: not (i["price"] is not None and i["price"] > low)),
        ("available = true", lambda i: i["available"] is True),
        ("EXISTS group_id", lambda i: i["group_id"] is not None),
        ("year >= 2019", lambda i: i["year"] is not None and i["year"] >= 2019),
        ('gender != "Men"', lambda i: i["gender"] != "Men"),
        ('id = "p7" OR id = "new3"', lambda i: i["id"] in ("p7", "new3")),
    ]
    return random.choice(options)


@dataclass(frozen=True)
class Question:
    options: SearchQuery
    holds: Any
    query: np.ndarray


def question(random: Random, shop: Shop) -> Question:
    texts, tests = [], []
    for _ in range(random.choice((0, 1, 1, 2))):
        text, holds = random_test(random)
        texts.append(f"({text})")
        tests.append(holds)
    ids = [row["id"] for row in shop.rows]
    options = SearchQuery(
        limit=random.choice((1, 3, 10, 100)),
        offset=random.choice((0, 0, 5, 40, 395)),
        filter=" AND ".join(texts) or None,
        exclude_ids=random.sample([*ids, "p1", "gone"], random.choice((0, 1, 20))),
        group_by=random.choice((None, "group_id", "baseColour", "year", "available")),
        min_score=random.choice((None, None, 0.2)),
        repeats=random.random() < 0.3,
    )
    near = shop.vectors[random.randrange(len(shop.rows))]
    noise = np.random.default_rng(random.randrange(10**6)).normal(0, 0.05, near.shape)
    query = (near + noise).astype(np.float32)
    return Question(options, lambda i: all(t(i) for t in tests), query / np.linalg.norm(query))


def keys_of(shop: Shop, options: SearchQuery, ranked: bool) -> list[Any]:
    groups = [None if options.group_by is None else row[options.group_by] for row in shop.rows]
    pictures = [row["image"] for row in shop.rows]
    return place_keys(options.group_by, groups, pictures, options.repeats or not ranked)


def expected(asked: Question, shop: Shop, ranked: bool = True) -> list[int]:
    """Places in the plain list of the whole answer, without paging."""
    options, scores = asked.options, dot_rows(shop.vectors, asked.query)
    excluded = set(options.exclude_ids)
    places = [
        place
        for place, row in enumerate(shop.rows)
        if row["id"] not in excluded and asked.holds(row)
    ]
    if ranked:
        places.sort(key=lambda place: (-scores[place], place))
    places = first_of_places(places, keys_of(shop, options, ranked))
    if ranked and options.min_score is not None:
        places = [place for place in places if scores[place] >= options.min_score]
    return places


def test_questions_are_answered_as_by_brute_force(shop: Shop, full: bool) -> None:
    random = Random(2)
    wanted = hit = 0
    # Milvus takes a tenth of a second for each.
    for _ in range(QUESTIONS if full or shop.kind in ("exact", "hnsw") else QUESTIONS // 5):
        asked = question(random, shop)
        whole = [shop.rows[place]["id"] for place in expected(asked, shop)]
        options = asked.options
        page = rank(shop.version, asked.query, options)
        found = [shop.version.items.id_of(hit.row) for hit in page.hits]
        right = whole[options.offset : options.offset + options.limit]
        if shop.kind == "exact":
            assert found == right, options
        if shop.kind == "exact" or options.min_score is None:
            assert len(found) == len(right), options
            assert page.exhausted == (options.offset + options.limit >= len(whole)), options
        by_id = {row["id"]: row for row in shop.rows}
        assert all(asked.holds(by_id[item_id]) for item_id in found)
        assert not set(found) & set(options.exclude_ids)
        wanted += len(right)
        hit += len(set(found) & set(right))
    assert hit / wanted >= 0.98


def test_pages_join_to_the_list(shop: Shop, full: bool) -> None:
    random = Random(3)
    for _ in range(20 if full or shop.kind in ("exact", "hnsw") else 5):
        asked = question(random, shop)
        options = replace(asked.options, offset=0, limit=100)
        whole = rank(shop.version, asked.query, options).hits
        pages = []
        for offset in range(0, 100, 7):
            part = replace(options, offset=offset, limit=min(7, 100 - offset))
            pages += rank(shop.version, asked.query, part).hits
        assert pages == whole


def test_variants_are_the_rest_of_the_group(shop: Shop) -> None:
    random = Random(4)
    for _ in range(40):
        asked = question(random, shop)
        options = replace(asked.options, group_by="group_id", offset=0, repeats=True)
        allowed = replace_grouping(asked, shop)
        for hit in rank(shop.version, asked.query, options).hits:
            item = shop.version.items.item(hit.row)
            style = item["group_id"]
            same = [i for i in allowed if style is not None and i["group_id"] == style]
            ids = [row["id"] for row in same if row["id"] != item["id"]]
            assert [shop.version.items.id_of(row) for row in hit.variants or []] == ids[:32]


def replace_grouping(asked: Question, shop: Shop) -> list[Fields]:
    plain = replace(asked, options=replace(asked.options, group_by=None, repeats=True))
    return [shop.rows[place] for place in expected(plain, shop, ranked=False)]


def test_pictures_are_grouped_as_by_a_build_of_the_merged_items(shop: Shop) -> None:
    """The groups of the merged version are those of its pictures, whatever was written when."""
    assert shop.version.pictures is not None
    codes, rows = (
        shop.version.pictures.codes,
        known_rows(shop.version, [r["id"] for r in shop.rows]),
    )
    held = [row["image"] for row in shop.rows]
    for image, row in zip(held, rows, strict=True):
        same = [at for at, other in zip(rows, held, strict=True) if other == image is not None]
        assert codes[row] == (min(same) if len(same) > 1 else -1)
    assert (codes[rows] >= 0).sum() == (codes >= 0).sum() > COUNT / 4


def test_browsing_keeps_catalogue_order(shop: Shop) -> None:
    random = Random(5)
    for _ in range(100):
        asked = question(random, shop)
        common = {one.name: getattr(asked.options, one.name) for one in fields(ListQuery)}
        page = browse(shop.version, ListQuery(**common))
        whole = expected(asked, shop, ranked=False)
        right = whole[asked.options.offset : asked.options.offset + asked.options.limit]
        assert page.total == len(whole)
        assert [shop.version.items.id_of(row) for row, _ in page.entries] == [
            shop.rows[place]["id"] for place in right
        ]


@pytest.mark.parametrize("sort", ["title", "-title"])
def test_lists_are_sorted_by_the_titles_that_were_written(shop: Shop, sort: str) -> None:
    page = browse(shop.version, ListQuery(limit=len(shop.rows), sort=sort))
    places = {row["id"]: place for place, row in enumerate(shop.rows)}
    found = [shop.rows[places[shop.version.items.id_of(row)]] for row, _ in page.entries]
    titled = [row["title"] for row in found if row["title"]]
    assert titled == sorted(titled, reverse=sort == "-title")
    assert not any(row["title"] for row in found[len(titled) :])
    assert len(found) == len(shop.rows)


def test_facets_count_the_merged_items(shop: Shop) -> None:
    total, facets = count_facets(shop.version, FacetQuery(filter="EXISTS price", limit=1000))
    items = [row for row in shop.rows if row["price"] is not None]
    assert total == len(items)
    for facet in facets:
        held = [row[facet.field] for row in items if row[facet.field] is not None]
        if isinstance(facet, ValuesFacet):
            assert {v.value: v.count for v in facet.values} == Counter(held)
        else:
            assert (facet.min, facet.max) == (min(held), max(held))
    assert count_facets(shop.version, FacetQuery())[0] == len(shop.rows)


def test_every_item_and_picture_reads_back(shop: Shop) -> None:
    for place, row in enumerate(shop.rows):
        (at,) = known_rows(shop.version, [row["id"]])
        item = shop.version.items.item(at)
        assert item == {name: value for name, value in row.items() if name != "image"}
        image = shop.version.images.read(at)
        assert (None if image is None else image.data) == row["image"]
        np.testing.assert_allclose(shop.version.index.vector(at), shop.vectors[place], atol=1e-6)


def test_vectors_read_alike_one_by_one_and_together(shop: Shop) -> None:
    ids = [row["id"] for row in reversed(shop.rows)]
    rows = np.array(known_rows(shop.version, ids))
    expected = shop.vectors[::-1]
    np.testing.assert_allclose(shop.version.index.vectors(rows), expected, atol=1e-6)


def test_a_removed_item_is_nowhere(shop: Shop, tmp_path: Path) -> None:
    gone = {f"p{n}" for n in range(COUNT)} - {row["id"] for row in shop.rows}
    assert gone
    assert known_rows(shop.version, gone) == []
