"""From a query vector to one page: filter, exclude, group, cut. Pure functions of one version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from app.recommend.query import MAX_VARIANTS, ListQuery, SearchQuery
from app.recommend.row_sources import RowSource, VectorSearch
from app.service_errors import UnknownField
from twinset.filters import evaluate, parse_filter
from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Condition
from twinset.words.query.parts import Understood

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]
Vector = NDArray[np.float32]
# A mask of all rows but these would cost more than to find them and leave them out.
_MOST_PASSED_OVER = 64
# Rows asked of the index to find groups in; then, in rounds, twice as many each.
_LIST_LENGTHS = (64, 512, 4096)
_FIRST_ROUND = 512


@dataclass(frozen=True)
class Ranked:
    """One row of a page; `variants` are the other rows of its group, None without grouping."""

    row: int
    score: float
    variants: list[int] | None


@dataclass(frozen=True)
class RankedPage:
    """A page of a ranked list; `exhausted` when the list ends with it.

    `understood` is what a query of words was read as.
    """

    hits: list[Ranked]
    exhausted: bool
    understood: Understood | None = None


def filter_mask(version: IndexVersion, text: str | None, exclude: Iterable[int]) -> Mask | None:
    """Which rows (n,) may be returned; None if all may. Rows without an item never may.

    Raises:
        FilterError: see `twinset.filters.parse_filter`.
    """
    rows = list(exclude)
    if text is None and not rows:
        return version.alive
    if text is None:
        mask: Mask = np.ones(len(version), np.bool_)
    else:
        mask = evaluate(parse_filter(text), version.items.columns)
    mask[rows] = False
    return mask if version.alive is None else mask & version.alive


def known_rows(version: IndexVersion, ids: Iterable[str]) -> list[int]:
    """The rows of the ids that exist; ids that do not exist are skipped."""
    rows = (version.items.row_of(item_id) for item_id in ids)
    return [row for row in rows if row is not None]


def group_codes(version: IndexVersion, field: str) -> Codes:
    """Group numbers (n,); -1 if an item has no value, so that it forms a group of its own.

    Raises:
        UnknownField: the catalogue has no such field to group by.
    """
    column = version.items.columns.get(field)
    if column is None:
        raise UnknownField("group_by must be one of: " + ", ".join(version.items.columns) + ".")
    return column.group_codes()


def rank(
    version: IndexVersion, vector: Vector, query: SearchQuery, exclude: Iterable[int] = ()
) -> RankedPage:
    """The page of rows nearest to `vector` (d,) that the query asks for; see `rank_rows`."""
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

    Rows take part if the filter matches them and neither `exclude` nor `query.exclude_ids` names
    them. The search asks for one row more than the page holds, to know whether the list goes on.
    """
    rows = {*exclude, *known_rows(version, query.exclude_ids)}
    wanted = min(query.offset + query.limit + 1, len(version))
    codes = None if query.group_by is None else group_codes(version, query.group_by)
    if codes is None and query.filter is None and len(rows) <= _MOST_PASSED_OVER:
        return _page(_nearest_but(source, wanted, rows), query)
    mask = filter_mask(version, query.filter, rows)
    if codes is None:
        found = source.nearest(wanted, mask)
    else:
        first = None if query.filter is None else mask
        groups = _Groups(codes, np.ones(len(version), np.bool_) if mask is None else mask.copy())
        found = _nearest_groups(source, wanted, first, groups)
    return _page(found, query, None if codes is None else partial(_variants, codes, mask))


def _page(
    found: list[tuple[int, float]],
    query: SearchQuery,
    variants: Callable[[int], list[int]] | None = None,
) -> RankedPage:
    if query.min_score is not None:
        found = [(row, score) for row, score in found if score >= query.min_score]
    end = query.offset + query.limit
    hits = [
        Ranked(row, score, None if variants is None else variants(row))
        for row, score in found[query.offset : end]
    ]
    return RankedPage(hits, exhausted=len(found) <= end)


def _variants(codes: Codes, mask: Mask | None, row: int) -> list[int]:
    return variants_of(row, codes, mask)


def _nearest_but(
    source: RowSource, wanted: int, passed_over: Collection[int]
) -> list[tuple[int, float]]:
    """The nearest rows without a few: they are found with the others and dropped, which needs no
    mask."""
    found = source.nearest(wanted + len(passed_over), None)
    return [(row, score) for row, score in found if row not in passed_over][:wanted]


class _Groups:
    """Collects the first row of each group; `left` (n,) is true for rows that may still be that
    row."""

    def __init__(self, codes: Codes, left: Mask) -> None:
        self._codes, self.left = codes, left
        self.found: list[tuple[int, float]] = []

    def add(self, nearest: Iterable[tuple[int, float]]) -> int:
        """Take rows, best first, if their group is new; return how many groups there are now."""
        for row, score in nearest:
            if self.left[row]:
                self.found.append((row, score))
                self.left[_group_of(row, self._codes)] = False
        return len(self.found)


def _nearest_groups(
    source: RowSource, wanted: int, mask: Mask | None, groups: _Groups
) -> list[tuple[int, float]]:
    """The best row of each of the `wanted` best groups, best first; fewer if fewer exist.

    It reads longer and longer beginnings of one ranked list. If groups are so large that this does
    not suffice, it goes on in rounds that mask out the groups found so far. All lengths are fixed,
    so what a page holds depends on neither its length nor its offset.
    """
    for length in _LIST_LENGTHS:
        if groups.add(source.nearest(length, mask)) >= wanted:
            return groups.found[:wanted]
    length = _FIRST_ROUND
    while len(groups.found) < wanted and groups.left.any():
        groups.add(source.nearest(length, groups.left))
        length *= 2
    return groups.found[:wanted]


def _group_of(row: int, codes: Codes) -> NDArray[np.int64]:
    return np.array([row]) if codes[row] < 0 else np.flatnonzero(codes == codes[row])


def variants_of(row: int, codes: Codes, mask: Mask | None = None) -> list[int]:
    """The other rows of a row's group, in catalogue order, if the mask allows them.

    At most `MAX_VARIANTS`: a group by gender would otherwise list half of the catalogue.
    """
    others = _group_of(row, codes)
    allowed = others != row if mask is None else (others != row) & mask[others]
    return [int(other) for other in others[allowed][:MAX_VARIANTS]]


@dataclass(frozen=True)
class ListedPage:
    """A page of an unranked list: (row, variants) in catalogue order, and the list's length."""

    entries: list[tuple[int, list[int] | None]]
    total: int


def browse(version: IndexVersion, query: ListQuery) -> ListedPage:
    """The page of matching rows in catalogue order; if grouped, the first row of each group."""
    mask = filter_mask(version, query.filter, known_rows(version, query.exclude_ids))
    rows = np.arange(len(version)) if mask is None else np.flatnonzero(mask)
    codes = None if query.group_by is None else group_codes(version, query.group_by)
    if codes is not None:
        rows = _first_of_each(rows, codes)
    page = rows[query.offset : query.offset + query.limit].tolist()
    return ListedPage(
        [(row, None if codes is None else variants_of(row, codes, mask)) for row in page],
        total=len(rows),
    )


def _first_of_each(rows: NDArray[np.int64], codes: Codes) -> NDArray[np.int64]:
    held = codes[rows]
    alone = rows[held < 0]
    grouped = rows[held >= 0]
    _, first = np.unique(codes[grouped], return_index=True)
    return np.sort(np.concatenate([alone, grouped[first]]))
