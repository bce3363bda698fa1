"""Ranking by words and vectors at once: exact over all rows, without scoring them all.

A row's score is 1 - (1 - cosine) * left, where `left` is the part of its distance that the words
and preferences leave (`twinset.lexical.word_evidence`); without any the score is the cosine. Rows
are read from both ends, those nearest by vector and those of least `left`, until no row that was
not read can score higher: Fagin's threshold algorithm (Fagin, Lotem and Naor, 2001).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinset.index.ranked_rows import ROUNDING, Ranked, best_above, best_first, extend
from twinset.index.vector_index import Condition, Mask, Rows, Scores, VectorIndex, Vectors
from twinset.lexical.picture_calibration import Curve

Numbers = NDArray[np.float64]
NO_ROWS: Ranked = (np.empty(0, np.int64), np.empty(0, np.float32))
# Rows read by vector, and of those that the words fit best, in each round. What a round settles
# depends on nothing but the query, so a page holds the same rows whatever its length and offset.
ROUNDS = ((48, 256), (256, 960), (1024, 4096), (4096, 16384))


@dataclass(frozen=True)
class Evidence:
    """What is known of n rows beside their vectors.

    `left` (n,) is the part of its distance from the query that each row keeps; above 1 for `bare`
    rows alone, which then are further away. `bare` (n,) are the
    rows without a picture, whose cosines `curve` brings to the scale of the others; None if all
    rows are alike.
    """

    left: Numbers
    bare: Mask | None = None
    curve: Curve | None = None

    def scores(self, rows: Rows, cosines: Scores) -> Scores:
        """The scores (m,) of rows (m,) with these cosines (m,)."""
        similar = np.minimum(np.asarray(cosines, np.float64), 1.0)
        if self.bare is not None and self.curve is not None:
            bare = self.bare[rows]
            similar[bare] = self.curve(similar[bare])
        return np.asarray(np.maximum(1 - (1 - similar) * self.left[rows], -1), np.float32)

    def bound(self, cosine: float, left: float) -> float:
        """The most that a row scores of at most this cosine, which keeps at least `left`."""
        similar = np.array([min(cosine, 1.0)])
        if self.curve is not None:
            similar = np.maximum(similar, self.curve(similar))
        return float(np.float32(1 - (1 - similar[0]) * left))


@dataclass
class _Progress:
    """What is settled of the list under one mask, and the rounds that were read for it."""

    mask: Mask | None
    fitting: Rows
    found: Ranked = NO_ROWS
    rounds: int = 0
    complete: bool = False


class FusedSearch:
    """A ranked source of rows for one query, see `app.recommend.row_sources.RowSource`.

    `where` is the filter in words that every mask obeys, as `VectorIndex.search` takes it.
    With an approximate index a row that it missed at first follows after slightly worse ones.
    """

    def __init__(
        self, index: VectorIndex, vector: Vectors, where: Condition | None, evidence: Evidence
    ) -> None:
        self._index, self._query, self._where = index, vector[None], where
        self._evidence = evidence
        self._fitting = np.flatnonzero(evidence.left < 1)
        self._progress = _Progress(None, self._fitting)

    @property
    def evidence(self) -> Evidence:
        """What is known of the rows beside their vectors."""
        return self._evidence

    def nearest(self, wanted: int, mask: Mask | None) -> list[tuple[int, float]]:
        """The `wanted` best rows with their scores, best first; fewer if there are fewer."""
        wanted = min(wanted, len(self._index))
        if wanted == 0:
            return []
        progress = self._progress
        if not _same(progress.mask, mask):
            fitting = self._fitting if mask is None else self._fitting[mask[self._fitting]]
            # A copy, because a caller may mask out rows as it goes on.
            kept = None if mask is None else mask.copy()
            progress = self._progress = _Progress(kept, fitting)
        while len(progress.found[0]) < wanted and not progress.complete:
            self._read_on(progress)
        rows, scores = progress.found[0][:wanted], progress.found[1][:wanted]
        return list(zip(rows.tolist(), np.minimum.accumulate(scores).tolist(), strict=True))

    def above(self, least: float, mask: Mask | None) -> Ranked:
        """Every row of the mask that scores at least `least`, best first: rows and scores (m,)."""
        evidence = self._evidence
        moved = evidence.left < 1 if evidence.bare is None else (evidence.left < 1) | evidence.bare
        if mask is not None:
            moved &= mask
        # The score of every other row is its cosine.
        rows, cosines = self._index.above(
            self._query[0], least - float(ROUNDING), mask, self._where
        )
        kept = ~moved[rows]
        rows, cosines = rows[kept], cosines[kept]
        if moved.any():
            more = self._search(int(np.count_nonzero(moved)), moved, None)
            rows, cosines = np.concatenate([rows, more[0]]), np.concatenate([cosines, more[1]])
        return best_above(rows, evidence.scores(rows, cosines), least)

    def without_filter(self) -> FusedSearch:
        """The same list, for masks that are not those of the query's filter."""
        return FusedSearch(self._index, self._query[0], None, self._evidence)

    def _read_on(self, progress: _Progress) -> None:
        """Settle more of the list: one round, or all the rest after the last round."""
        last = progress.rounds >= len(ROUNDS)
        near, fit = (len(self._index), 0) if last else ROUNDS[progress.rounds]
        rows, cosines = self._search(near, progress.mask, self._where)
        progress.complete = last or len(rows) < near
        bound = -np.inf
        if not progress.complete:
            fitting, left = _least(progress.fitting, self._evidence.left, fit)
            bound = self._evidence.bound(float(cosines.min()), left)
            only = np.zeros(len(self._index), np.bool_)
            only[fitting] = True
            only[rows] = False  # those are read
            if unread := int(np.count_nonzero(only[fitting])):
                more = self._search(unread, only, None)
                rows, cosines = np.concatenate([rows, more[0]]), np.concatenate([cosines, more[1]])
        scores = self._evidence.scores(rows, cosines)
        settled = scores > bound
        best = best_first(rows[settled], scores[settled], len(rows))
        progress.found = extend(progress.found, best)
        progress.rounds += 1

    def _search(self, k: int, mask: Mask | None, where: Condition | None) -> Ranked:
        rows, cosines = self._index.search(self._query, min(k, len(self._index)), mask, where)
        held = rows[0] >= 0
        return rows[0][held], cosines[0][held]


def _same(one: Mask | None, other: Mask | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


def _least(rows: Rows, left: Numbers, count: int) -> tuple[Rows, float]:
    """The `count` rows that keep least, and the least that any other row keeps.

    Of rows that keep the same the first ones are taken.
    """
    if len(rows) <= count:
        return rows, 1.0
    kept = left[rows]
    edge = np.partition(kept, count - 1)[count - 1]
    below = np.flatnonzero(kept < edge)
    tied = np.flatnonzero(kept == edge)[: count - len(below)]
    return rows[np.concatenate([below, tied])], float(edge)
