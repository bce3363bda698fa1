"""The kinds of FAISS index: how each is laid out and trained, and what it takes in memory.

exact    the vectors as they are, every row scored
hnsw     the same, with a graph to walk (Malkov & Yashunin, 2018)
ivf      lists around centres, 16 bits a number
ivf-sq   lists, 8 bits a number; the vectors themselves stay in a file
ivf-pq   lists, 2 bits a number (product quantisation, Jegou et al., 2011); the same file
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from twinset.errors import ArtefactError, ConfigError
from twinset.index.outline.score_bounds import OUTLINED
from twinset.index.vector_index import Vectors

KINDS = ("exact", "hnsw", "ivf", "ivf-sq", "ivf-pq")
QUANTISED = ("ivf-sq", "ivf-pq")
# The file beside a quantised index that keeps its vectors in 16 bits a number.
KEPT_FILE = "vectors.npy"
_BLOCK = 4096  # rows written at once
# Links per node and breadth while building: recall@10 near 1 on product embeddings.
_HNSW_LINKS = 32
_HNSW_BUILD_BREADTH = 128
# FAISS asks for at least 39 training rows per list and gains nothing beyond 256.
_IVF_ROWS_PER_LIST = 39
_IVF_TRAINING_ROWS_PER_LIST = 128
# A product quantiser's codebooks: 8 bits choose an entry of so many numbers.
_PQ_ENTRIES = 256
_PQ_NUMBERS = 4
_PQ_TRAINING_ROWS = 65_536


def memory_of(kind: str, count: int, dimension: int) -> int:
    """Bytes that an index of `count` rows keeps in memory, but for a percent or so.

    A file that is mapped does not count: the system keeps of it what it has room for.
    """
    centres = 4 * dimension * _lists(count)
    least, most = OUTLINED
    outlines = count * (dimension + 4) if least <= count <= most else 0
    return {
        "exact": count * 4 * dimension + outlines,
        # Twice the links at the bottom, and a level and an offset per row.
        "hnsw": count * (4 * dimension + 2 * 4 * _HNSW_LINKS + 16) + outlines,
        # Row numbers in the lists and places by row, 8 bytes each.
        "ivf": count * (2 * dimension + 16) + centres,
        "ivf-sq": count * (dimension + 8) + centres,
        "ivf-pq": count * (_parts(dimension) + 8) + centres + 4 * dimension * _PQ_ENTRIES,
    }[kind]


def kind_of(index: Any) -> str:
    """The name in `KINDS` of a FAISS index; ConfigError for any other."""
    if isinstance(index, faiss.IndexHNSWFlat):
        return "hnsw"
    if isinstance(index, faiss.IndexIVFPQ):
        return "ivf-pq"
    if isinstance(index, faiss.IndexIVFScalarQuantizer):
        return "ivf" if index.sq.qtype == faiss.ScalarQuantizer.QT_fp16 else "ivf-sq"
    if isinstance(index, faiss.IndexFlat):
        return "exact"
    raise ConfigError(f"the index kind must be one of {', '.join(KINDS)}")


def stored_vectors(index: Any) -> Vectors | None:
    """A read-only view (n, d) of the float32 rows inside a FAISS index; None if it has none."""
    if isinstance(index, faiss.IndexIVF):
        return None
    flat = faiss.downcast_index(index.storage) if hasattr(index, "storage") else index
    size = flat.ntotal * flat.d
    view: Vectors = faiss.rev_swig_ptr(flat.get_xb(), size).reshape(flat.ntotal, flat.d)
    view.flags.writeable = False
    return view


def flat_over(vectors: NDArray[np.float16] | Vectors) -> Any:
    """A FAISS index of every row of `vectors`, (n, d) and contiguous, which it does not copy.

    They may lie in a file that is mapped, and have to live as long as the index. Numbers of 16 bits
    are compared as they lie, which NumPy can only do after a conversion that takes far longer.
    """
    if vectors.dtype == np.float16:
        half, metric = faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
        index = faiss.IndexScalarQuantizer(vectors.shape[1], half, metric)
        index.is_trained = True  # nothing is to be learnt for it
    else:
        index = faiss.IndexFlatIP(vectors.shape[1])
    if len(vectors):
        data = vectors.view(np.uint8).reshape(-1)
        no_owner = faiss.MaybeOwnedVectorUInt8().owner
        place = faiss.swig_ptr(data)
        index.codes = faiss.MaybeOwnedVectorUInt8.create_view(place, data.nbytes, no_owner)
    index.ntotal = len(vectors)
    return index


def new_index(vectors: Vectors, kind: str) -> Any:
    """An empty index for `vectors`, (n, d), trained on some of them.

    Raises:
        ConfigError: if the kind is unknown.
    """
    dimension = vectors.shape[1]
    if kind == "exact":
        return faiss.IndexFlatIP(dimension)
    if kind == "hnsw":
        index = faiss.IndexHNSWFlat(dimension, _HNSW_LINKS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _HNSW_BUILD_BREADTH
        return index
    if kind in KINDS:
        return _trained_ivf(vectors, kind)
    raise ConfigError(f"the index kind must be one of {', '.join(KINDS)}")


def _trained_ivf(vectors: Vectors, kind: str) -> Any:
    lists = _lists(len(vectors))
    index = _empty_ivf(kind, vectors.shape[1], lists)
    index.cp.spherical = True
    wanted = lists * _IVF_TRAINING_ROWS_PER_LIST
    if kind == "ivf-pq":
        wanted = max(wanted, _PQ_TRAINING_ROWS)
    size = min(len(vectors), wanted)
    rows = np.sort(np.random.default_rng(0).choice(len(vectors), size, replace=False))
    if kind == "ivf-pq":
        rows = np.resize(rows, max(len(rows), _PQ_ENTRIES))
    index.train(np.ascontiguousarray(vectors[rows], np.float32))
    return index


def _empty_ivf(kind: str, dimension: int, lists: int) -> Any:
    # Rows are not stored as differences from their list's centre, so equal vectors have equal
    # codes and scores, whatever list rounding puts them into.
    quantizer = faiss.IndexFlatIP(dimension)
    metric = faiss.METRIC_INNER_PRODUCT
    if kind == "ivf-pq":
        index = faiss.IndexIVFPQ(quantizer, dimension, lists, _parts(dimension), 8, metric)
        index.by_residual = False
        index.pq.cp.min_points_per_centroid = 1  # a small shop is no reason for a warning a part
        return index
    # 16 bits of each number: scores stay true to four digits.
    code = {"ivf": faiss.ScalarQuantizer.QT_fp16, "ivf-sq": faiss.ScalarQuantizer.QT_8bit}[kind]
    return faiss.IndexIVFScalarQuantizer(quantizer, dimension, lists, code, metric, False)


def _lists(count: int) -> int:
    return max(1, min(4 * math.isqrt(count), count // _IVF_ROWS_PER_LIST))


def _parts(dimension: int) -> int:
    """How many parts a product quantiser cuts a vector into, of at least `_PQ_NUMBERS` numbers."""
    most = max(1, dimension // _PQ_NUMBERS)
    return next(parts for parts in range(most, 0, -1) if dimension % parts == 0)


def write_kept(path: Path, vectors: NDArray[np.float16] | Vectors) -> None:
    """Write the vectors (n, d) of a quantised index beside it, for `map_kept`."""
    file = np.lib.format.open_memmap(path.with_name(KEPT_FILE), "w+", np.float16, vectors.shape)
    for start in range(0, len(vectors), _BLOCK):
        file[start : start + _BLOCK] = vectors[start : start + _BLOCK]
    file.flush()


def map_kept(path: Path, index: Any) -> Any:
    """The vectors that `FaissIndex.save` put beside an index.

    Raises:
        ArtefactError: if they are missing or belong to another index.
    """
    file = path.with_name(KEPT_FILE)
    try:
        kept = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        raise ArtefactError(file, "is missing or cannot be read") from None
    if kept.shape != (index.ntotal, index.d) or kept.dtype != np.float16:
        raise ArtefactError(file, "does not hold the vectors of the index")
    return kept


def hnsw_parameters(length: int, selector: Any) -> Any:
    """How an HNSW is walked: over a list of `length` candidates."""
    if selector is None:
        return _unmasked_walk(length)
    return faiss.SearchParametersHNSW(efSearch=length, sel=selector)


@lru_cache(maxsize=64)
def _unmasked_walk(length: int) -> Any:
    """Made once, since making one takes a share of a walk."""
    return faiss.SearchParametersHNSW(efSearch=length)


def ivf_parameters(kind: str, probes: int, selector: Any) -> Any:
    """What FAISS is told of a search: how many lists to look into, and which rows may come back."""
    if kind == "ivf-pq":
        return faiss.IVFPQSearchParameters(nprobe=probes, sel=selector)
    return faiss.SearchParametersIVF(nprobe=probes, sel=selector)
