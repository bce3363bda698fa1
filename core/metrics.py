"""Retrieval metrics over a similarity matrix and the truth of each pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Similarity = NDArray[np.float32]
Relevance = NDArray[np.bool_]


def first_hit_ranks(similarity: Similarity, relevant: Relevance) -> NDArray[np.float64]:
    """1-based rank of each query's best relevant item; infinity where none is relevant.

    Both arguments are (queries, items). An item that ties with the hit counts as before it, so a
    model that scores everything alike earns nothing.
    """
    best = np.where(relevant, similarity, -np.inf).max(axis=1, keepdims=True)
    before = ((similarity >= best) & ~relevant).sum(axis=1)
    return np.where(relevant.any(axis=1), before + 1.0, np.inf)


def recall_at(ranks: NDArray[np.float64], k: int) -> float:
    """Share of queries with a relevant item among the first k, from `first_hit_ranks`."""
    return float(np.mean(ranks <= k))


def mean_reciprocal_rank(ranks: NDArray[np.float64]) -> float:
    """Mean of 1 / rank of the first relevant item; 0 for a query without one."""
    return float(np.mean(1 / ranks))


def precision_at(similarity: Similarity, relevant: Relevance, k: int) -> float:
    """Mean share of relevant items among the k most similar; (queries, items) each.

    With fewer than k items all of them count, and the share is of those.
    """
    k = min(k, similarity.shape[1])
    nearest = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    return float(np.take_along_axis(relevant, nearest, axis=1).mean())
