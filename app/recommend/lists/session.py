"""What a shopper liked and disliked in a session moves the query; nothing of it is stored."""

from __future__ import annotations

import numpy as np

from app.recommend.query import SearchQuery
from app.recommend.selection import known_rows
from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Vectors

# Rocchio (1971), with the mean of each side. Measured on real products, see
# `benchmarks.quality.list_fields`: more of what is liked costs kinds that words asked for, more
# against what is disliked loses the kind of both.
LIKED_WEIGHT = 0.75
DISLIKED_WEIGHT = 0.25


def moved(version: IndexVersion, vector: Vectors, query: SearchQuery) -> Vectors:
    """The unit query vector (d,), moved towards the liked items and away from the disliked ones.

    Ids that are unknown by now are passed over: a browser remembers what a shop has sold since. If
    nothing is left, or the sides cancel out, it is `vector` itself.
    """
    if not (query.liked or query.disliked):
        return vector
    target = vector.astype(np.float64)
    for ids, weight in ((query.liked, LIKED_WEIGHT), (query.disliked, -DISLIKED_WEIGHT)):
        rows = known_rows(version, ids)
        if rows:
            target += weight * version.index.vectors(np.array(rows)).mean(axis=0)
    length = np.linalg.norm(target)
    return (target / length).astype(np.float32) if length > 1e-6 else vector
