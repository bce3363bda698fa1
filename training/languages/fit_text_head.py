"""Fitting the text head: from sentence vectors to the text space of a frozen encoder.

English texts are taught with what the encoder's own text tower makes of them, and with the
differences that languages make to a sentence vector added; translations with what the tower makes
of their English. Besides the direction, the head learns to rank a sample of items as the tower's
vector does, since that is what a query is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from twinset.languages.text_head import TextHead

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Lessons:
    """n texts: their sentence vectors (n, s), the vectors (n, d) to reach, and the chance (n,) of
    drawing each, which adds up to 1."""

    sentences: Vectors
    targets: Vectors
    chances: NDArray[np.float64]


@dataclass(frozen=True)
class Material:
    """What the head learns from.

    `english` and `translated` texts; `differences` (m, s) of sentence vectors, a translation's less
    its English; `items` (k, d) of the catalogue.
    """

    english: Lessons
    translated: Lessons
    differences: Vectors
    items: Vectors


@dataclass(frozen=True)
class HeadRecipe:
    """How the head is fitted. `translated_share` of a batch are translations; `ranking_weight` is
    that of ranking `sampled_items` items at the softmax scale `ranking_scale`."""

    steps: int = 2000
    batch: int = 256
    hidden: int = 1024
    translated_share: float = 0.4
    most_difference: float = 1.2
    sampled_items: int = 1000
    ranking_weight: float = 1.0
    ranking_scale: float = 30.0
    rate: float = 2e-3
    weight_decay: float = 0.01
    dropout: float = 0.1
    seed: int = 0


def fit_head(material: Material, recipe: HeadRecipe) -> TextHead:
    """The head after all steps of the recipe."""
    torch.manual_seed(recipe.seed)
    draw = np.random.default_rng(recipe.seed)
    mean = material.english.sentences.mean(axis=0)
    size, dimension = material.english.sentences.shape[1], material.items.shape[1]
    first, second = nn.Linear(size, recipe.hidden), nn.Linear(recipe.hidden, dimension)
    weights = [*first.parameters(), *second.parameters()]
    optimiser = torch.optim.AdamW(weights, recipe.rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, recipe.steps, pct_start=0.1
    )
    translated = round(recipe.batch * recipe.translated_share)
    for _ in range(recipe.steps):
        own, own_targets = _draw(material.english, recipe.batch - translated, draw)
        own = _with_differences(own, material.differences, recipe.most_difference, draw)
        other, other_targets = _draw(material.translated, translated, draw)
        sentences = torch.from_numpy(np.concatenate([own, other]) - mean)
        targets = torch.from_numpy(np.concatenate([own_targets, other_targets]))
        hidden = nn.functional.dropout(torch.relu(first(sentences)), recipe.dropout)
        made = nn.functional.normalize(second(hidden), dim=1)
        items = material.items[draw.integers(0, len(material.items), recipe.sampled_items)]
        loss = (1 - (made * targets).sum(1)).mean() + recipe.ranking_weight * _ranking_loss(
            made, targets, torch.from_numpy(items), recipe.ranking_scale
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return TextHead(
        mean,
        _array(first.weight.T),
        _array(first.bias),
        _array(second.weight.T),
        _array(second.bias),
    )


def _draw(lessons: Lessons, count: int, draw: np.random.Generator) -> tuple[Vectors, Vectors]:
    places = draw.choice(len(lessons.chances), count, p=lessons.chances)
    return lessons.sentences[places], lessons.targets[places]


def _with_differences(
    sentences: Vectors, differences: Vectors, most: float, draw: np.random.Generator
) -> Vectors:
    """Unit rows, each moved as a translation would move it, by 0 to `most` times that."""
    places = draw.integers(0, len(differences), len(sentences))
    moved = sentences + draw.uniform(0, most, (len(sentences), 1)) * differences[places]
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


def _ranking_loss(made: Tensor, targets: Tensor, items: Tensor, scale: float) -> Tensor:
    """How far the chances of items by the head's vectors are from those by the targets (KL)."""
    wanted = torch.log_softmax(scale * targets @ items.T, 1)
    found = torch.log_softmax(scale * made @ items.T, 1)
    return nn.functional.kl_div(found, wanted, reduction="batchmean", log_target=True)


def _array(weights: Tensor) -> Vectors:
    return np.ascontiguousarray(weights.detach().numpy(), np.float32)


def even_chances(groups: Sequence[tuple[int, float]]) -> NDArray[np.float64]:
    """Chances that give groups of texts, (texts, share) each, their shares; they follow each
    other."""
    chances = np.concatenate([np.full(count, share / count) for count, share in groups if count])
    return np.asarray(chances / chances.sum(), np.float64)
