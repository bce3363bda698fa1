"""Counts of attribute values: what a shop shows beside a list, to narrow it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from app.recommend.query import FacetQuery, ListQuery, SearchQuery
from app.recommend.selection import Alike, Mask, Rows, filter_mask, mask_of
from app.service_errors import UnknownField
from twinset.columns import Column
from twinset.filters import And, parse_filter, without_field
from twinset.index.index_versions import IndexVersion

# One value per item, or nearly: a list of these narrows nothing.
_NEVER = frozenset({"id", "group_id"})
# Whole numbers with few values, such as a year, read better as values than as a range.
_MOST_NUMBERS = 30


@dataclass(frozen=True, slots=True)
class ValueCount:
    """How many items have a value."""

    value: str | float | bool
    count: int


@dataclass(frozen=True, slots=True)
class ValuesFacet:
    """The most frequent values of a field, most frequent first; `distinct` counts all values."""

    field: str
    distinct: int
    values: list[ValueCount]
    kind: Literal["values"] = "values"


@dataclass(frozen=True, slots=True)
class RangeFacet:
    """The smallest and largest value of a number field; None if no item has a value."""

    field: str
    min: float | None
    max: float | None
    kind: Literal["range"] = "range"


Facet = ValuesFacet | RangeFacet


def count_facets(version: IndexVersion, query: FacetQuery) -> tuple[int, list[Facet]]:
    """Count the items that match the filter, and describe each field that the query names.

    Numbers become a range if they have many different values; all other fields become counts of
    their most frequent values.

    Raises:
        FilterError: the filter is wrong.
        UnknownField: a named field cannot be counted.
    """
    names = _checked(version, query.fields, "fields") or countable(version)
    mask = filter_mask(version, query.filter, ())
    total = len(version) if mask is None else int(mask.sum())
    columns = version.items.columns
    return total, [_facet(name, columns[name], mask, query.limit) for name in names]


@dataclass(frozen=True, slots=True)
class FacetRows:
    """For each field to count, the rows (n,) that meet every condition of the filter but those on
    the field itself; None if every row does.

    A shopper who chose red is told how many are blue. A condition that names other fields too, such
    as `colour = "Red" OR price < 10`, is kept for all of its fields.
    """

    by_field: Mapping[str, Mask | None]

    @classmethod
    def of(
        cls, version: IndexVersion, query: ListQuery, left_out: Collection[int], mask: Mask | None
    ) -> FacetRows:
        """The rows to count for each of `query.facets`; `mask` are those that meet the whole
        filter, without the rows `left_out`. What the words of a query asked for always holds.

        Raises:
            UnknownField: a field cannot be counted.
        """
        names = _checked(version, query.facets, "facets")
        expr = None if query.filter is None else parse_filter(query.filter)
        said = query.said_filter if isinstance(query, SearchQuery) else None
        masks = {}
        for name in names:
            others = None if expr is None else without_field(expr, name)
            if others is expr:
                masks[name] = mask
            elif said is None:
                masks[name] = mask_of(version, others, left_out)
            else:
                both = parse_filter(said) if others is None else And((others, parse_filter(said)))
                masks[name] = mask_of(version, both, left_out)
        return cls(masks)

    def any_of(self, mask: Mask | None) -> Mask | None:
        """The rows of `mask`, and those that are counted for any field."""
        for rows in self.by_field.values():
            if rows is None or mask is None:
                return None
            mask = mask if rows is mask else mask | rows
        return mask


def count_fields(
    version: IndexVersion,
    counted: FacetRows,
    query: ListQuery,
    found: Rows | None = None,
    alike: Alike | None = None,
) -> tuple[Facet, ...]:
    """The facets of a list: of `found` rows if they are given, of all rows if not.

    If `alike` says which rows share a place, a value counts once for each place, as in the list's
    `total`.
    """
    columns, facets = version.items.columns, []
    for name, rows in counted.by_field.items():
        mask = rows
        if found is not None:
            mask = np.zeros(len(version), np.bool_)
            mask[found if rows is None else found[rows[found]]] = True
        facets.append(_facet(name, columns[name], mask, query.facet_limit, alike))
    return tuple(facets)


def countable(version: IndexVersion) -> list[str]:
    """The fields that can be counted."""
    return [name for name in version.items.columns if name not in _NEVER]


def _checked(version: IndexVersion, names: Collection[str], parameter: str) -> Collection[str]:
    """`names`, if all of them can be counted."""
    known = countable(version)
    if any(name not in known for name in names):
        raise UnknownField(f"{parameter} can be: " + ", ".join(known) + ".")
    return names


def _facet(
    name: str,
    column: Column,
    mask: Mask | None,
    limit: int,
    alike: Alike | None = None,
) -> Facet:
    if column.kind == "number" and (name == "price" or column.distinct > _MOST_NUMBERS):
        return _range(name, column, mask)
    counts, distinct = column.most_frequent(mask, limit, alike)
    values = [ValueCount(*pair) for pair in counts]
    return ValuesFacet(field=name, distinct=distinct, values=values)


def _range(name: str, column: Column, mask: Mask | None) -> RangeFacet:
    held = column.values[column.present if mask is None else column.present & mask]
    if not len(held):
        return RangeFacet(field=name, min=None, max=None)
    return RangeFacet(field=name, min=float(held.min()), max=float(held.max()))
