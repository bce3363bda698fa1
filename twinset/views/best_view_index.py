"""Finding an item by the best of its pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twinset.index.exact_index import check_query, dot_rows
from twinset.index.ranked_rows import Ranked, best_above, merge_ranked
from twinset.index.vector_index import Condition, Mask, Rows, VectorIndex, Vectors
from twinset.views.stored_views import Views


@dataclass(frozen=True)
class BestViewIndex:
    """A `VectorIndex` in which a row scores what the best of its pictures scores.

    `items` has the vectors of items with their main pictures, `views` those of further pictures.
    The k best rows by the maximum are among the k best of either, so each is asked for k and the
    two lists are merged. `alive` (n,) are the rows that hold an item; None if all do.
    """

    items: VectorIndex
    views: Views
    alive: Mask | None = None

    @property
    def kind(self) -> str:
        return self.items.kind

    @property
    def dimension(self) -> int:
        return self.items.dimension

    def __len__(self) -> int:
        return len(self.items)

    def vector(self, row: int) -> Vectors:
        """The vector of the item with its main picture."""
        return self.items.vector(row)

    def vectors(self, rows: Rows) -> Vectors:
        """The vectors of the items with their main pictures."""
        return self.items.vectors(rows)

    def search(
        self, queries: Vectors, k: int, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        check_query(queries, k, mask, (len(self), self.dimension))
        found = self.items.search(queries, k, mask, where)
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            held = found[0][number] >= 0
            own = found[0][number][held], found[1][number][held]
            best = merge_ranked(own, self.views.nearest(query, k, self._visible(mask)), 2 * k)
            first = np.sort(np.unique(best[0], return_index=True)[1])[:k]
            rows[number, : len(first)] = best[0][first]
            scores[number, : len(first)] = best[1][first]
        return rows, scores

    def above(
        self, query: Vectors, least: float, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        check_query(query[None], 1, mask, (len(self), self.dimension))
        parts = [
            self.items.above(query, least, mask, where),
            self.views.above(query, least, self._visible(mask)),
        ]
        rows, scores = (np.concatenate(side) for side in zip(*parts, strict=True))
        order = np.lexsort((rows, -scores))
        first = order[np.sort(np.unique(rows[order], return_index=True)[1])]
        return best_above(rows[first], scores[first], least)

    def _visible(self, mask: Mask | None) -> Mask | None:
        if mask is None or self.alive is None:
            return self.alive if mask is None else mask
        return np.asarray(mask & self.alive)


def by_any_picture(items: VectorIndex, views: Views | None, alive: Mask | None) -> VectorIndex:
    """The index in which an item scores what the best of its pictures scores; `items` itself if no
    item has further pictures."""
    return items if views is None else BestViewIndex(items, views, alive)


def best_picture(
    items: VectorIndex, views: Views, row: int, query: Vectors, has_main: bool = True
) -> int | None:
    """Which picture of an item is nearest to a query (d,): 0 for the main one, then its views.

    None if the item has no further picture. Without a main one (`has_main`) the item's own vector
    is that of its words; None if that is nearest, since then no picture found the item.
    """
    vectors = views.vectors_of(row)
    if not len(vectors):
        return None
    all_vectors = np.concatenate([items.vector(row)[None], vectors])
    best = int(np.argmax(dot_rows(all_vectors, np.ascontiguousarray(query, np.float32))))
    return best if best or has_main else None
