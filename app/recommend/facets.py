"""Counts of attribute values: what a shop shows beside a list, to narrow it."""

from __future__ import annotations

from dataclasses import dataclass

from app.recommend.query import FacetQuery
from app.recommend.ranking import Mask, filter_mask
from app.service_errors import UnknownField
from twinset.columns import Column
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


@dataclass(frozen=True, slots=True)
class RangeFacet:
    """The smallest and largest value of a number field; None if no item has a value."""

    field: str
    min: float | None
    max: float | None


Facet = ValuesFacet | RangeFacet


def count_facets(version: IndexVersion, query: FacetQuery) -> tuple[int, list[Facet]]:
    """Count the items that match the filter, and describe each field that the query names.

    Numbers become a range if they have many different values; all other fields become counts of
    their most frequent values.

    Raises:
        FilterError: the filter is wrong.
        UnknownField: a named field cannot be counted.
    """
    columns = version.items.columns
    known = [name for name in columns if name not in _NEVER]
    if any(name not in known for name in query.fields):
        raise UnknownField("fields can be: " + ", ".join(known) + ".")
    mask = filter_mask(version, query.filter, ())
    total = len(version) if mask is None else int(mask.sum())
    names = query.fields or known
    return total, [_facet(name, columns[name], mask, query.limit) for name in names]


def _facet(name: str, column: Column, mask: Mask | None, limit: int) -> Facet:
    if column.kind == "number" and (name == "price" or not _has_few_values(column)):
        return _range(name, column, mask)
    counts = column.counts(mask)
    values = [ValueCount(value=value, count=count) for value, count in counts[:limit]]
    return ValuesFacet(field=name, distinct=len(counts), values=values)


def _has_few_values(column: Column) -> bool:
    return len(column.counts()) <= _MOST_NUMBERS


def _range(name: str, column: Column, mask: Mask | None) -> RangeFacet:
    held = column.values[column.present if mask is None else column.present & mask]
    if not len(held):
        return RangeFacet(field=name, min=None, max=None)
    return RangeFacet(field=name, min=float(held.min()), max=float(held.max()))
