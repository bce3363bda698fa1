"""From scores to relevance: a monotone curve, fitted on scores whose relevance is known.

Isotonic regression by pool-adjacent-violators (Ayer et al., 1955), read as a line between the
pooled groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinset.errors import InvalidInput

Numbers = NDArray[np.float64]
_GROUPS = 50
_LEAST_IN_GROUP = 20


@dataclass(frozen=True)
class Curve:
    """Relevance, 0 to 1, by score: a line between knots, level beyond them.

    `scores` ascend, `values` do not fall.

    Example:
        >>> Curve((0.4, 0.8), (0.0, 1.0))([0.6])
        array([0.5])
    """

    scores: tuple[float, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        known = np.array([self.scores, self.values], np.float64)
        rises = (np.diff(known[0]) > 0).all() and (np.diff(known[1]) >= 0).all()
        inside = np.isfinite(known).all() and (known[1] >= 0).all() and (known[1] <= 1).all()
        if not known.shape[1] or not rises or not inside:
            raise ValueError("the knots of a curve rise, with values from 0 to 1")

    def __call__(self, scores: ArrayLike) -> Numbers:
        """The relevance of each score."""
        return np.asarray(np.interp(np.asarray(scores, np.float64), *self._knots), np.float64)

    @cached_property
    def _knots(self) -> tuple[Numbers, Numbers]:
        # To make arrays of the two takes several times what it takes to read ten scores.
        return np.array(self.scores, np.float64), np.array(self.values, np.float64)

    def least_score(self, relevance: float) -> float | None:
        """The lowest score with this relevance; None if every score has it, infinity if none."""
        if relevance <= self.values[0]:
            return None
        if relevance > self.values[-1]:
            return math.inf
        place = int(np.searchsorted(self.values, relevance))
        low, high = self.values[place - 1], self.values[place]
        share = (relevance - low) / (high - low)
        return self.scores[place - 1] + share * (self.scores[place] - self.scores[place - 1])

    def to_manifest(self) -> list[list[float]]:
        """The knots as plain values; the inverse of `from_manifest`."""
        return [list(knot) for knot in zip(self.scores, self.values, strict=True)]

    @classmethod
    def from_manifest(cls, knots: Any) -> Self:
        """Read what `to_manifest` wrote.

        Raises:
            InvalidInput: the knots are no curve.
        """
        try:
            scores, values = zip(*((float(s), float(v)) for s, v in knots), strict=True)
            return cls(scores, values)
        except (TypeError, ValueError):
            raise InvalidInput("The knots of a relevance curve do not rise.") from None


def fit_curve(scores: ArrayLike, relevant: ArrayLike) -> Curve:
    """The curve that brings scores (n,) to the share of relevant ones; `relevant` (n,) is 0 or 1.

    Scores are pooled in groups of at least 20, so that no knot rests on chance.

    Raises:
        ValueError: there are no scores.
    """
    ordered = np.asarray(scores, np.float64)
    order = np.argsort(ordered, kind="stable")
    truth, ordered = np.asarray(relevant, np.float64)[order], ordered[order]
    if not len(ordered):
        raise ValueError("a curve needs scores")
    groups = max(1, min(_GROUPS, len(ordered) // _LEAST_IN_GROUP))
    parts = [part for part in np.array_split(np.arange(len(ordered)), groups) if len(part)]
    means = [float(truth[part].mean()) for part in parts]
    pooled = pool_adjacent(means, [len(part) for part in parts])
    knots: dict[float, float] = {}
    for part, value in zip(parts, pooled, strict=True):
        knots[round(float(ordered[part].mean()), 5)] = round(value, 4)
    ends = _without_middles(list(knots.items()))
    return Curve(tuple(score for score, _ in ends), tuple(value for _, value in ends))


def _without_middles(knots: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The knots without those inside a level stretch, which say nothing."""
    last = len(knots) - 1
    return [
        knot
        for place, knot in enumerate(knots)
        if place in (0, last) or not knots[place - 1][1] == knot[1] == knots[place + 1][1]
    ]


def pool_adjacent(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The non-falling values nearest to `values` by weighted squares (pool-adjacent-violators).

    Example:
        >>> pool_adjacent([0.1, 0.5, 0.3], [1, 1, 1])
        [0.1, 0.4, 0.4]
    """
    pools: list[tuple[float, float, int]] = []  # mean, weight, length
    for value, weight in zip(values, weights, strict=True):
        pool = (value, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            mean, before, length = pools.pop()
            both = before + pool[1]
            pool = ((mean * before + pool[0] * pool[1]) / both, both, length + pool[2])
        pools.append(pool)
    return [mean for mean, _, length in pools for _ in range(length)]


def calibration_error(relevance: ArrayLike, relevant: ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: the mean distance between what was said and what was true, over
    `bins` equal ranges of relevance, each by how many items fall into it (Naeini et al., 2015)."""
    said, truth = np.asarray(relevance, np.float64), np.asarray(relevant, np.float64)
    places = np.minimum((said * bins).astype(int), bins - 1)
    errors = [
        abs(said[places == place].mean() - truth[places == place].mean()) * (places == place).mean()
        for place in np.unique(places)
    ]
    return float(sum(errors))
