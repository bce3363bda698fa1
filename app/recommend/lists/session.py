"""What a shopper liked and disliked in a session moves the query; nothing of it is stored."""

from __future__ import annotations

from collections.abc import Mapping

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
Name = tuple[str, str]


def moved(version: IndexVersion, vector: Vectors, query: SearchQuery) -> Vectors:
    """The unit query vector (d,), moved towards the liked items and away from the disliked ones.

    Ids that are unknown by now are passed over: a browser remembers what a shop has sold since. If
    nothing is left, or the sides cancel out, it is `vector` itself.
    """
    if not (query.liked or query.disliked):
        return vector
    target = vector.astype(np.float64)
    for taste in _tastes(version, query).values():
        target += taste
    length = np.linalg.norm(target)
    return (target / length).astype(np.float32) if length > 1e-6 else vector


def moved_terms(
    version: IndexVersion, given: Mapping[Name, Vectors], query: SearchQuery
) -> dict[Name, Vectors]:
    """What the moved vector is the sum of: the `given` vectors and the tastes, each scaled."""
    terms = {**given, **_tastes(version, query)}
    length = np.linalg.norm(np.sum(list(terms.values()), axis=0))
    if len(terms) == len(given) or length <= 1e-6:
        return dict(given)
    return {name: (term / length).astype(np.float32) for name, term in terms.items()}


def _tastes(version: IndexVersion, query: SearchQuery) -> dict[Name, Vectors]:
    """What the liked and the disliked items add to a query vector."""
    sides = ("liked", query.liked, LIKED_WEIGHT), ("disliked", query.disliked, -DISLIKED_WEIGHT)
    added = {}
    for name, ids, weight in sides:
        rows = known_rows(version, ids)
        if rows:
            mean = version.index.vectors(np.array(rows)).mean(axis=0, dtype=np.float64)
            added[name, ""] = weight * mean
    return added
