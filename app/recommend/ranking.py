"""From a query vector to one page: filter, exclude, group, cut. Pure functions of one version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.recommend.facets import Facet, FacetRows, count_fields
from app.recommend.lists.arrangement import (
    DIVERSE_POOL,
    SORTED_POOL,
    diverse_places,
    sorted_places,
    sorts_by_field,
)
from app.recommend.lists.nearest_groups import Groups, nearest_groups
from app.recommend.lists.places import Places
from app.recommend.lists.session import moved
from app.recommend.photos.photo_search import PhotoLook
from app.recommend.query import SearchQuery
from app.recommend.row_sources import RowSource, VectorSearch, as_arrays
from app.recommend.selection import (
    Masks,
    Rows,
    first_of_groups,
    known_rows,
)
from twinset.edits.kept_values import Kept
from twinset.filters import parse_filter
from twinset.index.index_versions import IndexVersion
from twinset.index.ranked_rows import Ranked as Found
from twinset.index.vector_index import Condition, Scores
from twinset.words.query.parts import Understood

Vector = NDArray[np.float32]
# A mask of all rows but these would cost more than to find them and leave them out.
_MOST_PASSED_OVER = 64
# So many numbers are multiplied in the time that it takes to hand work to a thread and back.
_QUICK_PRODUCTS = 500_000
_MOST_ON_LOOP = 200
# Rows asked for beyond those of a page, so that a few repeats on it need no second search.
_SPARE = 4


@dataclass(frozen=True, slots=True)
class Part:
    """What something adds to a score: `part` says what, `of` which one of its kind, if any."""

    part: str
    of: str
    value: float


class Ranked(NamedTuple):
    """One row of a page; `variants` are the other rows of its group, None without grouping.

    `same_picture` are other rows with its picture, which have no place of their own. `parts` add up
    to the score, None unless they were asked for. `relevance` is None if nobody knows what scores
    mean here. `view` is the picture that a photo found the item by, from 0; None if it has no
    further pictures, or no photo was asked with.
    """

    row: int
    score: float
    variants: list[int] | None
    same_picture: tuple[int, ...] = ()
    parts: tuple[Part, ...] | None = None
    relevance: float | None = None
    view: int | None = None


@dataclass(frozen=True)
class RankedPage:
    """A page of a ranked list; `exhausted` when the list ends with it.

    `understood` is what a query of words was read as, `photo` what a photo was read as; `kept` is
    what stays of a photo or item that words change, None if they change nothing. `nothing_fits`
    says that no hit is relevant. `about` are the rows of the items asked about, `told` the values
    of a photo as items like it have them, if scores are explained. `total` is the length of the
    whole list.
    """

    hits: list[Ranked]
    exhausted: bool
    understood: Understood | None = None
    kept: tuple[Kept, ...] | None = None
    photo: PhotoLook | None = None
    nothing_fits: bool = False
    about: tuple[int, ...] = ()
    told: tuple[Kept, ...] = ()
    total: int = 0
    facets: tuple[Facet, ...] = ()


def rank(
    version: IndexVersion, vector: Vector, query: SearchQuery, exclude: Iterable[int] = ()
) -> RankedPage:
    """The page of rows nearest to `vector` (d,) that the query asks for; see `rank_rows`."""
    vector = moved(version, vector, query)
    return rank_rows(
        version, VectorSearch(version.index, vector, condition_of(query)), query, exclude
    )


def condition_of(query: SearchQuery) -> Condition | None:
    """The query's filter as an engine reads it; None if there is none.

    Raises:
        FilterError: see `twinset.filters.parse_filter`.
    """
    return None if query.filter is None else Condition(parse_filter(query.filter))


def rank_rows(
    version: IndexVersion, source: RowSource, query: SearchQuery, exclude: Iterable[int] = ()
) -> RankedPage:
    """The page of a ranked list of rows that the query asks for.

    Rows take part if the filter matches them and neither `exclude`, `query.exclude_ids` nor
    `query.disliked` names them. The search asks for one row more than the page holds, to know
    whether the list goes on. Under a cut the list is all that scores as much, and nothing is
    approximate.
    """
    left_out = {*exclude, *known_rows(version, (*query.exclude_ids, *query.disliked))}
    is_plain = _is_plain(query) and not version.restricted
    if is_plain and len(left_out) <= _MOST_PASSED_OVER:
        places = Places.of(version, query, None, left_out)
        found = _nearest_places(source, _length(version, query), places)
        return _page(version, found, query, places, places.count(version.count))
    masks = Masks(version, left_out)
    mask = masks.of(None if query.filter is None else parse_filter(query.filter))
    counted = FacetRows.of(version, query, masks, mask)
    places = Places.of(version, query, mask, left_out)
    alike = places.alike() if query.facets else None
    if query.min_score is None:
        total = places.count(version.count)
        found = _nearest(version, source, query, places, total)
        counts = count_fields(version, counted, query, alike=alike)
    else:
        wide = counted.any_of(mask)
        wider = source if wide is mask else source.without_filter()
        rows, scores = wider.above(query.min_score, wide)
        counts = count_fields(version, counted, query, rows, alike)
        found = _of_places(rows, scores, places)
        total = len(found[0])
    return _page(version, found, query, places, total, counts)


def is_quick(version: IndexVersion, query: SearchQuery) -> bool:
    """True if to rank the query's page takes about as long as to hand that to a thread: a plain
    page of a small catalogue in memory."""
    plain = _is_plain(query) and not (query.diversity or query.explain or version.restricted)
    small = len(version) * version.dimension <= _QUICK_PRODUCTS and version.index.kind == "exact"
    near = query.offset + query.limit <= _MOST_ON_LOOP and not sorts_by_field(query.sort)
    return plain and small and near and version.views is None


def _is_plain(query: SearchQuery) -> bool:
    """True if a list needs no mask: of all items, without groups, a cut or counts."""
    return not (query.filter or query.group_by or query.facets) and query.min_score is None


def _length(version: IndexVersion, query: SearchQuery) -> int:
    """How many rows to ask for: what the page needs, or all that are put into another order."""
    if sorts_by_field(query.sort):
        return min(SORTED_POOL, len(version))
    pool = DIVERSE_POOL if query.diversity else 0
    return min(max(query.offset + query.limit + 1, pool), len(version))


def _nearest(
    version: IndexVersion, source: RowSource, query: SearchQuery, places: Places, total: int
) -> Found:
    """The nearest places of a list that has `total` of them."""
    wanted, mask = _length(version, query), places.mask
    if places.groups is None:
        return _nearest_places(source, wanted, replace(places, left_out=()))
    first = None if query.filter is None else mask
    groups = Groups(places.groups, mask)
    return as_arrays(nearest_groups(source, min(wanted, total), first, groups))


def _of_places(rows: Rows, scores: Scores, places: Places) -> Found:
    """Those of the rows that the mask lets through; in each place the first."""
    mask = places.mask
    if mask is not None:
        rows, scores = rows[mask[rows]], scores[mask[rows]]
    if not places.are_shared:
        return rows, scores
    kept = first_of_groups(places.codes_of(rows))
    return rows[kept], scores[kept]


def _page(
    version: IndexVersion,
    found: Found,
    query: SearchQuery,
    places: Places,
    total: int,
    facets: tuple[Facet, ...] = (),
) -> RankedPage:
    rows, scores = found
    if sorts_by_field(query.sort):
        order = sorted_places(version, rows, query.sort)
        rows, scores = rows[order], scores[order]
        total = len(rows)
    elif query.diversity:
        order = diverse_places(version, rows, scores, query.diversity)
        rows, scores = rows[order], scores[order]
    part = slice(query.offset, query.offset + query.limit)
    hits = [
        Ranked(row, score, places.variants(row), tuple(places.same_picture(row)))
        for row, score in zip(rows[part].tolist(), scores[part].tolist(), strict=True)
    ]
    return RankedPage(hits, len(rows) <= part.stop, total=total, facets=facets)


def _nearest_places(source: RowSource, wanted: int, places: Places) -> Found:
    """The nearest rows of the mask, of each picture the first.

    Rows in `places.left_out` are found with the others and dropped, which needs no mask. If many
    repeat a picture, a longer list is read, which begins as the shorter one does.
    """
    passed_over, shared = places.left_out, places.are_shared
    length = wanted + len(passed_over) + (_SPARE if shared else 0)
    while True:
        found = source.nearest(length, places.mask)
        codes = places.codes_of(np.array([row for row, _ in found], np.int64)).tolist()
        hits, seen = [], set()
        for hit, code in zip(found, codes, strict=True):
            if hit[0] in passed_over or code in seen:
                continue
            if code >= 0:
                seen.add(code)
            hits.append(hit)
        if len(hits) >= wanted or len(found) < length or not shared:
            return as_arrays(hits[:wanted])
        length *= 2
