"""Exact search in NumPy: the oracle that every other index is tested against."""

from __future__ import annotations

import numpy as np

from twinset.index.vector_index import Condition, Mask, Rows, Scores, Vectors


class ExactIndex:
    """See `index.vector_index.VectorIndex`. Holds `vectors`, (n, d) float32, as they are given."""

    kind = "exact"

    def __init__(self, vectors: Vectors) -> None:
        self._vectors: Vectors = np.ascontiguousarray(vectors, np.float32)
        self.dimension = int(self._vectors.shape[1])

    def __len__(self) -> int:
        return len(self._vectors)

    def vector(self, row: int) -> Vectors:
        return np.array(self._vectors[row])

    def vectors(self, rows: Rows) -> Vectors:
        return np.array(self._vectors[rows])

    def search(
        self,
        queries: Vectors,
        k: int,
        mask: Mask | None = None,
        where: Condition | None = None,  # noqa: ARG002  (the mask says it)
    ) -> tuple[Rows, Scores]:
        check_query(queries, k, mask, (len(self), self.dimension))
        candidates = np.arange(len(self)) if mask is None else np.flatnonzero(mask)
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        for number, query in enumerate(queries):
            similarity = dot_rows(self._vectors[candidates], query)
            best = np.lexsort((candidates, -similarity))[:k]
            rows[number, : len(best)] = candidates[best]
            scores[number, : len(best)] = similarity[best]
        return rows, scores

    def above(
        self,
        query: Vectors,
        least: float,
        mask: Mask | None = None,
        where: Condition | None = None,  # noqa: ARG002  (the mask says it)
    ) -> tuple[Rows, Scores]:
        check_query(query[None], 1, mask, (len(self), self.dimension))
        rows, scores = self.search(query[None], len(self), mask)
        kept = scores[0] >= np.float64(least)
        return rows[0][kept], scores[0][kept]


def dot_rows(vectors: Vectors, query: Vectors) -> Scores:
    """The dot product of each row with the query; (n, d), (d,) -> (n,).

    A row's score is the same to the last bit wherever the row stands and whatever rows stand
    beside it. A matrix product gives no such promise (BLAS sums a block's last rows in another
    order), and then equal pictures would change places from one page to the next.
    """
    return np.asarray(np.vecdot(vectors, query), np.float32)


def check_query(queries: Vectors, k: int, mask: Mask | None, shape: tuple[int, int]) -> None:
    """Raise ValueError unless queries, k and mask fit an index of `shape` (n, d)."""
    if queries.ndim != 2 or queries.shape[1] != shape[1]:
        raise ValueError(f"queries must have shape (q, {shape[1]}), not {queries.shape}")
    if k < 1:
        raise ValueError("k must be at least 1")
    if mask is not None and (mask.dtype != np.bool_ or mask.shape != (shape[0],)):
        raise ValueError(f"mask must be boolean of shape ({shape[0]},)")
