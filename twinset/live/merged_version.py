"""An index version with live writes over it; answers like one built from the merged items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa

from twinset.changes.item_change import BASE_PICTURE, Change
from twinset.columns import Column, Columns, as_lists
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import Images, Layers, StoredImage
from twinset.index.vector_index import Mask, Rows
from twinset.live.merged_columns import MergedColumns
from twinset.live.merged_index import MergedIndex
from twinset.live.merged_words import MergedWords
from twinset.live.overlay import Overlay
from twinset.live.store import Store
from twinset.repeats.merged_pictures import merged_pictures
from twinset.views.merged_views import merge_views


def merge_version(overlay: Overlay, log: Store) -> IndexVersion:
    """The version with an overlay's writes; the base itself if nothing differs.

    Its rows are those of the overlay. If items were deleted, `alive` is false for their rows.
    """
    base = overlay.base
    if not overlay.size and overlay.total == len(base):
        return base
    dead = np.array(sorted(overlay.dead), np.int64)
    alive = np.ones(overlay.total, np.bool_)
    alive[dead] = False
    return replace(
        base,
        index=MergedIndex(base.index, overlay, alive, log),
        items=MergedItems(overlay, dead),
        images=MergedImages(base.images, overlay, log),
        words=None if base.words is None else MergedWords(base.words, overlay, alive),
        pictures=merged_pictures(overlay),
        alive=None if alive.all() else alive,
        sequence=overlay.sequence,
        views=merge_views(overlay, log),
    )


class MergedItems:
    """See `twinset.index.indexed_items.Items`."""

    def __init__(self, overlay: Overlay, dead: Rows) -> None:
        self._overlay = overlay
        self._changes: Mapping[int, Change] = overlay.changes
        rows = sorted(self._changes)
        fields = [self._changes[row].fields for row in rows]
        self._rows = np.array(rows, np.int64)
        changed = self._rows, fields
        self._merged = partial(MergedColumns, total=overlay.total, dead=dead, changed=changed)
        self.columns: Columns = self._merged(overlay.table.columns)

    def __len__(self) -> int:
        return self._overlay.total

    @cached_property
    def titles(self) -> Column | None:
        titles = self._overlay.table.titles
        return None if titles is None else self._merged({"title": titles})["title"]

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

    @property
    def layers(self) -> Layers:
        changes = {row: change.fields for row, change in self._changes.items()}
        return Layers(self._overlay.table, changes, frozenset(self._overlay.dead))

    def table(self) -> pa.Table:
        """The fields of the living items, in row order."""
        base = self._overlay.table.table
        untouched = np.ones(base.num_rows, np.bool_)
        for touched in (self._rows, np.array(sorted(self._overlay.dead), np.int64)):
            untouched[touched[touched < base.num_rows]] = False
        rows = np.flatnonzero(untouched)
        changed = [dict(self._changes[row].fields) for row in self._rows.tolist()]
        base = _with_lists(base, changed)
        both = pa.concat_tables(
            [base.take(pa.array(rows)), pa.Table.from_pylist(changed, schema=base.schema)]
        )
        return both.take(pa.array(np.argsort(np.concatenate([rows, self._rows]), kind="stable")))


def _with_lists(table: pa.Table, changed: Sequence[dict[str, Any]]) -> pa.Table:
    """The table, with lists in a column of text if a changed row holds several values in it."""
    for name in table.column_names:
        values = [fields.get(name) for fields in changed]
        if not any(isinstance(value, list) for value in values):
            continue
        for fields in changed:
            if isinstance(fields.get(name), str):
                fields[name] = [fields[name]]
        if table.schema.field(name).type == pa.string():
            place = table.column_names.index(name)
            table = table.set_column(place, name, as_lists(table[name]))
    return table


class MergedImages:
    """See `twinset.index.indexed_items.Images`; pictures of changed rows are in the log."""

    def __init__(self, base: Images, overlay: Overlay, log: Store) -> None:
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
