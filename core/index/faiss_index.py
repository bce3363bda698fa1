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

from core.errors import ArtefactError, ConfigError
from core.index.base import Mask, Rows, Scores, Vectors
from core.index.exact import check_query, dot_rows

KINDS = ("exact", "hnsw", "ivf")
# Links per node and breadth while building: recall@10 near 1 on product embeddings.
_HNSW_LINKS = 32
_HNSW_BUILD_BREADTH = 128
# FAISS asks for at least 39 training rows per list and gains nothing beyond 256.
_IVF_ROWS_PER_LIST = 39
_IVF_TRAINING_ROWS_PER_LIST = 128
_ADD_BLOCK = 4096
_SCAN_BLOCK = 8192
# More than FAISS and `dot_rows` can differ on unit vectors, far less than one picture from another.
_ROUNDING = np.float32(1e-5)
Ranked = tuple[Rows, Scores]


@dataclass(frozen=True)
class SearchPlan:
    """How a query is answered. Nothing here depends on k: shorter lists begin longer ones.

    Up to `scan_rows` matching rows are scored one and all. Above, FAISS is asked for `breadths[0]`
    candidates, then for more, and at last the matching rows are scored after all. `probe_share` is
    the part of an IVF's lists that a query without a mask looks into.
    """

    scan_rows: int = 1000
    breadths: tuple[int, ...] = (64, 256, 1024, 4096)
    probe_share: float = 1 / 32


class FaissIndex:
    """See `core.index.base.VectorIndex`; kinds "exact" (flat), "hnsw" and "ivf" (16-bit rows).

    "exact" equals `ExactIndex` to the bit, and so does every kind under a mask. "ivf" keeps half of
    each vector's bits and scores what it keeps. Without a mask, lists longer than
    `plan.breadths[0]` may hold a row that an approximate kind missed at first after a slightly
    worse one; no row comes twice and none moves between pages.
    """

    def __init__(self, index: Any, plan: SearchPlan | None = None) -> None:
        self._index = index
        # An HNSW's rows stand in a flat index, which can be passed over whole.
        self._storage = faiss.downcast_index(getattr(index, "storage", index))
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

    def search(self, queries: Vectors, k: int, mask: Mask | None = None) -> Ranked:
        check_query(queries, k, mask, (len(self), self.dimension))
        rows = np.full((len(queries), k), -1, np.int64)
        scores = np.full((len(queries), k), -np.inf, np.float32)
        request = _Request(mask, len(self))
        for number, query in enumerate(np.ascontiguousarray(queries, np.float32)):
            best, similarity = self._search_one(query, k, request)
            rows[number, : len(best)] = best
            scores[number, : len(best)] = similarity
        return rows, scores

    def _search_one(self, query: Vectors, k: int, request: _Request) -> Ranked:
        found = (np.empty(0, np.int64), np.empty(0, np.float32))
        for breadth in self._plan.breadths:
            settled = self._propose(query, breadth, request)
            if settled is None:
                break
            found = _extend(found, settled)
            if len(found[0]) >= k:
                return found[0][:k], found[1][:k]
        matching = request.matching()
        # Rows found before come back in the scan, hence as many more are asked for.
        scanned = best_first(matching, self._score(query, matching), k + len(found[0]))
        rows, scores = _extend(found, scanned)
        return rows[:k], scores[:k]

    def _propose(self, query: Vectors, breadth: int, request: _Request) -> Ranked | None:
        """The best candidates of FAISS that no unseen row can precede; None where it falls short.

        Rows that score like the last candidate are left out: more of the same score may follow.
        """
        if request.count <= max(breadth, self._plan.scan_rows):
            return None
        near, candidates = self._ask(query, breadth, request)
        rows = candidates[0]
        if rows[-1] < 0:
            return None
        scores = self._score(query, rows)
        certain = scores > near[0, -1] + _ROUNDING
        return best_first(rows[certain], scores[certain], breadth)

    def _ask(self, query: Vectors, breadth: int, request: _Request) -> tuple[Any, Any]:
        """FAISS's `breadth` best: of all rows under a mask, else as the kind looks for them."""
        selector = request.selector
        exhaustive = selector is not None
        if self.kind == "ivf":
            probes = self._index.nlist if exhaustive else self._probes(breadth)
            index, parameters = self._index, faiss.SearchParametersIVF(nprobe=probes, sel=selector)
        elif exhaustive or self.kind == "exact":
            index, parameters = self._storage, faiss.SearchParameters(sel=selector)
        else:
            index, parameters = self._index, faiss.SearchParametersHNSW(efSearch=2 * breadth)
        near, rows = index.search(query[None], breadth, params=parameters)
        return near, rows

    def _probes(self, breadth: int) -> int:
        lists = self._index.nlist
        # Four times the lists that would hold `breadth` rows if those lay evenly.
        needed = math.ceil(4 * breadth * lists / len(self))
        return int(min(lists, max(math.ceil(lists * self._plan.probe_share), needed)))

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


class _Request:
    """The mask of one search and the number of rows that it lets through."""

    def __init__(self, mask: Mask | None, total: int) -> None:
        self._mask, self._total = mask, total
        self.count = total if mask is None else int(np.count_nonzero(mask))

    def matching(self) -> Rows:
        return np.arange(self._total) if self._mask is None else np.flatnonzero(self._mask)

    @cached_property
    def selector(self) -> Any:
        if self._mask is None:
            return None
        return faiss.IDSelectorBitmap(np.packbits(self._mask, bitorder="little"))


def best_first(rows: Rows, scores: Scores, k: int) -> Ranked:
    """The k best of n rows by score, equal scores in row order; both (n,) -> (min(n, k),)."""
    if k < len(rows):
        # A partial sort finds the k-th score; whatever ties with it still competes by row.
        kept = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def _extend(found: Ranked, more: Ranked) -> Ranked:
    """`found`, then the rows of `more` that it lacks."""
    new = ~np.isin(more[0], found[0])
    return np.concatenate([found[0], more[0][new]]), np.concatenate([found[1], more[1][new]])


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
