"""Retrieval metrics over a similarity matrix and the truth of each pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Similarity = NDArray[np.float32]
Relevance = NDArray[np.bool_]
_CHUNK = 256  # queries at a time: 256 x 44,441 similarities take 46 MB
_STRIPES = 32  # `_candidates` looks for the best items in so many times fewer stripes


def first_hit_ranks(similarity: Similarity, relevant: Relevance) -> NDArray[np.float64]:
    """1-based rank of each query's best relevant item; infinity if none is relevant.

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


@dataclass(frozen=True)
class Neighbours:
    """How n queries were answered: `first_hit` (n,) is the 1-based rank of the first relevant
    item, infinity without one; `hits` (n, k) says which of the k nearest items are relevant, and
    `relevant` (n,) how many items are."""

    first_hit: NDArray[np.float64]
    hits: NDArray[np.bool_]
    relevant: NDArray[np.int64]


def rank_by_category(
    queries: Similarity,
    items: Similarity,
    categories: tuple[NDArray[np.integer], NDArray[np.integer]],
    own: NDArray[np.int64],
    k: int = 10,
) -> Neighbours:
    """Which of each query's nearest items share its category, the query's own item left out.

    `queries` (q, d) and `items` (n, d) are compared by dot product; `categories` are (q,) and
    (n,); `own` (q,) is each query's place among the items, negative if it has none. Memory is
    that of 256 rows of similarities, whatever q is. Among equal scores irrelevant items come
    first, as in `first_hit_ranks`; which of them the k nearest hold is then left open.
    """
    k = min(k, len(items))
    first_hit = np.empty(len(queries))
    hits = np.empty((len(queries), k), np.bool_)
    for start in range(0, len(queries), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        similarity = queries[chunk] @ items.T
        places = np.flatnonzero(own[chunk] >= 0)
        similarity[places, own[chunk][places]] = -np.inf
        wanted = categories[0][chunk]
        hits[chunk] = _nearest_hits(similarity, wanted, categories[1], k)
        first_hit[chunk] = np.where(hits[chunk].any(axis=1), hits[chunk].argmax(axis=1) + 1, np.inf)
        # Most queries meet a hit among the k nearest; only the others need a full ranking.
        late = np.flatnonzero(~hits[chunk].any(axis=1))
        relevant = (wanted[late, None] == categories[1]) & np.isfinite(similarity[late])
        first_hit[start + late] = first_hit_ranks(similarity[late], relevant)
    ordered = np.sort(categories[1])
    below, above = (np.searchsorted(ordered, categories[0], side) for side in ("left", "right"))
    same = np.zeros(len(queries), np.int64)
    itself = np.flatnonzero(own >= 0)
    same[itself] = categories[1][own[itself]] == categories[0][itself]
    return Neighbours(first_hit, hits, above - below - same)


def _nearest_hits(
    similarity: Similarity, wanted: NDArray[np.integer], categories: NDArray[np.integer], k: int
) -> Relevance:
    """(q, n) similarities -> (q, k): whether each of the k nearest, in order, is relevant."""
    nearest = _candidates(similarity, k)
    scores = np.take_along_axis(similarity, nearest, axis=1)
    best = np.argpartition(scores, -k, axis=1)[:, -k:]
    nearest = np.take_along_axis(nearest, best, axis=1)
    scores = np.take_along_axis(scores, best, axis=1)
    relevant = (categories[nearest] == wanted[:, None]) & np.isfinite(scores)
    order = np.lexsort((relevant, -scores), axis=1)
    return np.take_along_axis(relevant, order, axis=1)


def _candidates(similarity: Similarity, k: int) -> NDArray[np.int64]:
    """(q, n) similarities -> (q, c) places among which the k highest of each row are.

    Items are cut into stripes; the k best lie in the k stripes with the highest maxima, since
    each of those maxima is an item. Finding maxima is many times faster than ordering items.
    """
    queries, count = similarity.shape
    width = count // _STRIPES
    if width < 2 * k:
        return np.broadcast_to(np.arange(count), (queries, count))
    striped = similarity[:, : width * _STRIPES].reshape(queries, _STRIPES, width)
    best = np.argpartition(striped.max(axis=1), -k, axis=1)[:, -k:]
    inside = (best[:, None, :] + width * np.arange(_STRIPES)[None, :, None]).reshape(queries, -1)
    rest = np.broadcast_to(np.arange(width * _STRIPES, count), (queries, count % _STRIPES))
    return np.concatenate([inside, rest], axis=1)


def study_metrics(neighbours: Neighbours) -> dict[str, NDArray[np.float64]]:
    """The study's figures per query, (n,) each; their means are what it reports.

    Recall@k is 1 with a hit among the k nearest; MRR takes the first hit; NDCG@10 divides by the
    gain of ten relevant items, also if there are fewer; the usual NDCG@10 divides by that of those
    that there are (Jaervelin and Kekaelaeinen, 2002).
    """
    ranks, hits = neighbours.first_hit, neighbours.hits[:, :10].astype(np.float64)
    gains = 1 / np.log2(np.arange(10) + 2)
    gained = hits @ gains[: hits.shape[1]]
    reachable = np.concatenate([[np.inf], gains.cumsum()])[np.minimum(neighbours.relevant, 10)]
    return {
        **{f"recall@{k}": (ranks <= k).astype(np.float64) for k in (1, 5, 10)},
        "mrr": 1 / ranks,
        "ndcg@10": gained / gains.sum(),
        "usual ndcg@10": gained / reachable,
        **{f"precision@{k}": hits[:, :k].sum(axis=1) / k for k in (5, 10)},
    }


def bootstrap_interval(
    values: NDArray[np.float64], resamples: int = 1000, seed: int = 0
) -> NDArray[np.float64]:
    """95 % interval of each row's mean, (m, n) -> (m, 2), by resampling the n queries.

    The percentile bootstrap (Efron, 1979); queries are drawn together for all rows.
    """
    generator = np.random.default_rng(seed)
    count = values.shape[1]
    means = [
        values[:, generator.integers(count, size=count)].mean(axis=1) for _ in range(resamples)
    ]
    interval: NDArray[np.float64] = np.quantile(means, [0.025, 0.975], axis=0).T
    return interval
