"""The vector index of a merged version: three parts, each searched, and their results merged."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

import numpy as np

from twinset.index.exact_index import check_query, dot_rows
from twinset.index.ranked_rows import Ranked, best_above, best_first, merge_ranked
from twinset.index.vector_index import Condition, Mask, Rows, VectorIndex, Vectors
from twinset.live.applied_writes import noting_loss
from twinset.live.overlay import Overlay
from twinset.live.store import Store


class MergedIndex:
    """A `VectorIndex` that searches each row in one of three parts.

    The base has the rows whose own vector stands, `overlay.applied` those that were written and
    applied since; rows written after that are searched exactly. If a row holds no item, it is never
    returned, whatever the mask.
    """

    def __init__(self, base: VectorIndex, overlay: Overlay, alive: Mask, log: Store) -> None:
        self._base, self._total = base, overlay.total
        self.kind, self.dimension = base.kind, base.dimension
        changes = sorted(overlay.changes.items())
        applied = [row for row, change in changes if overlay.has_applied(change)]
        self._held = _rows_mask(applied, overlay.total)
        self._applied: VectorIndex | None = None
        if overlay.applied is not None and applied:
            self._applied = overlay.applied.index.holding(self._held)
            self._noting_loss = partial(noting_loss, overlay.applied, log)
        self._listed = _listed(overlay, applied)
        moved = {r: c.vector for r, c in changes if c.key is not None and not self._held[r]}
        self._rows = np.array(list(moved), np.int64)
        self._vectors = np.array(list(moved.values()), np.float32).reshape(-1, base.dimension)
        # Rows of the base that keep their vectors, but not the fields that the base knows.
        self._altered = tuple(r for r, c in changes if c.key is None and not self._held[r])
        elsewhere = self._held | _rows_mask(self._rows, overlay.total)
        visible = alive[: len(base)] & ~elsewhere[: len(base)]
        self._visible: Mask | None = None if visible.all() else visible

    def __len__(self) -> int:
        return self._total

    def vector(self, row: int) -> Vectors:
        return np.asarray(self.vectors(np.array([row], np.int64))[0])

    def vectors(self, rows: Rows) -> Vectors:
        if not len(self._rows) and self._applied is None:
            return self._base.vectors(rows)
        own, applied = np.isin(rows, self._rows), self._held[rows]
        vectors = np.empty((len(rows), self.dimension), np.float32)
        based = ~own & ~applied
        vectors[based] = self._base.vectors(rows[based])
        vectors[own] = self._vectors[np.searchsorted(self._rows, rows[own])]
        if self._applied is not None:
            with self._noting_loss():
                vectors[applied] = self._applied.vectors(rows[applied])
        return vectors

    def search(
        self, queries: Vectors, k: int, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        check_query(queries, k, mask, (len(self), self.dimension))
        based = self._base.search(queries, k, *self._base_part(mask, where))
        part, applied = self._applied_part(mask), None
        if self._applied is not None and part is not None:
            with self._noting_loss():
                applied = self._applied.search(queries, k, part, _but(where, self._listed))
        near = slice(None) if mask is None else mask[self._rows]
        own_rows, own_vectors = self._rows[near], self._vectors[near]
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            found = _found(based, number)
            if applied is not None:
                found = merge_ranked(found, _found(applied, number), k)
            own = best_first(own_rows, dot_rows(own_vectors, query), k)
            best, similarity = merge_ranked(found, own, k)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = similarity
        return rows, scores

    def above(
        self, query: Vectors, least: float, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        check_query(query[None], 1, mask, (len(self), self.dimension))
        near = slice(None) if mask is None else mask[self._rows]
        own_rows, own_vectors = self._rows[near], self._vectors[near]
        parts = [(own_rows, dot_rows(own_vectors, query))]
        parts.append(self._base.above(query, least, *self._base_part(mask, where)))
        applied = self._applied_part(mask)
        if self._applied is not None and applied is not None:
            with self._noting_loss():
                found = self._applied.above(query, least, applied, _but(where, self._listed))
            parts.append(found)
        rows, scores = (np.concatenate(side) for side in zip(*parts, strict=True))
        return best_above(rows, scores, least)

    def _base_part(
        self, mask: Mask | None, where: Condition | None
    ) -> tuple[Mask | None, Condition | None]:
        """The rows to look for in the base, and the condition that they meet."""
        part = self._visible
        if mask is not None:
            mask = mask[: len(self._base)]
            part = mask if part is None else mask & part
        return part, _but(where, self._altered)

    def _applied_part(self, mask: Mask | None) -> Mask | None:
        """The rows to look for among the applied ones; None if there are none."""
        if self._applied is None:
            return None
        part = self._held if mask is None else mask & self._held
        return part if part.any() else None


def _but(where: Condition | None, rows: tuple[int, ...]) -> Condition | None:
    """The condition but for rows whose fields the index does not know as they are."""
    return where and replace(where, others=(*where.others, *rows))


def _found(ranked: Ranked, number: int) -> Ranked:
    kept = ranked[0][number] >= 0
    return ranked[0][number][kept], ranked[1][number][kept]


def _listed(overlay: Overlay, rows: list[int]) -> tuple[int, ...]:
    """Those of the rows that have several values in a field of which the engine holds one: they
    were written over a version of another kind."""
    columns, given = overlay.table.columns, [(row, overlay.changes[row].lists) for row in rows]
    return tuple(
        row
        for row, names in given
        if names and any(n in columns and columns[n].lists is None for n in names)
    )


def _rows_mask(rows: Collection[int] | Rows, total: int) -> Mask:
    mask = np.zeros(total, np.bool_)
    mask[np.asarray(rows, np.int64)] = True
    return mask
