"""pgvector behind the index seam.

PostgreSQL proposes, this module decides, as in `twinset.index.faiss_index`: candidates come back
with their vectors and are scored again in one fixed way. The server scores few matching rows one
and all. For many it walks its graph (`hnsw.iterative_scan`) until enough rows meet the filter, and
the mask checks each. If the walk misses rows that the mask says exist, the server passes over all
matching rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinset.errors import NotFound, VersionGone
from twinset.index.exact_index import check_query, dot_rows
from twinset.index.pgvector.pgvector_fields import Sql, translate
from twinset.index.pgvector.pgvector_tables import SENT, TableRecord
from twinset.index.ranked_rows import (
    ROUNDING,
    Ranked,
    above_by_search,
    best_first,
    certain,
    extend,
)
from twinset.index.vector_index import Condition, Mask, Rows, Vectors
from twinset.store.postgres_connection import connection, psycopg_error

_HEADER = 4
_FETCH_BLOCK = 2000
_LEAST = 64
NOTHING: Ranked = (np.empty(0, np.int64), np.empty(0, np.float32))
# A walk keeps this many candidates.
_SETTINGS = (
    "SET hnsw.ef_search = 256; SET hnsw.iterative_scan = relaxed_order;"
    "SET enable_seqscan = off; SET jit = off"
)
# Under a filter a walk looks at so many times the rows that it would have to look at if those that
# match lay evenly. Where they lie far from the query, to pass over all of them is soon quicker.
_PATIENCE, _LEAST_SCANNED = 4, 2000


@dataclass(frozen=True)
class PgvectorPlan:
    """How a query is answered. Nothing here depends on k: shorter lists begin longer ones.

    Up to `exact_rows` matching rows are scored one and all. Above, the graph is walked for
    `breadths[0]` candidates, then for more, and at last the matching rows are scored after all.
    """

    exact_rows: int = 20_000
    breadths: tuple[int, ...] = (64, 256, 1024)


class PgvectorIndex:
    """See `twinset.index.vector_index.VectorIndex`; rows are the table's primary keys."""

    def __init__(
        self, address: str, record: TableRecord, count: int, plan: PgvectorPlan | None = None
    ) -> None:
        self._address, self._record, self._count = address, record, count
        self._plan = plan or PgvectorPlan()
        self.kind = "pgvector" if record.number == "vector" else "pgvector-half"
        self.dimension = record.dimension

    def __len__(self) -> int:
        return self._count

    def vector(self, row: int) -> Vectors:
        return np.asarray(self.vectors(np.array([row], np.int64))[0])

    def vectors(self, rows: Rows) -> Vectors:
        """See `VectorIndex`; NotFound if the table lost a row."""
        vectors = np.empty((len(rows), self.dimension), np.float32)
        for start in range(0, len(rows), _FETCH_BLOCK):
            block = rows[start : start + _FETCH_BLOCK]
            held, found = self._select("WHERE row = ANY(%s) ORDER BY row", [block.tolist()])
            if len(held) < len(np.unique(block)):
                raise NotFound("There is no item of this row.")
            vectors[start : start + len(block)] = found[np.searchsorted(held, block)]
        return vectors

    def above(
        self, query: Vectors, least: float, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        def search(k: int) -> Ranked:
            rows, scores = self.search(query[None], k, mask, where)
            return rows[0][rows[0] >= 0], scores[0][rows[0] >= 0]

        count = len(self) if mask is None else int(np.count_nonzero(mask))
        return above_by_search(search, count, least)

    def search(
        self, queries: Vectors, k: int, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        check_query(queries, k, mask, (len(self), self.dimension))
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        request = self._request(mask, where)
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            best, similarity = self._search_one(query, k, request)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = similarity
        return rows, scores

    def _request(self, mask: Mask | None, where: Condition | None) -> _Request:
        if mask is None:
            return _Request(None, len(self), ("TRUE", []))
        count = int(np.count_nonzero(mask))
        listed = None if count > self._plan.exact_rows else np.flatnonzero(mask).tolist()
        if listed is not None:
            return _Request(mask, count, ("row = ANY(%s::int4[])", [listed]))
        translated = None if where is None else translate(where.expr, self._record.fields)
        if translated is None or where is None:
            return _Request(mask, count, ("TRUE", []))
        sql, values = translated
        if where.others:
            sql, values = f"({sql} OR row = ANY(%s::int4[]))", [*values, list(where.others)]
        return _Request(mask, count, (sql, values))

    def _search_one(self, query: Vectors, k: int, request: _Request) -> Ranked:
        found = NOTHING
        if request.count > self._plan.exact_rows:
            for breadth in self._plan.breadths:
                walked = self._walk(query, breadth, request)
                # The condition may be wider than the mask, by most of the table if a caller masks
                # out what it found: from now on only rows of the mask come here.
                request = request.by_mask()
                if walked is None:
                    break
                found = extend(found, walked)
                if len(found[0]) >= k:
                    return found[0][:k], found[1][:k]
        rows, scores = extend(found, self._exact(query, k + len(found[0]), request))
        return rows[:k], scores[:k]

    def _walk(self, query: Vectors, breadth: int, request: _Request) -> Ranked | None:
        """The best candidates of the graph that no unseen row can precede; None if the walk found
        fewer than `breadth`."""
        sql, values = request.sql
        scanned = max(_LEAST_SCANNED, _PATIENCE * breadth * len(self) // request.count)
        order = f"WHERE {sql} ORDER BY distance"
        rows, scores = self._nearest(query, order, values, breadth, scanned)
        if len(rows) < breadth:
            return None
        settled = certain(scores)
        inside = settled & request.lets_through(rows)
        rows = self._with_copies(rows[inside], request)
        return best_first(rows, dot_rows(self.vectors(rows), query), len(rows))

    def _exact(self, query: Vectors, k: int, request: _Request) -> Ranked:
        """The k best of all matching rows, by passing over them."""
        sql, values = request.sql
        limit = max(_LEAST, k + _LEAST)
        while True:
            # A sum is no operand of the index, and so keeps the server from walking it.
            order = f"WHERE {sql} ORDER BY distance + 0.0, row"
            rows, scores = self._nearest(query, order, values, limit)
            whole = len(rows) < limit
            kept = request.lets_through(rows)
            # Rounding in the server can only exchange rows that score like the last one.
            sure = np.ones(len(rows), np.bool_) if whole else scores > scores[-1] + ROUNDING
            if whole or np.count_nonzero(kept & sure) >= k:
                rows, scores = best_first(rows[kept & sure], scores[kept & sure], k)
                return rows, scores
            limit = min(4 * limit, len(self) + 1)

    def _nearest(
        self, query: Vectors, order: str, values: list[Any], limit: int, scanned: int | None = None
    ) -> Ranked:
        """Rows and exact scores in the order of the scores; (m,) with m up to `limit`. A walk looks
        at `scanned` rows at most."""
        number = self._record.number
        measured = order.replace("distance", f"(vector <#> %s::{number})")
        # The condition stands before the order, and so do its values.
        text = "[" + ",".join(map(repr, query.astype(SENT[number]).tolist())) + "]"
        rows, vectors = self._select(f"{measured} LIMIT %s", [*values, text, limit], scanned)
        return best_first(rows, dot_rows(vectors, query), len(rows))

    def _with_copies(self, rows: Rows, request: _Request) -> Rows:
        """Rows in ascending order, with those of the mask that hold the same vector as one."""
        sql = (
            f'SELECT row FROM "{self._record.name}" WHERE copies IN '  # noqa: S608 - our name
            f'(SELECT copies FROM "{self._record.name}" WHERE row = ANY(%s::int4[]))'
        )
        with _table_there(), connection(self._address) as connected:
            found = connected.execute(sql, [rows.tolist()]).fetchall()
        more = np.array([row for (row,) in found], np.int64)
        return np.union1d(rows, more[request.lets_through(more)])

    def _select(
        self, rest: str, values: list[Any], scanned: int | None = None
    ) -> tuple[Rows, Vectors]:
        """The rows of a query and their vectors, in its order; (m,) and (m, d)."""
        sql = f'SELECT row, vector FROM "{self._record.name}" {rest}'  # noqa: S608 - our name
        with _table_there(), connection(self._address) as connected:
            _prepare(connected, scanned)
            with connected.cursor(binary=True) as cursor:
                held = cursor.execute(sql, values).fetchall()
        rows = np.array([row for row, _ in held], np.int64)
        data = b"".join(vector[_HEADER:] for _, vector in held)
        vectors = np.frombuffer(data, SENT[self._record.number]).astype(np.float32)
        return rows, vectors.reshape(len(held), self.dimension)


@dataclass(frozen=True)
class _Request:
    """The mask of one search, the rows that it lets through, and the condition in SQL.

    Every row of the mask meets the condition; the mask decides about the others that do.
    """

    mask: Mask | None
    count: int
    sql: Sql

    def by_mask(self) -> _Request:
        """The same with a condition that the mask's rows meet and no others: a bit for each row."""
        if self.mask is None:
            return self
        bits = np.packbits(self.mask, bitorder="little").tobytes()  # as `get_bit` counts them
        return _Request(self.mask, self.count, ("get_bit(%s::bytea, row) = 1", [bits]))

    def lets_through(self, rows: Rows) -> Mask:
        return np.ones(len(rows), np.bool_) if self.mask is None else self.mask[rows]


@contextmanager
def _table_there() -> Iterator[None]:
    """Raise VersionGone if the table was dropped."""
    try:
        yield
    except psycopg_error("UndefinedTable"):
        raise VersionGone from None


def _prepare(connected: Any, scanned: int | None) -> None:
    """Set a connection of the pool up for searches, once, and for walks of `scanned` rows."""
    if not hasattr(connected, "twinset_scanned"):
        connected.execute(_SETTINGS)
        connected.twinset_scanned = None
    if scanned not in (None, connected.twinset_scanned):
        connected.execute(f"SET hnsw.max_scan_tuples = {scanned}")
        connected.twinset_scanned = scanned
