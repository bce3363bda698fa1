"""An index version with live writes laid over it; answers as one built from the merged items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from core.columns import Columns
from core.index.base import Mask, Rows, Scores, VectorIndex, Vectors
from core.index.exact import check_query, dot_rows
from core.index.items import Images, StoredImage
from core.index.store import IndexVersion
from core.live.columns import LaidColumns
from core.live.log import WriteLog
from core.live.overlay import BASE_PICTURE, Change, Overlay

Ranked = tuple[Rows, Scores]


def view(overlay: Overlay, log: WriteLog) -> IndexVersion:
    """The merged version; the base itself where nothing differs from it.

    Its rows are those of the overlay, so `alive` is false for some where items were deleted.
    """
    base = overlay.base
    if not overlay.size and overlay.total == len(base):
        return base
    dead = np.array(sorted(overlay.dead), np.int64)
    alive = np.ones(overlay.total, np.bool_)
    alive[dead] = False
    return replace(
        base,
        index=LaidIndex(base.index, overlay, alive),
        items=LaidItems(overlay, dead),
        images=LaidImages(base.images, overlay, log),
        alive=None if alive.all() else alive,
        sequence=overlay.sequence,
    )


class LaidIndex:
    """See `core.index.base.VectorIndex`. Rows with a vector of their own are searched exactly, the
    others in the base; a row that holds no item is never returned, whatever the mask."""

    def __init__(self, base: VectorIndex, overlay: Overlay, alive: Mask) -> None:
        moved = {row: c.vector for row, c in sorted(overlay.changes.items()) if c.key is not None}
        self._base, self._total = base, overlay.total
        self.kind, self.dimension = base.kind, base.dimension
        self._rows = np.array(list(moved), np.int64)
        self._vectors = np.array(list(moved.values()), np.float32).reshape(-1, base.dimension)
        self._places = {int(row): place for place, row in enumerate(self._rows)}
        visible = alive[: len(base)].copy()
        visible[self._rows[self._rows < len(base)]] = False
        self._visible: Mask | None = None if visible.all() else visible

    def __len__(self) -> int:
        return self._total

    def vector(self, row: int) -> Vectors:
        place = self._places.get(row)
        return self._base.vector(row) if place is None else np.array(self._vectors[place])

    def search(self, queries: Vectors, k: int, mask: Mask | None = None) -> Ranked:
        check_query(queries, k, mask, (len(self), self.dimension))
        near = slice(None) if mask is None else mask[self._rows]
        own_rows, own_vectors = self._rows[near], self._vectors[near]
        found_rows, found_scores = self._base.search(queries, k, self._base_mask(mask))
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            kept = found_rows[number] >= 0
            found = found_rows[number][kept], found_scores[number][kept]
            own = _sorted(own_rows, dot_rows(own_vectors, query), k)
            best, similarity = merge_ranked(found, own, k)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = similarity
        return rows, scores

    def _base_mask(self, mask: Mask | None) -> Mask | None:
        if mask is None:
            return self._visible
        part = mask[: len(self._base)]
        return part if self._visible is None else part & self._visible


def merge_ranked(found: Ranked, own: Ranked, k: int) -> Ranked:
    """The first k of two lists, each best first with equal scores in row order.

    `found` keeps its order whatever its scores: an approximate index may list a row that it missed
    at first after a worse one, and a longer list must begin as a shorter one does.
    """
    # What a row of `found` counts as: never more than a row before it.
    falling = -np.minimum.accumulate(found[1]) if len(found[1]) else found[1]
    first = np.searchsorted(falling, -own[1], "left")
    last = np.searchsorted(falling, -own[1], "right")
    for place in np.flatnonzero(first < last):
        tied = found[0][first[place] : last[place]]
        first[place] += np.searchsorted(tied, own[0][place])
    # Row i of `found` stands at 2i + 1, a row that precedes it at 2i.
    places = np.concatenate([2 * np.arange(len(found[0])) + 1, 2 * first])
    order = np.argsort(places, kind="stable")[:k]
    return np.concatenate([found[0], own[0]])[order], np.concatenate([found[1], own[1]])[order]


def _sorted(rows: Rows, scores: Scores, k: int) -> Ranked:
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


class LaidItems:
    """See `core.index.items.Items`."""

    def __init__(self, overlay: Overlay, dead: Rows) -> None:
        self._overlay = overlay
        self._changes: Mapping[int, Change] = overlay.changes
        rows = sorted(self._changes)
        fields = [self._changes[row].fields for row in rows]
        self._rows = np.array(rows, np.int64)
        base = overlay.table.columns
        self.columns: Columns = LaidColumns(base, overlay.total, dead, (self._rows, fields))

    def __len__(self) -> int:
        return self._overlay.total

    @property
    def names(self) -> list[str]:
        return self._overlay.table.names

    def item(self, row: int) -> dict[str, Any]:
        return self._overlay.fields_of(row)

    def id_of(self, row: int) -> str:
        change = self._changes.get(row)
        return self._overlay.table.id_of(row) if change is None else str(change.fields["id"])

    def row_of(self, item_id: str) -> int | None:
        return self._overlay.row_of(item_id)

    def table(self) -> pa.Table:
        """The fields of the living items, in row order."""
        base = self._overlay.table.table
        untouched = np.ones(base.num_rows, np.bool_)
        for touched in (self._rows, np.array(sorted(self._overlay.dead), np.int64)):
            untouched[touched[touched < base.num_rows]] = False
        rows = np.flatnonzero(untouched)
        changed = [dict(self._changes[row].fields) for row in self._rows.tolist()]
        both = pa.concat_tables(
            [base.take(pa.array(rows)), pa.Table.from_pylist(changed, schema=base.schema)]
        )
        return both.take(pa.array(np.argsort(np.concatenate([rows, self._rows]), kind="stable")))


class LaidImages:
    """See `core.index.items.Images`; pictures of changed rows are in the log."""

    def __init__(self, base: Images, overlay: Overlay, log: WriteLog) -> None:
        self._base, self._log = base, log
        changes = overlay.changes
        self._own = {row: c.picture for row, c in changes.items() if c.picture != BASE_PICTURE}
        self.has_image: Mask = np.zeros(overlay.total, np.bool_)
        self.has_image[: len(base)] = base.has_image
        self.has_image[list(overlay.dead)] = False
        for row, sha in self._own.items():
            self.has_image[row] = sha is not None

    def __len__(self) -> int:
        return len(self.has_image)

    def read(self, row: int) -> StoredImage | None:
        if not self.has_image[row]:
            return None
        sha = self._own.get(row)
        return self._base.read(row) if sha is None else self._log.picture(sha)
