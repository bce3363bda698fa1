"""Ranked lists of rows, and how one is cut and continued."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twinset.index.vector_index import Mask, Rows, Scores

Ranked = tuple[Rows, Scores]
# More than an engine and `dot_rows` can differ on unit vectors, far less than one picture from
# another.
ROUNDING = np.float32(1e-5)
_FIRST_LENGTH = 1000


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


def best_above(rows: Rows, scores: Scores, least: float) -> Ranked:
    """Of n rows those that score at least `least`, best first, equal scores in row order."""
    kept = scores >= np.float64(least)  # which is compared as given, not rounded to 32 bits
    return best_first(rows[kept], scores[kept], int(np.count_nonzero(kept)))


def above_by_search(search: Callable[[int], Ranked], count: int, least: float) -> Ranked:
    """What `best_above` gives, for an engine that can only be asked for its `count` or fewer best.

    `search(k)` gives the k best rows of one query, fewer if there are fewer. Longer and longer
    lists are asked for, until one ends below `least`.
    """
    length = min(_FIRST_LENGTH, count)
    while length:
        rows, scores = search(length)
        if length == count or len(rows) < length or scores[-1] < least:
            return best_above(rows, scores, least)
        length = min(4 * length, count)
    return np.empty(0, np.int64), np.empty(0, np.float32)


def extend(found: Ranked, more: Ranked) -> Ranked:
    """`found`, then the rows of `more` that it lacks."""
    if not len(found[0]):
        return more
    new = ~np.isin(more[0], found[0])
    return np.concatenate([found[0], more[0][new]]), np.concatenate([found[1], more[1][new]])


def merge_ranked(found: Ranked, own: Ranked, k: int) -> Ranked:
    """The first k of two lists, each best first with equal scores in row order.

    Both keep their order whatever their scores: an approximate index may list a row that it missed
    at first after a worse one, and a longer list must begin as a shorter one does.
    """
    if not len(own[0]):
        return found[0][:k], found[1][:k]
    # What a row counts as: never more than a row before it.
    falling, own_falling = _falling(found[1]), _falling(own[1])
    first = np.searchsorted(falling, own_falling, "left")
    last = np.searchsorted(falling, own_falling, "right")
    for place in np.flatnonzero(first < last):
        tied = found[0][first[place] : last[place]]
        first[place] += np.searchsorted(tied, own[0][place])
    first = np.maximum.accumulate(first) if len(first) else first
    # Row i of `found` stands at 2i + 1, a row that precedes it at 2i.
    places = np.concatenate([2 * np.arange(len(found[0])) + 1, 2 * first])
    order = np.argsort(places, kind="stable")[:k]
    return np.concatenate([found[0], own[0]])[order], np.concatenate([found[1], own[1]])[order]


def _falling(scores: Scores) -> Scores:
    return np.asarray(-np.minimum.accumulate(scores)) if len(scores) else scores
