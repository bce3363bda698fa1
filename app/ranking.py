"""From a query vector to one page: filter, exclude, group, cut. Pure functions of one version."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import UnknownField
from app.schemas import MAX_VARIANTS, ListOptions, SearchOptions
from core.filters import evaluate, parse_filter
from core.index.store import IndexVersion

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]
Vector = NDArray[np.float32]
# Rows asked of the index at a time, for each group still missing: styles have a few variants.
_ROWS_PER_GROUP = 4


@dataclass(frozen=True)
class Ranked:
    """One row of a page; `variants` are the other rows of its group, None without grouping."""

    row: int
    score: float
    variants: list[int] | None


@dataclass(frozen=True)
class RankedPage:
    """A page of a ranked list; `exhausted` when the list ends with it."""

    hits: list[Ranked]
    exhausted: bool


def filter_mask(version: IndexVersion, text: str | None, exclude: Iterable[int]) -> Mask | None:
    """(n,) which rows may come back, rows without an item never; None where all may.

    Raises:
        FilterError: see `core.filters.parse_filter`.
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
    """The rows of those ids that exist."""
    rows = (version.items.row_of(item_id) for item_id in ids)
    return [row for row in rows if row is not None]


def group_codes(version: IndexVersion, field: str) -> Codes:
    """(n,) group numbers, -1 where an item has no value and stands alone.

    Raises:
        UnknownField: the catalogue has no such field to group by.
    """
    column = version.items.columns.get(field)
    if column is None:
        raise UnknownField("group_by must be one of: " + ", ".join(version.items.columns) + ".")
    return column.group_codes()


def rank(
    version: IndexVersion, query: Vector, options: SearchOptions, exclude: Iterable[int] = ()
) -> RankedPage:
    """The page of rows nearest to `query`, (d,), that the options ask for.

    Every row but those of `exclude` and of `options.exclude_ids` that the filter lets through
    takes part. One row more than the page is looked for, which tells whether the list goes on.
    """
    rows = [*exclude, *known_rows(version, options.exclude_ids)]
    mask = filter_mask(version, options.filter, rows)
    wanted = min(options.offset + options.limit + 1, len(version))
    codes = None if options.group_by is None else group_codes(version, options.group_by)
    if codes is None:
        found = _nearest(version, query, wanted, mask)
    else:
        found = _nearest_groups(version, query, wanted, mask, codes)
    if options.min_score is not None:
        found = [(row, score) for row, score in found if score >= options.min_score]
    end = options.offset + options.limit
    hits = [
        Ranked(row, score, None if codes is None else variants_of(row, codes, mask))
        for row, score in found[options.offset : end]
    ]
    return RankedPage(hits, exhausted=len(found) <= end)


def _nearest(
    version: IndexVersion, query: Vector, wanted: int, mask: Mask | None
) -> list[tuple[int, float]]:
    if wanted == 0:
        return []
    rows, scores = version.index.search(query[None], wanted, mask)
    kept = rows[0] >= 0
    return list(zip(rows[0][kept].tolist(), scores[0][kept].tolist(), strict=True))


def _nearest_groups(
    version: IndexVersion, query: Vector, wanted: int, mask: Mask | None, codes: Codes
) -> list[tuple[int, float]]:
    """The best row of each of the `wanted` best groups, best first; fewer where fewer exist.

    Searches in rounds: what a round returned, and the rest of its groups, are masked out of the
    next. A later round therefore never finds a better row, nor a second one of a group.
    """
    left = np.ones(len(version), np.bool_) if mask is None else mask.copy()
    found: list[tuple[int, float]] = []
    while len(found) < wanted and left.any():
        step = min(_ROWS_PER_GROUP * (wanted - len(found)), len(version))
        for row, score in _nearest(version, query, step, left):
            if left[row]:
                found.append((row, score))
                left[_group_of(row, codes)] = False
    return found[:wanted]


def _group_of(row: int, codes: Codes) -> NDArray[np.int64]:
    return np.array([row]) if codes[row] < 0 else np.flatnonzero(codes == codes[row])


def variants_of(row: int, codes: Codes, mask: Mask | None = None) -> list[int]:
    """The other rows of a row's group that the mask lets through, in catalogue order.

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


def browse(version: IndexVersion, options: ListOptions) -> ListedPage:
    """The page of matching rows in catalogue order; with grouping the first row of each group."""
    mask = filter_mask(version, options.filter, known_rows(version, options.exclude_ids))
    rows = np.arange(len(version)) if mask is None else np.flatnonzero(mask)
    codes = None if options.group_by is None else group_codes(version, options.group_by)
    if codes is not None:
        rows = _first_of_each(rows, codes)
    page = rows[options.offset : options.offset + options.limit].tolist()
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
