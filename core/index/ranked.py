"""Ranked lists of rows, and how one is cut and continued."""

from __future__ import annotations

import numpy as np

from core.index.base import Rows, Scores

Ranked = tuple[Rows, Scores]


def best_first(rows: Rows, scores: Scores, k: int) -> Ranked:
    """The k best of n rows by score, equal scores in row order; both (n,) -> (min(n, k),)."""
    if k < len(rows):
        # A partial sort finds the k-th score; whatever ties with it still competes by row.
        kept = scores >= np.partition(scores, len(scores) - k)[len(scores) - k]
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def extend(found: Ranked, more: Ranked) -> Ranked:
    """`found`, then the rows of `more` that it lacks."""
    if not len(found[0]):
        return more
    new = ~np.isin(more[0], found[0])
    return np.concatenate([found[0], more[0][new]]), np.concatenate([found[1], more[1][new]])
