"""Rates over a run, as functions of the step and of the validation scores so far.

Nothing here has state, so a run that resumes needs no more than its step and its scores.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from training.config import OptimisationConfig


def rate_factor(
    config: OptimisationConfig, step: int, total: int, scores: Sequence[float]
) -> float:
    """Factor of the peak rates at a step, 0 to 1; `scores` are those of the epochs behind it."""
    warmup = max(1, round(config.warmup_fraction * total))
    if step < warmup:
        return (step + 1) / warmup
    if config.schedule == "plateau":
        return plateau_factor(scores, config.plateau_factor, config.plateau_patience)
    return (1 + math.cos(math.pi * (step - warmup) / max(1, total - warmup))) / 2


def plateau_factor(scores: Sequence[float], factor: float, patience: int) -> float:
    """What torch's ReduceLROnPlateau (mode "max", absolute threshold 0) has left of the rate."""
    best, waited, current = -math.inf, 0, 1.0
    for score in scores:
        best, waited = (score, 0) if score > best else (best, waited + 1)
        if waited > patience:
            current, waited = current * factor, 0
    return current


def epochs_since_best(scores: Sequence[float]) -> int:
    """How many epochs ago the best score was first reached; 0 without scores."""
    return len(scores) - 1 - scores.index(max(scores)) if scores else 0
