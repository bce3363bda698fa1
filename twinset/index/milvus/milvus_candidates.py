"""What Milvus proposes for one query, and which of it is certain.

Three things of the server's indexes, found by measurement, decide how it is asked. A graph walk
under a filter misses rows, and not the same ones each time. A graph index that is told to pass over
most rows scores the others one and all. And of many copies of one vector a walk reaches only some.
So a filter that few rows match is sent as it is. One that more rows match is sent in parts, each
small enough to be scored in full; if most rows match, the whole collection is asked and the mask
applied here. Copies of what was found are looked up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twinset.index.exact_index import dot_rows
from twinset.index.milvus.milvus_collections import LISTS, CollectionRecord
from twinset.index.milvus.milvus_connection import MilvusAddress, answering
from twinset.index.milvus.milvus_fields import COPIES, NO_COPY, PART, PARTS, ROW
from twinset.index.ranked_rows import Ranked, best_first, certain
from twinset.index.vector_index import Mask, Rows, Scores, Vectors

# The server's limits for a search's length and for the breadth of an HNSW walk.
_MOST_HITS = 16_384
_MOST_BREADTH = 32_768
# Below, identical pictures hide their neighbours from the walk.
_LEAST_BREADTH = 256
# Of the rows that a wide search returns, more than those sought may fail the mask.
_WIDER = 1.5
NOTHING: Ranked = (np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True)
class MilvusPlan:
    """How a query is answered. Nothing here depends on k: shorter lists begin longer ones.

    Up to `scan_rows` matching rows are fetched and scored one and all. Above, Milvus is asked for
    `breadths[0]` candidates, then for more, and at last every matching row is fetched. An
    expression names at most `listed_rows` rows; larger masks narrow what comes back.

    A graph index scores every matching row of a filter that lets at most `full_share` of a
    collection through; a larger one of up to `exhaustive_rows` rows is sent in parts. From
    `wide_share` on the mask is applied here instead. `probes` of the lists of an IVF index are
    searched without a filter, more with one.
    """

    breadths: tuple[int, ...] = (64, 256, 1024, 4096, _MOST_HITS)
    scan_rows: int = 100
    listed_rows: int = 10_000
    full_share: float = 0.06
    wide_share: float = 0.3
    exhaustive_rows: int = 1_000_000
    probes: int = 64


def plan_for(address: MilvusAddress) -> MilvusPlan:
    """How the index at an address is asked: milvus-lite finds matching rows by itself."""
    return MilvusPlan(full_share=1.0) if address.is_lite else MilvusPlan()


@dataclass(frozen=True)
class Request:
    """The mask of one search, the rows that it lets through, and what Milvus is told of it.

    Every row of the mask meets the expression; the mask decides about the others that do. The
    collection holds `held` rows.
    """

    mask: Mask | None
    count: int
    held: int
    expression: str

    @property
    def share(self) -> float:
        """The part of the collection that the mask lets through."""
        return self.count / max(self.held, 1)

    def lets_through(self, rows: Rows) -> Mask:
        return np.ones(len(rows), np.bool_) if self.mask is None else self.mask[rows]


@dataclass(frozen=True)
class _Hits:
    """Rows (n,), the server's scores (n,), best first, and the first copy of each row."""

    rows: Rows
    near: Scores
    copies: Rows
    # The server's score of the last row that it named, whether or not the mask lets it through.
    last: float

    def only(self, mask: Mask) -> _Hits:
        return _Hits(self.rows[mask], self.near[mask], self.copies[mask], self.last)


@dataclass(frozen=True)
class Asking:
    """Asks one collection; `fetch` reads the rows of it that exist, and their vectors."""

    client: Any
    record: CollectionRecord
    plan: MilvusPlan
    fetch: Callable[[Rows], tuple[Rows, Vectors]]

    def settled(self, query: Vectors, breadth: int, request: Request) -> Ranked:
        """The best candidates of Milvus that no unseen row can precede; none if it found too few.

        They are scored again by their vectors, in one fixed way.
        """
        hits = self._hits(query, breadth, request)
        if len(hits.rows) < 2:
            return NOTHING
        kept = hits.only(certain(np.append(hits.near, hits.last))[:-1])
        rows = self._with_copies(kept, request)
        if not len(rows):
            return NOTHING
        held, vectors = self.fetch(np.sort(rows))
        return best_first(held, dot_rows(vectors, query), len(held))

    def _hits(self, query: Vectors, breadth: int, request: Request) -> _Hits:
        plan = self.plan
        walks = self.record.index_type == "HNSW" and request.share > plan.full_share
        if request.mask is None:
            return self._filtered(query, breadth, request)
        if not request.expression or (walks and request.share >= plan.wide_share):
            inside = self._wide(query, breadth, request)
            if len(inside.rows) >= breadth or not request.expression:
                return inside
        if walks and self.record.has_parts and request.count <= plan.exhaustive_rows:
            parts = math.ceil(request.share / plan.full_share)
            return self._in_parts(query, breadth, request, min(parts, PARTS))
        return self._filtered(query, breadth, request)

    def _wide(self, query: Vectors, breadth: int, request: Request) -> _Hits:
        """Of a search of the whole collection, what the mask lets through; maybe too few."""
        limit = min(_MOST_HITS, math.ceil(_WIDER * breadth / max(request.share, 1e-9)))
        params = self._breadth(limit, replace(request, expression=""))
        found = self._search(query, limit, "", params)
        return found.only(request.lets_through(found.rows))

    def _filtered(self, query: Vectors, breadth: int, request: Request) -> _Hits:
        """The hits of one search by the expression; none if fewer came than were asked for."""
        found = self._search(query, breadth, request.expression, self._breadth(breadth, request))
        if len(found.rows) < breadth:
            return found.only(np.zeros(len(found.rows), np.bool_))
        return found.only(request.lets_through(found.rows))

    def _in_parts(self, query: Vectors, breadth: int, request: Request, parts: int) -> _Hits:
        """The `breadth` best of searches that share the collection among them."""
        params = {"ef": self._length(breadth)}
        found = []
        for number in range(parts):
            numbers = ", ".join(map(str, range(number, PARTS, parts)))
            terms = [f"({request.expression})"] if request.expression else []
            part = " and ".join([*terms, f"{PART} in [{numbers}]"])
            hits = self._search(query, breadth, part, params)
            found.append(hits.only(request.lets_through(hits.rows)))
        near = np.concatenate([hits.near for hits in found])
        order = np.argsort(-near, kind="stable")[:breadth]
        rows = np.concatenate([hits.rows for hits in found])[order]
        copies = np.concatenate([hits.copies for hits in found])[order]
        if len(rows) < breadth:
            return _Hits(rows[:0], near[:0], copies[:0], -math.inf)
        return _Hits(rows, near[order], copies, float(near[order][-1]))

    def _search(self, query: Vectors, limit: int, expression: str, params: dict[str, int]) -> _Hits:
        fields = [COPIES] if self.record.has_parts else []
        with answering():
            (hits,) = self.client.search(
                self.record.name,
                data=[query],
                limit=limit,
                filter=expression,
                output_fields=fields,
                search_params={"metric_type": "IP", "params": params},
                consistency_level="Bounded",
            )
        # An old server does not say what the primary key is called; the client then says "id".
        rows = np.array([hit[ROW] if ROW in hit else hit["id"] for hit in hits], np.int64)
        near = np.array([hit["distance"] for hit in hits], np.float32)
        copies = np.array([hit["entity"].get(COPIES, NO_COPY) for hit in hits], np.int64)
        return _Hits(rows, near, copies, float(near[-1]) if len(near) else -math.inf)

    def _breadth(self, breadth: int, request: Request) -> dict[str, int]:
        if self.record.index_type == "IVF_SQ8":
            return {"nprobe": min(LISTS, math.ceil(self.plan.probes / max(request.share, 1e-9)))}
        # A walk passes rows outside the filter too, so it has to be longer if few match.
        longer = math.ceil(_WIDER * breadth / max(request.share, 1e-9)) if request.expression else 0
        length = min(max(self._length(breadth), longer), _MOST_BREADTH)
        return {"search_list" if self.record.index_type == "DISKANN" else "ef": length}

    def _length(self, breadth: int) -> int:
        return min(max(_LEAST_BREADTH, 2 * breadth), _MOST_BREADTH)

    def _with_copies(self, hits: _Hits, request: Request) -> Rows:
        """The rows of the hits, and those of the mask that hold the vector of one of them."""
        copied = np.unique(hits.copies[hits.copies != NO_COPY])
        if not len(copied):
            return hits.rows
        listed = ",".join(map(str, copied.tolist()))
        with answering():
            found = self.client.query(
                self.record.name, filter=f"{COPIES} in [{listed}]", output_fields=[ROW]
            )
        rows = np.array([entry[ROW] for entry in found], np.int64)
        return np.union1d(hits.rows, rows[request.lets_through(rows)])
