"""Milvus behind the index seam (Wang et al., "Milvus: A Purpose-Built Vector Data Management
System", SIGMOD 2021).

Milvus proposes, this module decides, as in `twinset.index.faiss_index`: candidates come back with
their vectors and are scored again in one fixed way, whatever the server's index rounds or
compresses; a list is only extended with rows whose place is certain; and what Milvus does not
return, though the mask says that it exists, is fetched and scored here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import numpy as np

from twinset.columns import Value
from twinset.errors import NotFound
from twinset.index.exact_index import check_query, dot_rows
from twinset.index.milvus.milvus_candidates import Asking, MilvusPlan, Request
from twinset.index.milvus.milvus_collections import CollectionRecord, entries
from twinset.index.milvus.milvus_connection import answering
from twinset.index.milvus.milvus_fields import ROW, VECTOR, rows_in, rows_not_in, translate
from twinset.index.ranked_rows import Ranked, above_by_search, best_first, extend
from twinset.index.vector_index import Condition, Mask, Rows, Vectors

_FETCH_BLOCK = 1000


class MilvusIndex:
    """See `index.vector_index.VectorIndex`; kind "milvus", rows are the collection's primary keys.

    Unlike the other kinds a collection can change: `upsert` and `delete` reach the server before
    they return, and every process that searches the collection sees them once the server says so.
    `client`, `record` and `plan` are what it was opened with.
    """

    kind = "milvus"

    def __init__(
        self, client: Any, record: CollectionRecord, count: int, plan: MilvusPlan | None = None
    ) -> None:
        self.client = client
        self.record = record
        self._count = count
        self._held: Mask | None = None
        self.plan = plan or MilvusPlan()
        self.dimension = _dimension(client, record)

    def __len__(self) -> int:
        return self._count

    def vector(self, row: int) -> Vectors:
        return np.asarray(self.vectors(np.array([row]))[0])

    def vectors(self, rows: Rows) -> Vectors:
        """See `VectorIndex`; NotFound if a row was deleted."""
        vectors = np.empty((len(rows), self.dimension), np.float32)
        for start in range(0, len(rows), _FETCH_BLOCK):
            block = rows[start : start + _FETCH_BLOCK]
            held, found = self._fetch(block)
            if len(held) < len(np.unique(block)):
                raise NotFound("There is no item of this row.")
            vectors[start : start + len(block)] = found[np.searchsorted(held, block)]
        return vectors

    def holding(self, held: Mask) -> MilvusIndex:
        """The same collection as an index of n rows that holds those of `held`, (n,), and no other.

        It may hold others by now: they are passed over.
        """
        part = copy(self)
        part._count, part._held = len(held), held
        return part

    def upsert(
        self, rows: Sequence[int], vectors: Vectors, items: Sequence[Mapping[str, Value | None]]
    ) -> None:
        """Add rows, or replace them; (n,), (n, d) unit vectors, n items' fields.

        New rows follow the last one, so that a mask has a place for each.

        Raises:
            InvalidInput: if a field does not fit into the collection; nothing is written.
            NotReady: if Milvus does not answer; the call may be repeated.
        """
        written = entries(rows, np.asarray(vectors, np.float32), items, self.record.fields)
        with answering():
            self.client.upsert(self.record.name, written)
        self._count = max(self._count, *(int(row) + 1 for row in rows))

    def delete(self, rows: Sequence[int]) -> None:
        """Remove rows; their numbers stay taken. Rows that are gone already do no harm."""
        with answering():
            self.client.delete(self.record.name, ids=[int(row) for row in rows])

    def search(
        self, queries: Vectors, k: int, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        check_query(queries, k, mask, (len(self), self.dimension))
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        request = self._request(self._held if mask is None else mask, where)
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            best, similarity = self._search_one(query, k, request)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = similarity
        return rows, scores

    def above(
        self, query: Vectors, least: float, mask: Mask | None = None, where: Condition | None = None
    ) -> Ranked:
        def search(k: int) -> Ranked:
            rows, scores = self.search(query[None], k, mask, where)
            return rows[0][rows[0] >= 0], scores[0][rows[0] >= 0]

        count = len(self) if mask is None else int(np.count_nonzero(mask))
        return above_by_search(search, count, least)

    def _request(self, mask: Mask | None, where: Condition | None) -> Request:
        held = len(self) if self._held is None else int(np.count_nonzero(self._held))
        if mask is None:
            return Request(None, held, held, "")
        count = int(np.count_nonzero(mask))
        left_out = np.flatnonzero(~mask if self._held is None else self._held & ~mask)
        if len(left_out) <= min(count, self.plan.listed_rows):
            expression = rows_not_in(left_out.tolist())
        else:
            # The filter is shorter than the rows, and quicker to read for the server.
            expression = self._expression(where) if count > self.plan.scan_rows else ""
            if not expression and count <= self.plan.listed_rows:
                expression = rows_in(np.flatnonzero(mask).tolist())
        return Request(mask, count, held, expression)

    def _expression(self, where: Condition | None) -> str:
        if where is None or len(where.others) > self.plan.listed_rows:
            return ""
        expression = translate(where.expr, self.record.fields) or ""
        if expression and where.others:
            return f"({expression} or {rows_in(where.others)})"
        return expression

    def _search_one(self, query: Vectors, k: int, request: Request) -> Ranked:
        found = (np.empty(0, np.int64), np.empty(0, np.float32))
        asking = Asking(self.client, self.record, self.plan, self._fetch)
        for breadth in self.plan.breadths:
            if request.count <= max(breadth, self.plan.scan_rows):
                break
            found = extend(found, asking.settled(query, breadth, request))
            if len(found[0]) >= k:
                return found[0][:k], found[1][:k]
        rows, scores = extend(found, self._scan(query, k + len(found[0]), request))
        return rows[:k], scores[:k]

    def _scan(self, query: Vectors, k: int, request: Request) -> Ranked:
        rows = np.arange(len(self)) if request.mask is None else np.flatnonzero(request.mask)
        best: Ranked = (np.empty(0, np.int64), np.empty(0, np.float32))
        for start in range(0, len(rows), _FETCH_BLOCK):
            block, vectors = self._fetch(rows[start : start + _FETCH_BLOCK])
            scores = dot_rows(vectors, query)
            best = best_first(
                np.concatenate([best[0], block]), np.concatenate([best[1], scores]), k
            )
        return best

    def _fetch(self, rows: Rows) -> tuple[Rows, Vectors]:
        """Those of the rows that the collection holds, in row order, and their vectors."""
        with answering():
            held = self.client.query(
                self.record.name, filter=rows_in(rows.tolist()), output_fields=[ROW, VECTOR]
            )
        held = sorted(held, key=lambda entry: int(entry[ROW]))
        vectors = np.array([entry[VECTOR] for entry in held], np.float32)
        numbers = np.array([entry[ROW] for entry in held], np.int64)
        return numbers, vectors.reshape(len(held), self.dimension)


def _dimension(client: Any, record: CollectionRecord) -> int:
    with answering():
        fields = client.describe_collection(record.name)["fields"]
    return int(next(f["params"]["dim"] for f in fields if f["name"] == VECTOR))
