"""Ranked lists of rows, and how one is cut and continued."""

from __future__ import annotations

import numpy as np

from twinset.index.vector_index import Mask, Rows, Scores

Ranked = tuple[Rows, Scores]
# More than an engine and `dot_rows` can differ on unit vectors, far less than one picture from
# another.
ROUNDING = np.float32(1e-5)


def certain(near: Scores) -> Mask:
    """Which candidates no unseen row can precede, by an engine's scores (n,), best first.

    Those that score like the last one are left out, as more of the same score may follow. Where
    they are most of the list none is certain: a walk in a graph gets lost among so many copies of
    one row, and may have missed better ones.
    """
    above = near > near[-1] + ROUNDING
    return above if 2 * np.count_nonzero(above) >= len(near) else np.zeros_like(above)


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
