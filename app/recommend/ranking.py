"""From a query vector to one page: filter, exclude, group, cut. Pure functions of one version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
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
_NOTHING = FacetRows({})


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
    further pictures or was found by its words, or if no photo was asked with.
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


@dataclass(frozen=True)
class RankedList:
    """The beginning of a ranked list: rows (m,), the first of each place, and their scores (m,).

    `total` is the length of the whole list. `counted` are the rows that facets count; under a cut
    only those that are in `above_cut` too, which is None without a cut.
    """

    places: Places
    rows: Rows
    scores: Scores
    total: int
    counted: FacetRows = _NOTHING
    above_cut: Rows | None = None

    def hits(self, rows: Rows, scores: Scores) -> list[Ranked]:
        """Some rows (k,) of the list, and their scores, as hits."""
        variants, same_picture = self.places.variants, self.places.same_picture
        return [
            Ranked(row, score, variants(row), tuple(same_picture(row)))
            for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
        ]


@dataclass(frozen=True)
class Search:
    """A search of one version that is ready to run: `source` ranks rows for `query`, without those
    in `exclude`; `finish` says more of a page, and leaves its hits in their order."""

    source: RowSource
    query: SearchQuery
    exclude: Collection[int]
    finish: Callable[[RankedPage], RankedPage]

    def page(self, version: IndexVersion) -> RankedPage:
        """The page that the query asks for."""
        return self.finish(rank_rows(version, self.source, self.query, self.exclude))


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
    """The page of a ranked list of rows that the query asks for; see `list_places`."""
    found = list_places(version, source, query, exclude)
    end = query.offset + query.limit
    rows, scores = found.rows[query.offset : end], found.scores[query.offset : end]
    facets: tuple[Facet, ...] = ()
    if query.facets:
        alike = found.places.alike()
        facets = count_fields(version, found.counted, query, found.above_cut, alike)
    return RankedPage(
        found.hits(rows, scores), len(found.rows) <= end, total=found.total, facets=facets
    )


def list_places(
    version: IndexVersion, source: RowSource, query: SearchQuery, exclude: Iterable[int] = ()
) -> RankedList:
    """The beginning of a ranked list: the page that the query asks for, and all before it.

    Rows take part if the filter matches them and neither `exclude`, `query.exclude_ids` nor
    `query.disliked` names them. The search asks for one row more than the page needs, to know
    whether the list goes on. Under a cut the list is all that scores as much, and nothing is
    approximate.
    """
    left_out = {*exclude, *known_rows(version, (*query.exclude_ids, *query.disliked))}
    is_plain = _is_plain(query) and not version.restricted
    if is_plain and len(left_out) <= _MOST_PASSED_OVER:
        places = Places.of(version, query, None, left_out)
        found = _nearest_places(source, _length(version, query), places)
        return _arranged(version, query, RankedList(places, *found, places.count(version.count)))
    masks = Masks(version, left_out)
    mask = masks.of(None if query.filter is None else parse_filter(query.filter))
    counted = FacetRows.of(version, query, masks, mask)
    places = Places.of(version, query, mask, left_out)
    if query.min_score is None:
        total = places.count(version.count)
        rows, scores = _nearest(version, source, query, places, total)
        return _arranged(version, query, RankedList(places, rows, scores, total, counted))
    wide = counted.any_of(mask)
    wider = source if wide is mask else source.without_filter()
    above = wider.above(query.min_score, wide)
    rows, scores = _of_places(*above, places)
    return _arranged(version, query, RankedList(places, rows, scores, len(rows), counted, above[0]))


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


def _arranged(version: IndexVersion, query: SearchQuery, found: RankedList) -> RankedList:
    """A list in the order that the query asks for."""
    if sorts_by_field(query.sort):
        order = sorted_places(version, found.rows, query.sort)
        found = replace(found, total=len(order))
    elif query.diversity:
        order = diverse_places(version, found.rows, found.scores, query.diversity)
    else:
        return found
    return replace(found, rows=found.rows[order], scores=found.scores[order])


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
