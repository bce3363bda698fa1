"""The order of a list: by a field instead of relevance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.recommend.query import RELEVANCE
from app.service_errors import UnknownField
from twinset.columns import Column
from twinset.index.index_versions import IndexVersion

# A search that is sorted by a field, and has no cut, arranges so many of its best items. Sorted
# by price, all of a catalogue would begin with whatever is cheapest.
SORTED_POOL = 1000


def sorts_by_field(sort: str) -> bool:
    """True if a list is in another order than that of relevance."""
    return sort != RELEVANCE


def sorted_places(version: IndexVersion, rows: NDArray[np.int64], sort: str) -> NDArray[np.int64]:
    """The places of `rows` (m,) in the order that `sort` names: a field, with a minus if falling.

    Items without a value stand last either way, equal values keep the order that they came in.
    Text is in the order of `text_folding.fold`, so without regard to case; false before true. A
    field of several values counts by its first.

    Raises:
        UnknownField: the catalogue has no such field to sort by.
    """
    column = _column(version, sort.removeprefix("-"))
    present = column.present[rows]
    keys = column.values[rows]
    # Codes of text are in the order of the texts. Truth values and codes have to be able to fall.
    keys = keys.astype(np.float64 if keys.dtype.kind == "f" else np.int64)
    return np.lexsort((-keys if sort.startswith("-") else keys, ~present))


def _column(version: IndexVersion, field: str) -> Column:
    column = version.items.columns.get(field)
    if column is None:
        known = ", ".join([RELEVANCE, *version.items.columns])
        raise UnknownField(f"sort can be one of these, or one with a minus before it: {known}.")
    return column
