"""Rows that hold the same vector: of many copies an approximate index finds only some."""

from __future__ import annotations

import numpy as np

from twinset.index.vector_index import Vectors


def first_copies(vectors: Vectors) -> dict[int, int]:
    """Of each row whose vector occurs more than once: the first row that holds it."""
    hashes = np.array([hash(np.asarray(row).tobytes()) for row in vectors], np.int64)
    _, first, places, counts = np.unique(
        hashes, return_index=True, return_inverse=True, return_counts=True
    )
    rows = np.flatnonzero(counts[places] > 1)
    return dict(zip(rows.tolist(), first[places[rows]].tolist(), strict=True))
