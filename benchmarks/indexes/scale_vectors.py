"""Vectors for the scale study: as many as are asked for, shaped like a real catalogue's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from twinset.embeddings import open_embeddings
from twinset.index.vector_index import Mask, Rows, Vectors

QUERIES = 200
# A row lies between a product and one of its nearest, up to half-way, and a little beside.
_NEIGHBOURS = 10
_FURTHEST = 0.5
_NOISE = 0.1
_BLOCK = 50_000


@dataclass(frozen=True)
class Sample:
    """n unit vectors (mapped), queries like them that are not among them, and a field of each.

    `buckets` (n,) are random numbers below 100: a filter `bucket < 10` lets a tenth through.
    `products` (n,) are the rows of the products that the vectors were made from.
    """

    vectors: Vectors
    queries: Vectors
    buckets: NDArray[np.int64]
    products: Rows

    def nearest(self, k: int, mask: Mask | None) -> Rows:
        """The true k best rows of each query, by brute force; (q, k)."""
        rows = np.arange(len(self.vectors)) if mask is None else np.flatnonzero(mask)
        scores = np.empty((len(self.queries), 0), np.float32)
        best = np.empty((len(self.queries), 0), np.int64)
        for start in range(0, len(rows), _BLOCK):
            block = rows[start : start + _BLOCK]
            near = self.queries @ np.asarray(self.vectors[block]).T
            scores = np.concatenate([scores, near], axis=1)
            best = np.concatenate([best, np.broadcast_to(block, near.shape)], axis=1)
            order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
            scores = np.take_along_axis(scores, order, axis=1)
            best = np.take_along_axis(best, order, axis=1)
        return best


def make_sample(embeddings_dir: Path, count: int, folder: Path) -> None:
    """Write a sample of `count` vectors into `folder`, unless one is there."""
    if (folder / "queries.npy").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    real = np.asarray(open_embeddings(embeddings_dir).item, np.float32)
    near = _neighbours(real, folder.parent / "near.npy")
    generator = np.random.default_rng(count)
    shape = (count, real.shape[1])
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, shape)
    products = np.empty(count, np.int64)
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        block = slice(start, start + size)
        vectors[block], products[block] = _resample(real, near, size, generator)
    vectors.flush()
    np.save(folder / "products.npy", products)
    np.save(folder / "buckets.npy", generator.integers(0, 100, count))
    np.save(folder / "queries.npy", _resample(real, near, QUERIES, generator)[0])


def _neighbours(real: Vectors, file: Path) -> Rows:
    """The rows of the nearest products of each product, itself first; found once."""
    if not file.exists():
        metric = faiss.METRIC_INNER_PRODUCT
        np.save(file, faiss.knn(real, real, _NEIGHBOURS + 1, metric=metric)[1])
    return np.asarray(np.load(file))


def open_sample(folder: Path) -> Sample:
    vectors = np.load(folder / "vectors.npy", mmap_mode="r")
    loaded = (np.load(folder / f"{name}.npy") for name in ("queries", "buckets", "products"))
    return Sample(vectors, *loaded)


def _resample(
    real: Vectors, near: Rows, size: int, generator: np.random.Generator
) -> tuple[Vectors, Rows]:
    """`size` unit rows, and the products that they are made from: drawn at random, each moved
    towards a near one and shaken."""
    rows = generator.integers(0, len(real), size)
    others = near[rows, generator.integers(1, _NEIGHBOURS + 1, size)]
    shares = generator.uniform(0, _FURTHEST, (size, 1)).astype(np.float32)
    noise = generator.standard_normal((size, real.shape[1])).astype(np.float32)
    noise *= _NOISE / np.sqrt(real.shape[1])
    moved = real[rows] + shares * (real[others] - real[rows]) + noise
    unit = np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)
    return unit, rows
