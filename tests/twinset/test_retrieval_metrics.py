"""Metrics against plain loops."""

import math

import numpy as np
import pytest

from twinset.retrieval_metrics import (
    Neighbours,
    bootstrap_interval,
    first_hit_ranks,
    mean_reciprocal_rank,
    precision_at,
    rank_by_category,
    recall_at,
    study_metrics,
)


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


def naive_study(queries, items, wanted, categories, own):
    """The study's figures of one query after the other, from a full sort."""
    rows = []
    for query, category, self_ in zip(queries, wanted, own, strict=True):
        order = sorted(range(len(items)), key=lambda item: -float(query @ items[item]))
        hits = [categories[item] == category for item in order if item != self_]
        rank = hits.index(True) + 1 if any(hits) else math.inf
        gain = sum(hit / math.log2(place + 1) for place, hit in enumerate(hits[:10], 1))
        best = [1 / math.log2(place + 1) for place in range(1, 11)]
        usual = gain / sum(best[: sum(hits)]) if any(hits) else 0.0
        recalls = [float(rank <= k) for k in (1, 5, 10)]
        precisions = [sum(hits[:k]) / k for k in (5, 10)]
        rows.append([*recalls, 1 / rank, gain / sum(best), usual, *precisions])
    return np.array(rows)


@pytest.mark.parametrize(("count", "kinds"), [(700, 70), (600, 60), (40, 30), (7, 2)])
def test_study_metrics_equal_a_naive_oracle(count, kinds):
    # 700 and 600 take three chunks, 700 are searched by stripes with 28 left over; 40 of 30 kinds
    # leave many queries without a hit near or at all; with seven items fewer than ten neighbours
    # exist.
    rng = np.random.default_rng(count)
    items = rng.standard_normal((count, 5)).astype(np.float32)
    categories = rng.integers(kinds, size=count)
    own = np.where(rng.random(count) < 0.8, np.arange(count), -1)
    found = rank_by_category(items, items, (categories, categories), own)
    expected = naive_study(items, items, categories, categories, own)
    assert np.column_stack(list(study_metrics(found).values())) == pytest.approx(expected)


def test_hand_computed_ndcg():
    # One hit, second: 1 / log2(3) = 0.6309 of the ideal 1 + 1/log2(3) + ... + 1/log2(11) = 4.5436.
    found = Neighbours(np.array([2.0]), np.array([[False, True] + [False] * 8]), np.array([2]))
    figures = study_metrics(found)
    assert figures["ndcg@10"] == pytest.approx([0.6309 / 4.5436], abs=1e-4)
    # Two answers are there: 0.6309 of 1 + 0.6309.
    assert figures["usual ndcg@10"] == pytest.approx([0.6309 / 1.6309], abs=1e-4)
    assert figures["precision@5"] == [0.2]


def test_the_bootstrap_covers_the_mean():
    values = np.stack([np.ones(50), np.random.default_rng(0).random(50)])
    certain, spread = bootstrap_interval(values)
    assert certain.tolist() == [1, 1]
    assert spread[0] < values[1].mean() < spread[1]
    # A uniform variable's mean of 50 has a standard error of 0.041; the interval is four of them.
    assert spread[1] - spread[0] == pytest.approx(4 * 0.041, rel=0.25)
