"""An index version that shows the items that match a filter, and hides all others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from twinset.columns import Column, Columns, Mask
from twinset.filters import Expr, evaluate
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import Items, Layers
from twinset.index.vector_index import Condition, Rows, Scores, VectorIndex, Vectors


def restrict(version: IndexVersion, expr: Expr) -> IndexVersion:
    """The version with the items that match; to all others it is as if they were deleted.

    Raises:
        FilterError: if the filter names an unknown field, or a value of another type.
    """
    mask: Mask = evaluate(expr, version.items.columns)
    if version.alive is not None:
        mask = mask & version.alive
    return replace(
        version,
        index=RestrictedIndex(version.index, mask, Condition(expr)),
        items=RestrictedItems(version.items, mask),
        alive=mask,
        restriction=repr(expr),
    )


class RestrictedIndex:
    """A `VectorIndex` that returns rows of `mask` (n,) alone, whatever mask a search comes with."""

    def __init__(self, index: VectorIndex, mask: Mask, where: Condition) -> None:
        self._index, self._mask, self._where = index, mask, where
        self.kind, self.dimension = index.kind, index.dimension

    def __len__(self) -> int:
        return len(self._index)

    def vector(self, row: int) -> Vectors:
        return self._index.vector(row)

    def vectors(self, rows: Rows) -> Vectors:
        return self._index.vectors(rows)

    def search(
        self, queries: Vectors, k: int, mask: Mask | None = None, where: Condition | None = None
    ) -> tuple[Rows, Scores]:
        return self._index.search(queries, k, self._both(mask), where or self._where)

    def above(
        self, query: Vectors, least: float, mask: Mask | None = None, where: Condition | None = None
    ) -> tuple[Rows, Scores]:
        return self._index.above(query, least, self._both(mask), where or self._where)

    def _both(self, mask: Mask | None) -> Mask:
        return self._mask if mask is None else np.asarray(mask & self._mask)


class RestrictedItems:
    """The `Items` of a version of which only those in `mask` (n,) are found by their ids."""

    def __init__(self, items: Items, mask: Mask) -> None:
        self._items, self._mask = items, mask
        self.columns: Columns = items.columns

    def __len__(self) -> int:
        return len(self._items)

    @property
    def names(self) -> list[str]:
        return self._items.names

    @property
    def titles(self) -> Column | None:
        return self._items.titles

    @property
    def layers(self) -> Layers:
        return self._items.layers

    def item(self, row: int) -> dict[str, Any]:
        return self._items.item(row)

    def id_of(self, row: int) -> str:
        return self._items.id_of(row)

    def row_of(self, item_id: str) -> int | None:
        row = self._items.row_of(item_id)
        return row if row is not None and self._mask[row] else None
