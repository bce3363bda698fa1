"""FAISS behind the index seam (Douze et al., "The Faiss library", 2024).

FAISS proposes, this module decides. Its approximate kinds return fewer rows than exist under a
mask, break ties in no fixed order, and round a score by how rows were batched. So candidates are
scored again in one fixed way, a list is only extended with rows whose place is certain, and a
scan of the matching rows stands behind it all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from core.errors import ArtefactError, ConfigError
from core.index.base import Condition, Mask, Rows, Scores, Vectors
from core.index.exact import check_query, dot_rows
from core.index.ranked import Ranked, best_first, extend

KINDS = ("exact", "hnsw", "ivf")
# Links per node and breadth while building: recall@10 near 1 on product embeddings.
_HNSW_LINKS = 32
_HNSW_BUILD_BREADTH = 128
# FAISS asks for at least 39 training rows per list and gains nothing beyond 256.
_IVF_ROWS_PER_LIST = 39
_IVF_TRAINING_ROWS_PER_LIST = 128
_ADD_BLOCK = 4096
_SCAN_BLOCK = 8192
# Reading a row back from its 16-bit code takes about this many times a plain row's time.
_DECODE_COST = 4
# More than FAISS and `dot_rows` can differ on unit vectors, far less than one picture from another.
_ROUNDING = np.float32(1e-5)


@dataclass(frozen=True)
class SearchPlan:
    """How a query is answered. Nothing here depends on k: shorter lists begin longer ones.

    Up to `scan_rows` matching rows are scanned, fewer where rows have to be decoded. Above, the
    index is asked for `breadths[0]` candidates, then for more, and at last the matching rows are
    scanned after all. `walk_cost` is the number of rows that can be scanned in the time of one
    step of an HNSW walk, and `probe_share` the part of an IVF's lists that a query without a mask
    looks into.
    """

    scan_rows: int = 20_000
    breadths: tuple[int, ...] = (256, 1024, 4096)
    walk_cost: int = 20
    probe_share: float = 1 / 32


class FaissIndex:
    """See `core.index.base.VectorIndex`; kinds "exact" (flat), "hnsw" and "ivf" (16-bit rows).

    "exact" equals `ExactIndex` to the bit. "ivf" keeps half of each vector's bits and scores what
    it keeps. Lists longer than `plan.breadths[0]` may hold a row that an approximate kind missed
    at first after a slightly worse one; no row comes twice and none moves between pages.
    """

    def __init__(self, index: Any, plan: SearchPlan | None = None) -> None:
        self._index = index
        self._plan = plan or SearchPlan()
        self.kind = kind_of(index)
        self.dimension = int(index.d)
        self._vectors = _stored_vectors(index)

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
            ConfigError: the kind is unknown.
        """
        index = _new_index(vectors, kind)
        for start in range(0, len(vectors), _ADD_BLOCK):
            block = np.ascontiguousarray(vectors[start : start + _ADD_BLOCK], np.float32)
            index.add(block)
            if on_rows is not None:
                on_rows(len(block))
        if kind == "ivf":
            index.make_direct_map()  # row -> list entry, so that a row can be read back
        return cls(index, plan)

    @classmethod
    def load(cls, path: Path, plan: SearchPlan | None = None) -> FaissIndex:
        """Read a file written by `save`; the caller has verified its checksum.

        Raises:
            ArtefactError: it is not an index of one of the kinds.
        """
        try:
            return cls(faiss.read_index(str(path)), plan)
        except (RuntimeError, ConfigError):
            raise ArtefactError(path, "is not a FAISS index that Twinset writes") from None

    def save(self, path: Path) -> None:
        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def vector(self, row: int) -> Vectors:
        return np.array(self._gather(np.array([row], np.int64))[0])

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
        request = _Request(mask, len(self) if mask is None else int(np.count_nonzero(mask)))
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            best, similarity = self._search_one(query, k, request)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = similarity
        return rows, scores

    def _search_one(self, query: Vectors, k: int, request: _Request) -> Ranked:
        found = (np.empty(0, np.int64), np.empty(0, np.float32))
        if not self._prefers_scan(request.count):
            for breadth in self._plan.breadths:
                settled = self._walk(query, breadth, request)
                if settled is None:
                    break
                found = extend(found, settled)
                if len(found[0]) >= k:
                    return found[0][:k], found[1][:k]
        matching = request.matching(len(self))
        # Rows found before come back in the scan, hence as many more are asked for.
        scanned = best_first(matching, self._score(query, matching), k + len(found[0]))
        rows, scores = extend(found, scanned)
        return rows[:k], scores[:k]

    def _prefers_scan(self, count: int) -> bool:
        if self.kind == "exact" or count == 0:
            return True
        if self.kind == "ivf":
            return count <= self._plan.scan_rows // _DECODE_COST
        walk = self._plan.walk_cost * self._walk_length(self._plan.breadths[0], count)
        return count <= max(self._plan.scan_rows, walk)

    def _walk(self, query: Vectors, breadth: int, request: _Request) -> Ranked | None:
        """The best candidates of FAISS that no unseen row can precede; None where it falls short.

        Rows that score like the last candidate are left out: more of the same score may follow.
        """
        if breadth >= request.count:
            return None
        parameters = self._parameters(breadth, request)
        near, candidates = self._index.search(query[None], breadth, params=parameters)
        rows = candidates[0]
        if rows[-1] < 0:
            return None
        scores = self._score(query, rows)
        certain = scores > near[0, -1] + _ROUNDING
        return best_first(rows[certain], scores[certain], breadth)

    def _parameters(self, breadth: int, request: _Request) -> Any:
        selector = request.selector()
        if self.kind == "hnsw":
            length = self._walk_length(breadth, request.count)
            return faiss.SearchParametersHNSW(efSearch=length, sel=selector)
        lists = self._index.nlist
        # Four times the lists that would hold `breadth` matching rows if those lay evenly.
        needed = math.ceil(4 * breadth * lists / request.count)
        probes = min(lists, max(math.ceil(lists * self._plan.probe_share), needed))
        return faiss.SearchParametersIVF(nprobe=probes, sel=selector)

    def _walk_length(self, breadth: int, count: int) -> int:
        # A walk passes rows outside the mask too, so it has to be longer where few match.
        return max(2 * breadth, math.ceil(1.5 * breadth * len(self) / count))

    def _score(self, query: Vectors, rows: Rows) -> Scores:
        if self._vectors is not None and 4 * len(rows) >= len(self):
            return dot_rows(self._vectors, query)[rows]  # cheaper than copying the rows together
        scores = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _SCAN_BLOCK):
            block = rows[start : start + _SCAN_BLOCK]
            scores[start : start + len(block)] = dot_rows(self._gather(block), query)
        return scores

    def _gather(self, rows: Rows) -> Vectors:
        if self._vectors is not None:
            return np.asarray(self._vectors[rows])
        return np.asarray(self._index.reconstruct_batch(rows), np.float32)


@dataclass(frozen=True)
class _Request:
    """The mask of one search and the number of rows that it lets through."""

    mask: Mask | None
    count: int

    def matching(self, total: int) -> Rows:
        return np.arange(total) if self.mask is None else np.flatnonzero(self.mask)

    def selector(self) -> Any:
        if self.mask is None:
            return None
        return faiss.IDSelectorBitmap(np.packbits(self.mask, bitorder="little"))


def kind_of(index: Any) -> str:
    """The name in `KINDS` of a FAISS index; ConfigError for any other."""
    if isinstance(index, faiss.IndexHNSWFlat):
        return "hnsw"
    if isinstance(index, faiss.IndexIVFScalarQuantizer):
        return "ivf"
    if isinstance(index, faiss.IndexFlat):
        return "exact"
    raise ConfigError(f"the index kind must be one of {', '.join(KINDS)}")


def _stored_vectors(index: Any) -> Vectors | None:
    """A read-only view (n, d) of the float32 rows inside a FAISS index; None where it has none."""
    if isinstance(index, faiss.IndexIVF):
        return None
    flat = faiss.downcast_index(index.storage) if hasattr(index, "storage") else index
    size = flat.ntotal * flat.d
    view: Vectors = faiss.rev_swig_ptr(flat.get_xb(), size).reshape(flat.ntotal, flat.d)
    view.flags.writeable = False
    return view


def _new_index(vectors: Vectors, kind: str) -> Any:
    count, dimension = vectors.shape
    if kind == "exact":
        return faiss.IndexFlatIP(dimension)
    if kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _HNSW_BUILD_BREADTH
        return index
    if kind == "ivf":
        lists = max(1, min(4 * math.isqrt(count), count // _IVF_ROWS_PER_LIST))
        return _trained_ivf(vectors, lists)
    raise ConfigError(f"the index kind must be one of {', '.join(KINDS)}")


def _trained_ivf(vectors: Vectors, lists: int) -> Any:
    dimension = vectors.shape[1]
    quantizer = faiss.IndexFlatIP(dimension)
    # 16 bits of each number: scores stay true to four digits. Rows are not stored as differences
    # from their list's centre, so equal vectors have equal codes.
    index = faiss.IndexIVFScalarQuantizer(
        quantizer,
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,
    )
    index.cp.spherical = True
    size = min(len(vectors), lists * _IVF_TRAINING_ROWS_PER_LIST)
    sample = np.random.default_rng(0).choice(len(vectors), size, replace=False)
    index.train(np.ascontiguousarray(vectors[np.sort(sample)], np.float32))
    return index
