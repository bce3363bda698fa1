"""Metrics against plain loops."""

import numpy as np
import pytest

from core.metrics import first_hit_ranks, mean_reciprocal_rank, precision_at, recall_at


def test_hand_computed_ranks():
    similarity = np.array([[0.9, 0.8, 0.7], [0.9, 0.8, 0.7], [0.9, 0.8, 0.7]], np.float32)
    relevant = np.array([[False, True, True], [True, False, False], [False, False, False]])
    ranks = first_hit_ranks(similarity, relevant)
    # Query 0 hits second, query 1 first, query 2 has nothing to find.
    assert ranks.tolist() == [2.0, 1.0, np.inf]
    assert recall_at(ranks, 1) == pytest.approx(1 / 3)
    assert mean_reciprocal_rank(ranks) == pytest.approx((1 / 2 + 1 + 0) / 3)


def test_a_tie_counts_against_the_hit():
    ranks = first_hit_ranks(np.zeros((1, 3), np.float32), np.array([[True, False, False]]))
    assert ranks.tolist() == [3.0]


def test_metrics_equal_plain_loops():
    rng = np.random.default_rng(0)
    similarity = rng.standard_normal((20, 30)).astype(np.float32)
    relevant = rng.random((20, 30)) < 0.15
    hits, precisions = [], []
    for row in range(20):
        order = sorted(range(30), key=lambda item: -similarity[row, item])
        found = [place for place, item in enumerate(order, 1) if relevant[row, item]]
        hits.append(found[0] if found else np.inf)
        precisions.append(sum(relevant[row, item] for item in order[:10]) / 10)
    assert first_hit_ranks(similarity, relevant).tolist() == hits
    assert precision_at(similarity, relevant, 10) == pytest.approx(np.mean(precisions))
