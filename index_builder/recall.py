"""How many of the true nearest neighbours an index finds."""

from __future__ import annotations

import faiss
import numpy as np

from twinset.index.vector_index import Mask, VectorIndex, Vectors
from twinset.progress import track

RECALL_AT = 10
SAMPLE_SIZE = 1000
EXACT_SAMPLE = 100  # it looks at every row: what is checked is that it is the right index
# Identical pictures tie: any row that scores like the k-th true neighbour is as good as that one.
_TIE = 1e-5


# Filters that let so much of a catalogue through, at random.
SHARES = (0.1, 0.01)
_FILTERED_SAMPLE = 200


def measure_recall(
    index: VectorIndex, vectors: Vectors, share: float = 1.0, sample_size: int = SAMPLE_SIZE
) -> float:
    """Mean recall@10 over a sample of rows as queries, against FAISS's own brute force.

    `vectors` (n, d) are the rows that `index` was built of. An item counts among its own
    neighbours. True scores decide, not those that the index gives. With a `share` below 1 a mask
    lets that share of the rows through, at least ten of them. An exact index is asked about
    `EXACT_SAMPLE` rows at most.
    """
    if index.kind == "exact":
        sample_size = min(sample_size, EXACT_SAMPLE)
    generator = np.random.default_rng(0)
    count = len(vectors)
    sample = generator.choice(count, min(sample_size, count), replace=False)
    queries = np.ascontiguousarray(vectors[np.sort(sample)])
    mask = None if share >= 1 else _mask(generator, count, share)
    allowed = vectors if mask is None else np.ascontiguousarray(vectors[mask])
    k = min(RECALL_AT, len(allowed))
    scores, _ = faiss.knn(queries, allowed, k, metric=faiss.METRIC_INNER_PRODUCT)
    label = "Checking recall" if mask is None else f"Checking recall, {share:.0%} match"
    found = 0
    for query, worst in zip(track(queries, label, len(queries)), scores[:, -1], strict=True):
        rows = index.search(query[None], k, mask)[0][0]
        found += int(np.count_nonzero(vectors[rows[rows >= 0]] @ query >= worst - _TIE))
    return found / (k * len(queries))


def filtered_recalls(index: VectorIndex, vectors: Vectors) -> dict[str, float]:
    """The recall under a filter of each of `SHARES`, by the share, such as "10%"."""
    return {
        f"{share:.0%}": measure_recall(index, vectors, share, _FILTERED_SAMPLE) for share in SHARES
    }


def _mask(generator: np.random.Generator, count: int, share: float) -> Mask:
    rows = generator.choice(count, min(count, max(RECALL_AT, int(count * share))), replace=False)
    mask = np.zeros(count, np.bool_)
    mask[rows] = True
    return mask
