"""The garments of a photo are looked at with some air around them, and answered in turns."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from app.concurrency.image_decoding import Box
from app.observability.prometheus_metrics import Metrics
from app.recommend.facets import ValuesFacet
from app.recommend.photos.garment_boxes import in_turns, widened
from app.recommend.photos.photo_search import PhotoQuery, PhotoSearch
from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage, Search, condition_of
from app.recommend.recognition import compared, recognised
from app.recommend.recommender import Recommender
from app.recommend.row_sources import VectorSearch
from app.settings import Settings
from tests.support.kind_head import HEAD
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
from tests.support.small_shop import open_shop
from twinset.edits.kept_values import Kept
from twinset.encoders import HashEncoder
from twinset.index import ExactIndex
from twinset.index.index_versions import IndexVersion
from twinset.photo.photo_reading import PhotoReading
from twinset.words.query.parts import Part, Understood

Holds = Callable[[Item], bool]


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> IndexVersion:
    folder = tmp_path_factory.mktemp("garments")
    return with_pictures(random_version(folder, ExactIndex(VECTORS)))


def test_a_box_gets_air_and_stays_inside_the_photo() -> None:
    assert widened((0.4, 0.2, 0.6, 0.7)) == pytest.approx((0.388, 0.17, 0.612, 0.73))
    assert widened((0, 0, 1, 1)) == (0, 0, 1, 1)


def _as_found(page: RankedPage) -> RankedPage:
    return page


def _search(version: IndexVersion, row: int, query: SearchQuery, exclude: set[int]) -> Search:
    """The search for what looks like an item."""
    source = VectorSearch(version.index, version.index.vector(row), condition_of(query))
    return Search(source, query, exclude, _as_found)


def _listed(row: int, query: SearchQuery, exclude: set[int], holds: Holds) -> list[int]:
    """Every row that a search lists, best first, by a plain loop."""
    scores = np.vecdot(VECTORS, VECTORS[row])
    order = np.lexsort((np.arange(COUNT), -scores)).tolist()
    return [
        one
        for one in order
        if one not in exclude
        and ITEMS[one]["id"] not in query.exclude_ids
        and holds(ITEMS[one])
        and (query.min_score is None or scores[one] >= query.min_score)
    ]


def _question(number: int) -> tuple[SearchQuery, list[tuple[int, SearchQuery, set[int], Holds]]]:
    """What two or three garments have in common, and what is asked of each."""
    chance = random.Random(number)
    text, holds = condition(chance) if chance.random() < 0.5 else (None, lambda item: True)
    query = SearchQuery(
        limit=chance.choice([1, 5, 24]),
        offset=chance.choice([0, 0, 5, 100, 990]),
        filter=text,
        exclude_ids=tuple(f"i{chance.randrange(COUNT)}" for _ in range(chance.choice([0, 3]))),
        group_by=chance.choice([None, "group_id", "colour"]),
        repeats=chance.random() < 0.3,
        min_score=chance.choice([None, 0.3, 0.6]),
        facets=chance.choice([(), ("colour", "year")]),
    )
    garments = []
    for _ in range(chance.choice([2, 3])):
        own, fits = query, holds
        if chance.random() < 0.3:  # as words narrow each garment
            more, also = condition(chance, 0)
            own = replace(query, filter=more if text is None else f"({text}) AND ({more})")
            own = replace(own, said_filter=more)

            def fits(item: Item, also: Holds = also) -> bool:
                return holds(item) and also(item)

        garments.append((chance.randrange(COUNT), own, {chance.randrange(COUNT)}, fits))
    return query, garments


@pytest.mark.parametrize("number", range(150))
def test_turns_are_those_of_a_plain_loop(version: IndexVersion, number: int) -> None:
    query, garments = _question(number)
    page = in_turns(version, [_search(version, *one[:3]) for one in garments], query)
    keys, whole = keys_of(query), [_listed(*one) for one in garments]
    lists = [first_of_places(rows, keys) for rows in whole]
    flat = [row for turn in zip_longest(*lists) for row in turn if row is not None]
    merged = first_of_places(list(dict.fromkeys(flat)), keys)
    end = query.offset + query.limit
    assert [hit.row for hit in page.hits] == merged[query.offset : end]
    assert page.exhausted == (end >= len(merged))
    assert page.total == len(first_of_places(sorted({row for rows in whole for row in rows}), keys))
    for hit in page.hits:
        of_place = {row for row in range(COUNT) if keys[row] is not None}
        of_place = {row for row in of_place if keys[row] == keys[hit.row]} - {hit.row}
        assert {*(hit.variants or ()), *hit.same_picture} <= of_place


@pytest.mark.parametrize("number", range(0, 150, 3))
def test_facets_count_what_any_garment_lists_and_change_no_list(
    version: IndexVersion, number: int
) -> None:
    query, garments = _question(number)
    pages = []
    for facets in ((), ("colour", "year")):
        searches = [_search(version, r, replace(q, facets=facets), e) for r, q, e, _ in garments]
        pages.append(in_turns(version, searches, replace(query, facets=facets)))
    without, counted = pages
    assert without == replace(counted, facets=())
    if query.filter is not None or any(one[1].filter for one in garments):
        return  # a facet leaves out the filter's conditions on its own field
    rows = {row for one in garments for row in _listed(*one)}
    keys = [f"alone {row}" if key is None else key for row, key in enumerate(keys_of(query))]
    for facet in counted.facets:
        assert isinstance(facet, ValuesFacet)
        places = {
            (keys[row], ITEMS[row][facet.field])
            for row in rows
            if ITEMS[row][facet.field] is not None
        }
        expected = Counter(value for _, value in places)
        assert {one.value: one.count for one in facet.values} == dict(expected)


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_pages_in_turns_are_parts_of_one_list(version: IndexVersion, limit: int) -> None:
    asked = SearchQuery(limit=limit, group_by="colour", min_score=0.5)
    found: list[int] = []
    for offset in range(0, 1000, limit):
        query = replace(asked, offset=offset)
        page = in_turns(version, [_search(version, row, query, set()) for row in (3, 700)], query)
        found += [hit.row for hit in page.hits]
        if page.exhausted:
            break
    whole = replace(asked, limit=1000)
    page = in_turns(version, [_search(version, row, whole, set()) for row in (3, 700)], whole)
    assert found == [hit.row for hit in page.hits]
    assert len(found) > 7


def test_far_pages_look_for_the_other_rows_of_their_own_hits_alone(
    version: IndexVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []
    monkeypatch.setattr(
        "app.recommend.lists.places.variants_of", lambda row, *_: looked_at.append(row) or []
    )
    query = SearchQuery(limit=5, offset=300, group_by="group_id")
    page = in_turns(version, [_search(version, row, query, set()) for row in (3, 700)], query)
    assert sorted(looked_at) == sorted(hit.row for hit in page.hits)
    assert len(page.hits) == 5


def test_what_was_understood_of_any_garment_is_said(version: IndexVersion) -> None:
    cheap = [Part("price", "price", "cheaper", condition=f"price < {most}") for most in (30, 60)]
    red = Part("colour", "baseColour", "in red", ("Red",))
    kept = [Kept("kind", "articleType", {kind: 0.8}) for kind in ("Shirts", "Jeans")]
    query = SearchQuery(limit=6)

    def finished(number: int, fits: bool) -> Search:
        understood = Understood("", parts=(red, cheap[number]))

        def finish(page: RankedPage) -> RankedPage:
            hits = [hit._replace(relevance=float(number)) for hit in page.hits]
            return replace(
                page, hits=hits, understood=understood, kept=(kept[number],), nothing_fits=not fits
            )

        return replace(_search(version, 300 * number, query, set()), finish=finish)

    page = in_turns(version, [finished(0, fits=False), finished(1, fits=True)], query)
    assert page.understood is not None
    assert page.understood.parts == (red, *cheap)
    assert page.kept == tuple(kept)
    assert not page.nothing_fits
    assert [hit.relevance for hit in page.hits] == [0, 1, 0, 1, 0, 1]
    assert in_turns(version, [finished(0, fits=False)] * 2, query).nothing_fits


async def _read(data: bytes, box: Box | None = None) -> PhotoReading:
    """A photo of a red dress on the left and a blue hat on the right."""
    vectors = SHOP_ENCODER.encode_items([None] * 2, ["red dress", "blue hat"]).item
    left = vectors[0] if box is None or box[0] < 0.3 else vectors[1]
    boxes = ((0.1, 0.0, 0.4, 1.0), (0.6, 0.0, 0.9, 1.0)) if box is None else ()
    return PhotoReading(left, left, left, 0.0, garment=1.0, familiar=1.0, boxes=boxes)


SHOP_ENCODER = HashEncoder(256)


@pytest.fixture
def recommender(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recommender]:
    """A shop whose photos all show two garments."""
    shop = replace(open_shop(tmp_path, SHOP_ENCODER), category="group_id")
    made = Recommender(SHOP_ENCODER, shop, Settings(index=tmp_path), Metrics())
    monkeypatch.setattr(made._engine, "read_photo", _read)
    monkeypatch.setattr(made._engine, "photos", PhotoSearch(HEAD))
    yield made
    made.close()


def _ask(recommender: Recommender, **query: object) -> RankedPage:
    asked = SearchQuery(**query)  # type: ignore[arg-type]
    return asyncio.run(recommender.by_image(b"photo", asked, PhotoQuery()))


def test_facets_leave_a_photo_of_two_garments_its_list(recommender: Recommender) -> None:
    plain, counted = _ask(recommender), _ask(recommender, facets=("gender",))
    assert counted.hits == plain.hits
    assert counted.photo == plain.photo
    assert len(counted.photo.regions if counted.photo else ()) == 2
    assert counted.facets
    assert counted.total == plain.total == recommender.version.count


def test_an_edit_of_two_garments_says_what_it_understood(recommender: Recommender) -> None:
    page = _ask(recommender, edit="in black, under 25", limit=20)
    assert page.understood is not None
    assert {part.name for part in page.understood.parts} == {"colour", "price"}
    assert page.kept is not None
    values = recommender.version.items.columns
    assert page.hits
    assert all(float(values["price"].value(hit.row) or 0) < 25 for hit in page.hits)
    assert page.total == 15  # p0 to p14


def test_hits_are_compared_with_every_garment(recommender: Recommender) -> None:
    page = _ask(recommender, explain=True, limit=2)
    wanted = recognised(recommender.version, page)
    assert wanted["group_id"] == ("dress", "hat")
    kinds = [recommender.version.items.columns["group_id"].value(hit.row) for hit in page.hits]
    assert kinds == ["dress", "hat"]
    for hit in page.hits:
        same, differs = compared(wanted, recommender.version.items.item(hit.row))
        assert "group_id" in same
        assert "group_id" not in differs
        assert sum(part.value for part in hit.parts or ()) == pytest.approx(hit.score, abs=1e-4)
