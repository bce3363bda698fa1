"""An index whose vectors a server keeps, for lists of a version that is no longer live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.service_errors import CursorExpired
from twinset.errors import VersionGone
from twinset.index.vector_index import Condition, Mask, Rows, Scores, VectorIndex, Vectors


class KeptIndex:
    """A `VectorIndex` that raises CursorExpired if the server has dropped its vectors meanwhile."""

    def __init__(self, index: VectorIndex) -> None:
        self._index = index
        self.kind, self.dimension = index.kind, index.dimension

    def __len__(self) -> int:
        return len(self._index)

    def vector(self, row: int) -> Vectors:
        with _there():
            return self._index.vector(row)

    def vectors(self, rows: Rows) -> Vectors:
        with _there():
            return self._index.vectors(rows)

    def search(
        self, queries: Vectors, k: int, mask: Mask | None = None, where: Condition | None = None
    ) -> tuple[Rows, Scores]:
        with _there():
            return self._index.search(queries, k, mask, where)

    def above(
        self, query: Vectors, least: float, mask: Mask | None = None, where: Condition | None = None
    ) -> tuple[Rows, Scores]:
        with _there():
            return self._index.above(query, least, mask, where)


@contextmanager
def _there() -> Iterator[None]:
    try:
        yield
    except VersionGone:
        raise CursorExpired from None
