"""Where ranked rows come from: the seam between a search and the page that is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

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
