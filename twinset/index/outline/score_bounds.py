"""Bounds on the scores of all rows, from a quarter of the numbers of each.

To read every vector is what an exact search takes its time for: 39 MB at 37,774 rows of 256
numbers. Embeddings lie close to a space of fewer dimensions, so their shares in the strongest axes
tell nearly the whole dot product, and the Cauchy-Schwarz inequality bounds what they leave out.
Only the rows that the bounds cannot rule out are then read.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from twinset.index.ranked_rows import ROUNDING
from twinset.index.vector_index import Mask, Rows, Scores, Vectors

# Fewer vectors are soon read in full, and of more the outlines would take too much memory.
OUTLINED = (4096, 200_000)
# Numbers of a vector for each one of its outline.
_SHORTENED = 4
_MOST_SAMPLED = 20_000
_BLOCK = 8192
# Lengths are differences of squares; this is more than their rounding.
_SQUARE_ROUNDING = np.float32(1e-6)


class ScoreBounds:
    """Finds the few rows among which the best rows for a query must be.

    Keeps a quarter of the memory of the vectors (n, d). Read-only, and safe to use from several
    threads.
    """

    def __init__(self, axes: NDArray[np.float32], vectors: Vectors) -> None:
        """`axes` (d, m) are orthonormal."""
        self._axes = axes
        # One axis after the other: a product with a query then reads memory in order.
        self._shares = np.empty((axes.shape[1], len(vectors)), np.float32)
        self._rest = np.empty(len(vectors), np.float32)
        for start in range(0, len(vectors), _BLOCK):
            block = vectors[start : start + _BLOCK]
            shares = block @ axes
            self._shares[:, start : start + len(block)] = shares.T
            self._rest[start : start + len(block)] = _rest(block, shares)

    @classmethod
    def of(cls, vectors: Vectors, least: float) -> Self | None:
        """The bounds for `vectors` (n, d); None if the strongest quarter of all axes holds less
        than the share `least` of their squared lengths, which leaves too much to read."""
        kept = max(1, vectors.shape[1] // _SHORTENED)
        sample = vectors[:: -(-len(vectors) // _MOST_SAMPLED)].astype(np.float64)
        strengths, axes = np.linalg.eigh(sample.T @ sample)
        if strengths[-kept:].sum() < least * strengths.sum():
            return None
        return cls(np.ascontiguousarray(axes[:, -kept:], np.float32), vectors)

    def above(self, query: Vectors, least: float, mask: Mask | None) -> Rows:
        """Every row of the mask that may score `least` or more for a query (d,), and some others;
        in ascending order."""
        middle, spread = self._bounds(query)
        return _rows(middle + spread >= least, mask)

    def nearest(self, query: Vectors, k: int, mask: Mask | None) -> Rows:
        """Every row of the mask that may be one of its `k` best, or score the same as the last of
        them, and some others; in ascending order."""
        middle, spread = self._bounds(query)
        lowest = middle - spread
        if mask is not None:
            lowest = lowest.compress(mask)
        if k >= len(lowest):
            return _rows(np.ones(len(middle), np.bool_), mask)
        place = len(lowest) - k
        return _rows(middle + spread >= np.partition(lowest, place)[place], mask)

    def _bounds(self, query: Vectors) -> tuple[Scores, Scores]:
        """A score for each row, and how much more or less its true score may be; both (n,)."""
        shares = query @ self._axes
        spread = self._rest * _rest(query, shares)
        spread += ROUNDING
        return np.asarray(shares @ self._shares, np.float32), spread


def _rest(vectors: Vectors, shares: NDArray[np.float32]) -> NDArray[np.float32]:
    """The lengths of what `shares` (..., m) leave out of `vectors` (..., d), or a little more."""
    left = np.vecdot(vectors, vectors) - np.vecdot(shares, shares)
    return np.asarray(np.sqrt(np.maximum(left, 0) + _SQUARE_ROUNDING), np.float32)


def _rows(kept: Mask, mask: Mask | None) -> Rows:
    return np.flatnonzero(kept if mask is None else kept & mask)
