"""Further pictures of a merged version: the base's, and those that live writes gave or took."""

from __future__ import annotations

import numpy as np

from twinset.changes.item_change import View, base_picture
from twinset.index.exact_index import dot_rows
from twinset.index.indexed_items import StoredImage
from twinset.index.ranked_rows import Ranked, best_above, best_first, merge_ranked
from twinset.index.vector_index import Mask, Vectors
from twinset.live.overlay import Overlay
from twinset.live.store import Store
from twinset.views.stored_views import Views


def merge_views(overlay: Overlay, log: Store) -> Views | None:
    """The further pictures of an overlay's items; those of the base if no write touched any."""
    base = overlay.base.views
    own = {row: c.views for row, c in overlay.changes.items() if c.views is not None}
    if base is None and not any(own.values()):
        return None
    return MergedViews(overlay, own, log) if own or overlay.dead else base


class MergedViews:
    """See `twinset.views.stored_views.Views`. The views of changed items, `own`, are in memory."""

    def __init__(self, overlay: Overlay, own: dict[int, tuple[View, ...]], log: Store) -> None:
        self._version, self._log, self._own = overlay.base, log, own
        self._base = overlay.base.views
        self._stands = np.ones(overlay.total, np.bool_)
        self._stands[[*own, *overlay.dead]] = False
        rows = sorted(own)
        held = [(row, one.vector) for row in rows for one in own[row] if one.vector is not None]
        self._rows = np.array([row for row, _ in held], np.int64)
        vectors = [vector for _, vector in held]
        self._vectors = np.array(vectors, np.float32).reshape(-1, overlay.base.dimension)

    def nearest(self, query: Vectors, k: int, mask: Mask | None) -> Ranked:
        own = self._best_own(query, mask)
        own = own[0][:k], own[1][:k]
        if self._base is None:
            return own
        return merge_ranked(self._base.nearest(query, k, self._in_base(mask)), own, k)

    def above(self, query: Vectors, least: float, mask: Mask | None) -> Ranked:
        parts = [self._best_own(query, mask)]
        if self._base is not None:
            parts.append(self._base.above(query, least, self._in_base(mask)))
        rows, scores = (np.concatenate(side) for side in zip(*parts, strict=True))
        return best_above(rows, scores, least)

    def vectors_of(self, row: int) -> Vectors:
        if row in self._own:
            return np.array(self._vectors[self._rows == row])
        if self._base is None or not self._is_based(row):
            return np.empty((0, self._version.dimension), np.float32)
        return self._base.vectors_of(row)

    def picture(self, row: int, view: int) -> StoredImage | None:
        own = self._own.get(row)
        if own is not None:
            name = own[view].picture if 0 <= view < len(own) else ""
            return base_picture(self._version, row, name) or self._log.picture(name)
        if self._base is None or not self._is_based(row):
            return None
        return self._base.picture(row, view)

    def _is_based(self, row: int) -> bool:
        return bool(row < len(self._version) and self._stands[row])

    def _in_base(self, mask: Mask | None) -> Mask:
        stands = self._stands if mask is None else self._stands & mask
        return stands[: len(self._version)]

    def _best_own(self, query: Vectors, mask: Mask | None) -> Ranked:
        """The changed items that have views, each with its best, best first."""
        there = slice(None) if mask is None else mask[self._rows]
        rows, scores = self._rows[there], dot_rows(self._vectors[there], query)
        rows, scores = best_first(rows, scores, len(rows))
        first = np.sort(np.unique(rows, return_index=True)[1])
        return rows[first], scores[first]
