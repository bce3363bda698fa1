"""The index seam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from twinset.filters import Expr

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Condition:
    """A filter that every row of a mask matches, as the index knows the rows' fields.

    `others` are rows of the mask that need not match: their fields have changed since.
    """

    expr: Expr
    others: tuple[int, ...] = ()


class VectorIndex(Protocol):
    """Finds the rows of an (n, d) matrix of unit vectors that lie nearest to a query.

    Read-only after it is built or opened, and safe to search from several threads.
    """

    @property
    def kind(self) -> str:
        """ "exact", "hnsw", "ivf" ..."""

    @property
    def dimension(self) -> int: ...

    def __len__(self) -> int: ...

    def search(
        self, queries: Vectors, k: int, mask: Mask | None = None, where: Condition | None = None
    ) -> tuple[Rows, Scores]:
        """The k best rows per query by dot product: row numbers (q, k) and scores (q, k).

        Best first; equal scores in row order, so that pages of one list never overlap. `mask`
        (n,) says which rows may come back. Where fewer than k rows exist the tail holds row -1
        and score -inf; where k rows exist, k come back, whatever the mask.

        `where` says in words what the mask says row by row, and changes no answer: an index that
        keeps the items' fields elsewhere can search by it, and need not be sent the mask.

        Raises:
            ValueError: if the queries are not (q, d), the mask is not (n,), or k < 1.
        """

    def above(
        self, query: Vectors, least: float, mask: Mask | None = None, where: Condition | None = None
    ) -> tuple[Rows, Scores]:
        """Every row that scores at least `least` for one query (d,): rows (m,) and scores (m,).

        In the order of `search`, with its scores; `mask` and `where` as there. Vectors in memory
        are all looked at, so the answer is exact for approximate kinds too.
        """

    def vector(self, row: int) -> Vectors:
        """The stored vector of a row, (d,)."""

    def vectors(self, rows: Rows) -> Vectors:
        """The stored vectors of rows, (n,) -> (n, d), in their order."""
