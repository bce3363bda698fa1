"""Where ranked rows come from: the seam between a search and the page that is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinset.index.ranked_rows import Ranked
from twinset.index.vector_index import Condition, Mask, VectorIndex

Hit = tuple[int, float]


class RowSource(Protocol):
    """A ranked list of rows that can be read from its start, as far as a caller needs.

    Filters, exclusions, groups and pages work on this alone, so they are the same for a photo, an
    item and words.
    """

    def nearest(self, wanted: int, mask: Mask | None) -> list[Hit]:
        """The `wanted` best rows with their scores, best first; fewer if there are fewer.

        `mask` (n,) says which rows may come back, None for all. Under one mask a shorter list is
        the beginning of a longer one.
        """

    def above(self, least: float, mask: Mask | None) -> Ranked:
        """Every row of the mask that scores at least `least`, best first: rows and scores (m,)."""

    def without_filter(self) -> RowSource:
        """The same list, for masks that are not those of the query's filter."""


@dataclass(frozen=True)
class VectorSearch:
    """Rows by their cosine with a query `vector` (d,).

    `where` is the filter in words, if there is one: for engines that store fields themselves.
    """

    index: VectorIndex
    vector: NDArray[np.float32]
    where: Condition | None = None

    def nearest(self, wanted: int, mask: Mask | None) -> list[Hit]:
        """See `RowSource`."""
        wanted = min(wanted, len(self.index))
        if wanted == 0:
            return []
        rows, scores = self.index.search(self.vector[None], wanted, mask, self.where)
        kept = rows[0] >= 0
        return list(zip(rows[0][kept].tolist(), scores[0][kept].tolist(), strict=True))

    def above(self, least: float, mask: Mask | None) -> Ranked:
        """See `RowSource`."""
        return self.index.above(self.vector, least, mask, self.where)

    def without_filter(self) -> RowSource:
        """See `RowSource`."""
        return replace(self, where=None)


def as_arrays(hits: Sequence[Hit]) -> Ranked:
    """Hits as two arrays: rows (m,) and scores (m,)."""
    rows = np.array([row for row, _ in hits], np.int64)
    return rows, np.array([score for _, score in hits], np.float64)
