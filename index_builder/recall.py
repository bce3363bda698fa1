"""How many of the true nearest neighbours an index finds."""

from __future__ import annotations

import faiss
import numpy as np

from twinset.index.vector_index import VectorIndex, Vectors
from twinset.progress import track

RECALL_AT = 10
SAMPLE_SIZE = 1000
# Identical pictures tie: any row that scores like the k-th true neighbour is as good as that one.
_TIE = 1e-5


def measure_recall(index: VectorIndex, vectors: Vectors) -> float:
    """Mean recall@10 over a sample of rows as queries, against FAISS's own brute force.

    `vectors` (n, d) are the rows that `index` was built of. An item counts among its own
    neighbours. True scores decide, not those that the index gives.
    """
    count = len(vectors)
    k = min(RECALL_AT, count)
    sample = np.random.default_rng(0).choice(count, min(SAMPLE_SIZE, count), replace=False)
    queries = np.ascontiguousarray(vectors[np.sort(sample)])
    scores, _ = faiss.knn(queries, vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
    found = 0
    for query, worst in zip(
        track(queries, "Checking recall", len(queries)), scores[:, -1], strict=True
    ):
        rows = index.search(query[None], k)[0][0]
        found += int(np.count_nonzero(vectors[rows[rows >= 0]] @ query >= worst - _TIE))
    return found / (k * len(queries))
