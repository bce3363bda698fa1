"""Rates over a run."""

from dataclasses import replace

import pytest
import torch

from training.run.schedule import epochs_since_best, plateau_factor, rate_factor

SCORES = [0.1, 0.2, 0.2, 0.19, 0.18, 0.3, 0.29, 0.28, 0.27, 0.26, 0.25]


@pytest.mark.parametrize("patience", [0, 1, 2])
def test_the_plateau_is_that_of_torch(patience):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    oracle = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="max", factor=0.5, patience=patience, threshold=0, threshold_mode="abs"
    )
    for epoch, score in enumerate(SCORES, 1):
        oracle.step(score)
        rate = optimizer.param_groups[0]["lr"]
        assert plateau_factor(SCORES[:epoch], 0.5, patience) == pytest.approx(rate)


def test_warm_up_and_cosine(config):
    settings = replace(config.optimisation, warmup_fraction=0.1)
    factors = [rate_factor(settings, step, 100, ()) for step in range(100)]
    assert factors[:10] == pytest.approx([0.1 * n for n in range(1, 11)])
    assert factors[10] == 1
    assert factors[55] == pytest.approx(0.5)  # half of the 90 steps after the warm-up
    assert factors[99] < 0.001


def test_epochs_since_best():
    assert epochs_since_best([]) == 0
    assert epochs_since_best([0.5]) == 0
    assert epochs_since_best([0.5, 0.4, 0.5]) == 2  # equal is no better
