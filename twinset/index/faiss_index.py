"""FAISS behind the index seam (Douze et al., "The Faiss library", 2024).

FAISS proposes, this module decides. Its approximate kinds return fewer rows than exist under a
mask, break ties in no fixed order, and round a score by how rows were batched. So candidates are
scored again in one fixed way, a list is only extended with rows whose place is certain, and a
scan of the matching rows stands behind it all. Under a mask no kind takes a short cut: FAISS then
passes over every matching row, so that a filtered answer is the exact one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from twinset.errors import ArtefactError, ConfigError
from twinset.index.exact_index import check_query, dot_rows
from twinset.index.faiss_kinds import (
    QUANTISED,
    flat_over,
    hnsw_parameters,
    ivf_parameters,
    kind_of,
    map_kept,
    new_index,
    stored_vectors,
    write_kept,
)
from twinset.index.outline.request import Request
from twinset.index.outline.score_bounds import OUTLINED, ScoreBounds
from twinset.index.ranked_rows import ROUNDING, Ranked, best_above, best_first, certain, extend
from twinset.index.vector_index import Condition, Mask, Rows, Scores, Vectors

# Scores from a byte for four numbers are coarse: so many more candidates are scored anew.
_PQ_CANDIDATES = 8
# A block of rows to score is read into memory that stays in the processor's cache.
_ADD_BLOCK, _SCAN_BLOCK = 4096, 512
# If a mask lets through one row of so many or more, passing over every row and dropping those
# outside it is quicker than asking of each row, which keeps a processor from reading ahead.
_MANY = 6
# How large a sample of a mask's rows is, at least and at most, in multiples of what is asked for.
_SAMPLE_LEAST, _SAMPLE_MOST = 4, 64
# Of a mask, rows are gathered and scored by themselves if they are one of so many at most: to
# read rows one by one takes several times what it takes to pass over them in place.
_FEW = 8


@dataclass(frozen=True)
class SearchPlan:
    """How a query is answered. Nothing here depends on k: shorter lists begin longer ones.

    Up to `scan_rows` matching rows are scored one and all, unless they are a large part. Above,
    FAISS is asked for `breadths[0]` candidates, then for more, and at last the matching rows are
    scored after all. FAISS passes over every row of a mask of up to `exhaustive_rows` and takes its
    short cuts through a larger one.
    `probe_share` is the part of an IVF's lists that a query without a mask looks into.
    What the best rows of a large mask score at least is told by one of `sampled` of its rows.
    Vectors in memory, from `outlined` rows and up to so many, are passed over by `ScoreBounds`, if
    these see `outlined_share` of the vectors.
    """

    scan_rows: int = 1000
    exhaustive_rows: int = 1_000_000
    breadths: tuple[int, ...] = (64, 256, 1024, 4096)
    probe_share: float = 1 / 32
    sampled: int = 32
    outlined: tuple[int, int] = OUTLINED
    outlined_share: float = 0.9


class FaissIndex:
    """See `twinset.index.vector_index.VectorIndex` and `twinset.index.faiss_kinds` for the kinds.

    "exact" equals `ExactIndex` to the bit, and under a mask of up to `plan.exhaustive_rows` rows
    so does every kind, over the vectors that it keeps: "ivf" half of each number's bits, "ivf-sq"
    and "ivf-pq" likewise in `kept`, (n, d) in a file that is mapped, not read. Without a mask these
    two search compressed rows in memory and score what they find by `kept`. Lists of an approximate
    kind longer than half of `plan.breadths[0]` may hold a row that was missed at first after a
    slightly worse one; no row comes twice and none moves between pages.
    """

    def __init__(self, index: Any, plan: SearchPlan | None = None, kept: Any = None) -> None:
        self._index = index
        self._kept = kept
        # What is passed over whole: the flat index of an HNSW's rows, the vectors kept beside
        # compressed ones, else the index itself.
        self._storage = faiss.downcast_index(getattr(index, "storage", index))
        if kept is not None:
            self._storage = flat_over(kept)
        self._plan = plan or SearchPlan()
        self.kind = kind_of(index)
        self.dimension = int(index.d)
        self._vectors = stored_vectors(index)

    @classmethod
    def build(
        cls,
        vectors: Vectors,
        kind: str,
        on_rows: Callable[[int], None] | None = None,
        plan: SearchPlan | None = None,
    ) -> FaissIndex:
        """Index `vectors`, (n, d) unit rows with n >= 1; `on_rows` hears of each block's rows.

        Raises:
            ConfigError: if the kind is unknown.
        """
        index = new_index(vectors, kind)
        for start in range(0, len(vectors), _ADD_BLOCK):
            block = np.ascontiguousarray(vectors[start : start + _ADD_BLOCK], np.float32)
            index.add(block)
            if on_rows is not None:
                on_rows(len(block))
        if kind == "ivf":
            index.make_direct_map()  # row -> list entry, so that a row can be read back
        kept = np.ascontiguousarray(vectors) if kind in QUANTISED else None
        return cls(index, plan, kept)

    @classmethod
    def load(cls, path: Path, plan: SearchPlan | None = None) -> FaissIndex:
        """Read what `save` wrote; the caller has verified the checksums.

        Raises:
            ArtefactError: if it is not an index of one of the kinds, or its vectors are missing.
        """
        try:
            index = faiss.read_index(str(path))
            kept = map_kept(path, index) if kind_of(index) in QUANTISED else None
        except (RuntimeError, ConfigError):
            raise ArtefactError(path, "is not a FAISS index that Twinset writes") from None
        return cls(index, plan, kept)

    def save(self, path: Path) -> None:
        """Write the index and, beside it, the vectors of a quantised one."""
        faiss.write_index(self._index, str(path))
        if self._kept is not None:
            write_kept(path, self._kept)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def vector(self, row: int) -> Vectors:
        return np.asarray(self.vectors(np.array([row], np.int64))[0])

    def vectors(self, rows: Rows) -> Vectors:
        return self._gather(rows)

    def search(
        self,
        queries: Vectors,
        k: int,
        mask: Mask | None = None,
        where: Condition | None = None,  # noqa: ARG002  (the mask says it)
    ) -> Ranked:
        check_query(queries, k, mask, (len(self), self.dimension))
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        request = Request(mask, len(self))
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            best, similarity = self._search_one(query, k, request)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = similarity
        return rows, scores

    def above(
        self,
        query: Vectors,
        least: float,
        mask: Mask | None = None,
        where: Condition | None = None,  # noqa: ARG002  (the mask says it)
    ) -> Ranked:
        check_query(query[None], 1, mask, (len(self), self.dimension))
        request = Request(mask, len(self))
        bounds = self._bounds_for(request)
        rows = request.matching() if bounds is None else bounds.above(query, least, mask)
        return best_above(rows, self._score(query, rows), least)

    def _search_one(self, query: Vectors, k: int, request: Request) -> Ranked:
        whole = self.kind == "exact" or self._passes_over_all(request)
        bounds = self._bounds_for(request) if whole else None
        if bounds is not None:
            rows = bounds.nearest(query, k, request.mask)
            return best_first(rows, self._score(query, rows), k)
        found = (np.empty(0, np.int64), np.empty(0, np.float32))
        for breadth in self._plan.breadths:
            settled = self._propose(query, breadth, request)
            if settled is None:
                break
            found = extend(found, settled)
            if len(found[0]) >= k:
                return found[0][:k], found[1][:k]
        matching = request.matching()
        # Rows found before come back in the scan, hence as many more are asked for.
        scanned = best_first(matching, self._score(query, matching), k + len(found[0]))
        rows, scores = extend(found, scanned)
        return rows[:k], scores[:k]

    def _propose(self, query: Vectors, breadth: int, request: Request) -> Ranked | None:
        """FAISS's candidates that no unseen row can precede, ranked; None if it found too few."""
        if self.kind == "ivf-pq" and not self._passes_over_all(request):
            breadth *= _PQ_CANDIDATES
        few = self._plan.scan_rows
        if request.mask is not None:
            few = min(few, len(self) // _FEW)
        if request.count <= max(breadth, few):
            return None
        near, candidates = self._ask(query, breadth, request)
        rows = candidates[0]
        if len(rows) < breadth or rows[-1] < 0:
            return None
        scores = self._score(query, rows)
        # By what FAISS says: of a compressed row's score it alone knows what may follow.
        settled = certain(near[0])
        return best_first(rows[settled], scores[settled], breadth)

    def _bounds_for(self, request: Request) -> ScoreBounds | None:
        """Bounds on the scores of all rows; None if the rows of a mask are soon read one by one."""
        return self._score_bounds if request.count > self._plan.scan_rows else None

    @cached_property
    def _score_bounds(self) -> ScoreBounds | None:
        """Made when they are first needed; None if the plan has none for these vectors."""
        least, most = self._plan.outlined
        if self._vectors is None or not least <= len(self) <= most:
            return None
        return ScoreBounds.of(self._vectors, self._plan.outlined_share)

    def _passes_over_all(self, request: Request) -> bool:
        """True if FAISS looks at every row of the mask, and at the vectors that are kept."""
        return request.mask is not None and request.count <= self._plan.exhaustive_rows

    def _ask(self, query: Vectors, breadth: int, request: Request) -> tuple[Any, Any]:
        """FAISS's `breadth` best: of all rows of a mask, else as the kind looks for them."""
        exhaustive = self._passes_over_all(request)
        if exhaustive and request.mask is not None and request.count * _MANY >= len(self):
            bound = self._bound(query, breadth, request)
            if bound is not None:
                return self._ask_above(query, bound, breadth, request.mask)
        selector = request.selector
        if self.kind == "ivf":  # which keeps its vectors in the lists
            probes = self._index.nlist if exhaustive else self._probes(breadth, request.count)
            index, parameters = self._index, ivf_parameters(self.kind, probes, selector)
        elif exhaustive or self.kind == "exact":
            index, parameters = self._storage, faiss.SearchParameters(sel=selector)
        elif self.kind in QUANTISED:
            probes = self._probes(breadth, request.count)
            index, parameters = self._index, ivf_parameters(self.kind, probes, selector)
        else:
            # A walk passes rows outside the mask too, so it has to be longer where few match.
            length = max(2 * breadth, math.ceil(1.5 * breadth * len(self) / request.count))
            index, parameters = self._index, hnsw_parameters(length, selector)
        near, rows = index.search(query[None], breadth, params=parameters)
        return near, rows

    def _bound(self, query: Vectors, breadth: int, request: Request) -> float | None:
        """A score that `breadth` rows of the mask reach at least; None if none is soon found,
        and if it would not help: of vectors in a file FAISS finds those above a score slowly."""
        if self.kind in QUANTISED:
            return None
        if self.kind == "ivf":
            probes = self._probes(breadth, request.count)
            parameters = ivf_parameters(self.kind, probes, request.selector)
            near, rows = self._index.search(query[None], breadth, params=parameters)
            return float(near[0, -1]) if rows[0, -1] >= 0 else None
        wanted = min(_SAMPLE_MOST * breadth, request.count // self._plan.sampled)
        if wanted < _SAMPLE_LEAST * breadth:
            return None  # too few to tell much
        scores = self._score(query, request.matching()[:: request.count // wanted])
        return float(np.partition(scores, len(scores) - breadth)[len(scores) - breadth])

    def _ask_above(self, query: Vectors, bound: float, breadth: int, mask: Mask) -> tuple[Any, Any]:
        """FAISS's `breadth` best of the mask, from all rows that score at least `bound`."""
        index, parameters = self._storage, None
        if self.kind == "ivf":
            index, parameters = self._index, ivf_parameters(self.kind, self._index.nlist, None)
        _, near, rows = index.range_search(query[None], bound - ROUNDING, params=parameters)
        inside = mask[rows]
        rows, near = best_first(rows[inside], near[inside], breadth)
        return near[None], rows[None]

    def _probes(self, breadth: int, count: int) -> int:
        lists = self._index.nlist
        # Four times the lists that would hold `breadth` matching rows if those lay evenly.
        needed = math.ceil(4 * breadth * lists / count)
        return int(min(lists, max(math.ceil(lists * self._plan.probe_share), needed)))

    def _score(self, query: Vectors, rows: Rows) -> Scores:
        if self._vectors is not None and 4 * len(rows) >= len(self):
            return dot_rows(self._vectors, query)[rows]  # cheaper than copying the rows together
        scores = np.empty(len(rows), np.float32)
        place = np.empty((min(len(rows), _SCAN_BLOCK), self.dimension), np.float32)
        for start in range(0, len(rows), _SCAN_BLOCK):
            block = rows[start : start + _SCAN_BLOCK]
            gathered = self._gather(block, place[: len(block)])
            scores[start : start + len(block)] = dot_rows(gathered, query)
        return scores

    def _gather(self, rows: Rows, place: Vectors | None = None) -> Vectors:
        """The vectors of rows, in `place` if that saves a copy."""
        if self._vectors is not None:
            return self._vectors.take(rows, 0, place, "raise" if place is None else "clip")
        if self._kept is not None:
            return np.asarray(self._kept[rows], np.float32)
        return np.asarray(self._index.reconstruct_batch(rows), np.float32)
