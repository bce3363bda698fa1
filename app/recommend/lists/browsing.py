"""Lists that nothing is searched for: the items of a filter, in catalogue order or sorted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.recommend.facets import Facet, FacetRows, count_fields
from app.recommend.lists.arrangement import sorted_places, sorts_by_field
from app.recommend.query import ListQuery
from app.recommend.selection import (
    Masks,
    first_of_groups,
    group_codes,
    grouped,
    known_rows,
    variants_of,
)
from twinset.filters import parse_filter
from twinset.index.index_versions import IndexVersion


@dataclass(frozen=True)
class ListedPage:
    """A page of an unranked list: (row, variants), and the list's length."""

    entries: list[tuple[int, list[int] | None]]
    total: int
    exhausted: bool
    facets: tuple[Facet, ...] = ()


def browse(version: IndexVersion, query: ListQuery) -> ListedPage:
    """The page of matching rows in catalogue order, or in that of a field.

    If grouped, the list holds the first row of each group in that order.

    Raises:
        FilterError: the filter is wrong.
        UnknownField: a field to group, sort or count by is unknown.
    """
    left_out = known_rows(version, query.exclude_ids)
    masks = Masks(version, left_out)
    mask = masks.of(None if query.filter is None else parse_filter(query.filter))
    rows = np.arange(len(version)) if mask is None else np.flatnonzero(mask)
    if sorts_by_field(query.sort):
        rows = rows[sorted_places(version, rows, query.sort)]
    codes = None if query.group_by is None else group_codes(version, query.group_by)
    if codes is not None:
        rows = rows[first_of_groups(codes[rows])]
    counted = FacetRows.of(version, query, masks, mask)
    page = rows[query.offset : query.offset + query.limit].tolist()
    return ListedPage(
        [(row, None if codes is None else variants_of(row, codes, mask)) for row in page],
        total=len(rows),
        exhausted=len(rows) <= query.offset + query.limit,
        facets=count_fields(
            version, counted, query, alike=None if codes is None else grouped(codes)
        ),
    )
