"""Milvus behind the index seam (Wang et al., "Milvus: A Purpose-Built Vector Data Management
System", SIGMOD 2021).

Milvus proposes, this module decides, as in `twinset.index.faiss_index`: candidates come back with
their vectors and are scored again in one fixed way, whatever the server's index rounds or
compresses; a list is only extended with rows whose place is certain; and what Milvus does not
return, though the mask says that it exists, is fetched and scored here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np

from twinset.columns import Value
from twinset.errors import NotFound
from twinset.index.exact_index import check_query, dot_rows
from twinset.index.milvus.milvus_collections import CollectionRecord, entries
from twinset.index.milvus.milvus_connection import answering
from twinset.index.milvus.milvus_fields import ROW, VECTOR, rows_in, rows_not_in, translate
from twinset.index.ranked_rows import Ranked, above_by_search, best_first, certain, extend
from twinset.index.vector_index import Condition, Mask, Rows, Vectors

# The server's limits for a search's length and for the breadth of an HNSW walk.
_MOST_HITS = 16_384
_MOST_BREADTH = 32_768
# Below, identical pictures hide their neighbours from the walk.
_LEAST_BREADTH = 256
_FETCH_BLOCK = 1000


@dataclass(frozen=True)
class MilvusPlan:
    """How a query is answered. Nothing here depends on k: shorter lists begin longer ones.

    Milvus is asked for `breadths[0]` candidates, then for more, and at last every matching row is
    fetched. An expression names at most `listed_rows` rows; larger masks narrow what comes back.
    """

    breadths: tuple[int, ...] = (64, 256, 1024, 4096, _MOST_HITS)
    listed_rows: int = 10_000
    probes: int = 64


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

    def _request(self, mask: Mask | None, where: Condition | None) -> _Request:
        if mask is None:
            return _Request(None, len(self), "")
        count = int(np.count_nonzero(mask))
        left_out = np.flatnonzero(~mask if self._held is None else self._held & ~mask)
        if len(left_out) <= min(count, self.plan.listed_rows):
            return _Request(mask, count, rows_not_in(left_out.tolist()))
        if count <= self.plan.listed_rows:
            return _Request(mask, count, rows_in(np.flatnonzero(mask).tolist()))
        return _Request(mask, count, self._expression(where))

    def _expression(self, where: Condition | None) -> str:
        if where is None or len(where.others) > self.plan.listed_rows:
            return ""
        expression = translate(where.expr, self.record.fields) or ""
        if expression and where.others:
            return f"{expression} or {rows_in(where.others)}"
        return expression

    def _search_one(self, query: Vectors, k: int, request: _Request) -> Ranked:
        found = (np.empty(0, np.int64), np.empty(0, np.float32))
        for breadth in self.plan.breadths:
            if breadth >= request.count:
                break
            found = extend(found, self._ask(query, breadth, request))
            if len(found[0]) >= k:
                return found[0][:k], found[1][:k]
        rows, scores = extend(found, self._scan(query, k + len(found[0]), request))
        return rows[:k], scores[:k]

    def _ask(self, query: Vectors, breadth: int, request: _Request) -> Ranked:
        """The best candidates of Milvus that no unseen row can precede.

        Nothing if fewer come back than were asked for: an approximate index may miss some
        under a filter.
        """
        with answering():
            (hits,) = self.client.search(
                self.record.name,
                data=[query],
                limit=breadth,
                filter=request.expression,
                output_fields=[VECTOR],
                search_params={"metric_type": "IP", "params": self._breadth(breadth, request)},
                consistency_level="Bounded",
            )
        if len(hits) < breadth:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        near = np.array([hit["distance"] for hit in hits])
        rows = np.array([hit[ROW] for hit in hits], np.int64)
        vectors = np.array([hit["entity"][VECTOR] for hit in hits], np.float32)
        settled = certain(near) & request.lets_through(rows)
        return best_first(rows[settled], dot_rows(vectors[settled], query), breadth)

    def _breadth(self, breadth: int, request: _Request) -> dict[str, int]:
        if self.record.index_type == "IVF_SQ8":
            return {"nprobe": self.plan.probes}
        # A walk passes rows outside the filter too, so it has to be longer where few match.
        held = len(self) if self._held is None else np.count_nonzero(self._held)
        longer = math.ceil(1.5 * breadth * held / request.count) if request.expression else 0
        length = min(max(_LEAST_BREADTH, 2 * breadth, longer), _MOST_BREADTH)
        return {"search_list" if self.record.index_type == "DISKANN" else "ef": length}

    def _scan(self, query: Vectors, k: int, request: _Request) -> Ranked:
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


@dataclass(frozen=True)
class _Request:
    """The mask of one search, the rows that it lets through, and what Milvus is told of it.

    Every row of the mask meets the expression; the mask decides about the others that do.
    """

    mask: Mask | None
    count: int
    expression: str

    def lets_through(self, rows: Rows) -> Mask:
        return np.ones(len(rows), np.bool_) if self.mask is None else self.mask[rows]


def _dimension(client: Any, record: CollectionRecord) -> int:
    with answering():
        fields = client.describe_collection(record.name)["fields"]
    return int(next(f["params"]["dim"] for f in fields if f["name"] == VECTOR))
