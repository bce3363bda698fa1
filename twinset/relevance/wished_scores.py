"""Scores of queries that ask for several values, on one scale.

An item that has a value which was asked for keeps a part of its distance, so the more values a
query names, the higher what fits it scores. A score is read as if every value were there and
counted for nothing: items with all of them are then as far away as their vectors and words are, and
the fewer an item has, the further it is. One curve then holds for "shoes" and for "black shoes for
women".
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from twinset.words.preferences import Preference


def without_wishes(scores: ArrayLike, wishes: Iterable[Preference]) -> NDArray[np.float64]:
    """Scores (n,) without what the `wishes` add to those of an item that has them all."""
    return np.asarray(1 - (1 - np.asarray(scores, np.float64)) / _left(wishes))


def score_of(unwished: float | None, wishes: Iterable[Preference]) -> float | None:
    """The score that `without_wishes` brings to this one; None for None."""
    return None if unwished is None else 1 - (1 - unwished) * _left(wishes)


def _left(wishes: Iterable[Preference]) -> float:
    """The part of its distance that an item with all values keeps.

    Of several values of one field, such as the two colours in "charcoal grey", an item has one: the
    best counts.
    """
    weights: dict[str, float] = {}
    for wish in wishes:
        weights[wish.field] = max(wish.weight, weights.get(wish.field, 0.0))
    return float(np.prod([1 - weight for weight in weights.values()])) if weights else 1.0
