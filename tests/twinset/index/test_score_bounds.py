"""Outlines of vectors: no row that could be wanted is ruled out, and most others are."""

import numpy as np
import pytest

from twinset.encoders.encoder import normalise
from twinset.index.exact_index import dot_rows
from twinset.index.outline.score_bounds import ScoreBounds

COUNT, DIMENSION = 9000, 64


def unit_rows(strength: float) -> np.ndarray:
    """Unit rows whose numbers get weaker from first to last, in a random rotation."""
    generator = np.random.default_rng(0)
    rotation = np.linalg.qr(generator.standard_normal((DIMENSION, DIMENSION)))[0]
    scales = np.exp(-strength * np.arange(DIMENSION) / DIMENSION)
    return normalise(generator.standard_normal((COUNT, DIMENSION)) * scales @ rotation).astype(
        np.float32
    )


@pytest.mark.parametrize("strength", [0.0, 2.0, 6.0, 40.0])
def test_no_row_that_may_score_enough_is_ruled_out(strength: float) -> None:
    vectors = unit_rows(strength)
    bounds = ScoreBounds.of(vectors, 0.0)
    mask = np.random.default_rng(1).random(COUNT) < 0.4
    for row in range(0, COUNT, 900):
        scores = dot_rows(vectors, vectors[row])
        for cut in (-0.2, 0.3, float(scores[row // 2]), 0.9):
            assert set(np.flatnonzero(scores >= cut)) <= set(bounds.above(vectors[row], cut, None))
            found = bounds.above(vectors[row], cut, mask)
            assert set(np.flatnonzero((scores >= cut) & mask)) <= set(found)
            assert mask[found].all()


@pytest.mark.parametrize("k", [1, 50, COUNT])
def test_the_best_rows_of_a_mask_and_their_ties_are_kept(k: int) -> None:
    vectors = unit_rows(6.0)
    vectors[1000:1100] = vectors[7]
    bounds = ScoreBounds.of(vectors, 0.0)
    for mask in (np.ones(COUNT, np.bool_), np.random.default_rng(2).random(COUNT) < 0.3):
        for row in (7, 4000):
            scores = np.where(mask, dot_rows(vectors, vectors[row]), -np.inf)
            least = np.sort(scores)[-min(k, int(mask.sum()))]
            found = bounds.nearest(vectors[row], k, mask)
            assert set(np.flatnonzero(scores >= least)) <= set(found)
            assert mask[found].all()


def test_nearly_all_rows_that_score_less_are_ruled_out() -> None:
    vectors = unit_rows(12.0)
    bounds = ScoreBounds.of(vectors, 0.9)
    for row in (3, 5000):
        wanted = int((dot_rows(vectors, vectors[row]) >= 0.5).sum())
        assert len(bounds.above(vectors[row], 0.5, None)) < wanted + COUNT / 10
        assert len(bounds.nearest(vectors[row], 20, None)) < COUNT / 10


def test_vectors_without_strong_axes_have_no_outline() -> None:
    assert ScoreBounds.of(unit_rows(0.0), 0.9) is None
