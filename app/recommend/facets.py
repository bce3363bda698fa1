"""Counts of attribute values: what a shop shows beside a list, to narrow it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import starmap
from typing import Literal

import numpy as np

from app.recommend.query import FacetQuery, ListQuery, SearchQuery
from app.recommend.selection import Alike, Mask, Masks, Rows, filter_mask
from app.service_errors import UnknownField
from twinset.columns import Column, Selection
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
_Counted = tuple[Selection | None, Alike | None]


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
    chosen = None if mask is None else Selection.of(mask)
    return total, [_facet(name, columns[name], query.limit, chosen) for name in names]


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
        cls, version: IndexVersion, query: ListQuery, masks: Masks, mask: Mask | None
    ) -> FacetRows:
        """The rows to count for each of `query.facets`; `mask`, of the same `masks`, are those that
        meet the whole filter. What the words of a query asked for always holds.

        Raises:
            UnknownField: a field cannot be counted.
        """
        names = _checked(version, query.facets, "facets")
        expr = None if query.filter is None else parse_filter(query.filter)
        said = query.said_filter if isinstance(query, SearchQuery) else None
        by_field = {}
        for name in names:
            others = None if expr is None else without_field(expr, name)
            if others is expr:
                by_field[name] = mask
            elif said is None:
                by_field[name] = masks.of(others)
            else:
                both = parse_filter(said) if others is None else And((others, parse_filter(said)))
                by_field[name] = masks.of(both)
        return cls(by_field)

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
    columns, chosen = version.items.columns, _Chosen(len(version), found, alike)
    return tuple(
        _facet(name, columns[name], query.facet_limit, *chosen.of(rows))
        for name, rows in counted.by_field.items()
    )


class _Chosen:
    """Which rows to count for the fields of a list; fields with one mask share what is made of it.

    `found` are the rows of the list, None for all `total` rows, `alike` those that share places.
    """

    def __init__(self, total: int, found: Rows | None, alike: Alike | None) -> None:
        self._total, self._found, self._alike = total, found, alike
        self._known: dict[int, tuple[Mask | None, _Counted]] = {}

    def of(self, mask: Mask | None) -> _Counted:
        """The rows of a mask (n,), None for all, that are in the list, None if all are; and those
        of them that share places."""
        if id(mask) not in self._known:  # beside its mask, which nothing else then gets the id of
            self._known[id(mask)] = mask, self._select(mask)
        return self._known[id(mask)][1]

    def _select(self, mask: Mask | None) -> _Counted:
        found, alike = self._found, self._alike
        if found is not None:
            rows = found if mask is None else found.compress(mask[found])
            chosen = Selection(np.zeros(self._total, np.bool_), rows)
            chosen.mask[rows] = True
        elif mask is not None:
            chosen = Selection.of(mask)
        else:
            return None, alike
        if alike is not None:
            inside = chosen.mask[alike[0]]
            alike = alike[0].compress(inside), alike[1].compress(inside)
        return chosen, alike


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
    limit: int,
    chosen: Selection | None,
    alike: Alike | None = None,
) -> Facet:
    if column.kind == "number" and (name == "price" or column.distinct > _MOST_NUMBERS):
        return _range(name, column, chosen)
    counts, distinct = column.most_frequent(chosen, limit, alike)
    values = list(starmap(ValueCount, counts))
    return ValuesFacet(field=name, distinct=distinct, values=values)


def _range(name: str, column: Column, chosen: Selection | None) -> RangeFacet:
    held = column.values[column.present if chosen is None else column.present & chosen.mask]
    if not len(held):
        return RangeFacet(field=name, min=None, max=None)
    return RangeFacet(field=name, min=float(held.min()), max=float(held.max()))
