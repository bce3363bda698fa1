"""Which rows of a version take part in a list: filters, exclusions and groups."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from app.recommend.query import MAX_VARIANTS
from app.service_errors import UnknownField
from twinset.columns import Column
from twinset.filters import Expr, conditions_of, evaluate, parse_filter
from twinset.index.index_versions import IndexVersion

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]
Rows = NDArray[np.int64]
# Rows (m,) that share a place with others, in ascending order, and the codes (m,) that say which.
Alike = tuple[Rows, Codes]


def filter_mask(version: IndexVersion, text: str | None, exclude: Iterable[int]) -> Mask | None:
    """Which rows (n,) may be returned; None if all may. Rows without an item never may.

    Raises:
        FilterError: see `twinset.filters.parse_filter`.
    """
    return Masks(version, exclude).of(None if text is None else parse_filter(text))


class Masks:
    """The masks of one request's filters. Each condition is looked up once, whatever filters have
    it."""

    def __init__(self, version: IndexVersion, exclude: Iterable[int]) -> None:
        """No mask lets the rows `exclude` through, nor rows without an item."""
        self._version, self._excluded = version, list(exclude)
        self._found: dict[str, Mask] = {}

    def of(self, expr: Expr | None) -> Mask | None:
        """Which rows (n,) meet a filter and may be returned; None if all may.

        Raises:
            FilterError: see `twinset.filters.evaluate`.
        """
        if expr is None and not self._excluded:
            return self._version.alive
        mask: Mask = np.ones(len(self._version), np.bool_)
        for condition in () if expr is None else conditions_of(expr):
            mask &= self._rows_of(condition)
        mask[self._excluded] = False
        return mask if self._version.alive is None else mask & self._version.alive

    def _rows_of(self, condition: Expr) -> Mask:
        key = repr(condition)  # as keys, `x = 1` and `x = true` would be the same
        if key not in self._found:
            self._found[key] = evaluate(condition, self._version.items.columns)
        return self._found[key]


def known_rows(version: IndexVersion, ids: Iterable[str]) -> list[int]:
    """The rows of the ids that exist; ids that do not exist are skipped."""
    rows = (version.items.row_of(item_id) for item_id in ids)
    return [row for row in rows if row is not None]


def group_column(version: IndexVersion, field: str) -> Column:
    """The values by which items are grouped.

    Raises:
        UnknownField: the catalogue has no such field to group by.
    """
    column = version.items.columns.get(field)
    if column is None:
        raise UnknownField("group_by must be one of: " + ", ".join(version.items.columns) + ".")
    return column


def group_codes(version: IndexVersion, field: str) -> Codes:
    """Group numbers (n,); -1 if an item has no value, so that it forms a group of its own.

    Raises:
        UnknownField: see `group_column`.
    """
    return group_column(version, field).group_codes()


def grouped(codes: Codes) -> Alike:
    """The rows that are in a group, by the codes (n,) of all rows."""
    rows = np.flatnonzero(codes >= 0)
    return rows, codes[rows]


def first_of_groups(held: Codes) -> Rows:
    """The places of the first row of each group among rows with the codes `held` (m,), in
    ascending order."""
    kept = held < 0
    grouped = np.flatnonzero(~kept)
    _, first = np.unique(held[grouped], return_index=True)
    kept[grouped[first]] = True
    return np.flatnonzero(kept)


def count_groups(codes: Codes, mask: Mask | None) -> int:
    """How many groups have a row in the mask."""
    held = codes if mask is None else codes[mask]
    alone = int(np.count_nonzero(held < 0))
    return alone + int(np.count_nonzero(np.bincount(held[held >= 0])))


def rows_of_group(row: int, codes: Codes) -> Rows:
    """The rows of a row's group, itself among them."""
    return np.array([row]) if codes[row] < 0 else np.flatnonzero(codes == codes[row])


def variants_of(row: int, codes: Codes, mask: Mask | None = None) -> list[int]:
    """The other rows of a row's group, in catalogue order, if the mask allows them.

    At most `MAX_VARIANTS`: a group by gender would otherwise list half of the catalogue.
    """
    others = rows_of_group(row, codes)
    allowed = others != row if mask is None else (others != row) & mask[others]
    return [int(other) for other in others[allowed][:MAX_VARIANTS]]
