"""Fitting the photo branch on vectors of a frozen encoder, in about a minute on two cores."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.photo.shopper_labels import ARTICLE_TYPES
from twinset.photo.photo_branch import PhotoBranch

Vectors = NDArray[np.float32]


def kept_out(person: str) -> bool:
    """True if a person's photos are for measuring only; about three persons of ten are."""
    return zlib.crc32(person.encode()) % 10 < 3


@dataclass(frozen=True)
class Material:
    """What the branch learns from: unit rows of the frozen encoder.

    `photos` (n, d) with `labels` (n,); `altered` (m, d) and `studio` (m, d), the same pictures
    made a shopper's and as they were, with the row in `items` (k, d) of their product in
    `products` (m,); `types` (k,) the article types.
    """

    photos: Vectors
    labels: NDArray[np.str_]
    altered: Vectors
    studio: Vectors
    products: NDArray[np.int64]
    items: Vectors
    types: NDArray[np.str_]


@dataclass(frozen=True)
class Recipe:
    """How the branch is fitted; the product loss keeps colours and patterns."""

    steps: int = 300
    batch: int = 192
    hidden: int = 512
    sampled_items: int = 3000
    scale: float = 20.0
    product_weight: float = 2.0
    rate: float = 1e-3
    dropout: float = 0.2
    seed: int = 0


def fit_branch(material: Material, recipe: Recipe) -> PhotoBranch:
    """The branch after averaging the weights of the second half of training."""
    torch.manual_seed(recipe.seed)
    draw = np.random.default_rng(recipe.seed)
    dimension = material.items.shape[1]
    first, second = nn.Linear(dimension, recipe.hidden), nn.Linear(recipe.hidden, dimension)
    nn.init.zeros_(second.weight)
    model = nn.ModuleList([first, second])
    optimiser = torch.optim.AdamW(model.parameters(), recipe.rate, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.steps)
    average = torch.optim.swa_utils.AveragedModel(model)
    chances = _chances(material.labels)
    item_chances = _chances(material.types)
    relevant = {
        label: np.isin(material.types, sorted(ARTICLE_TYPES[label]))
        for label in np.unique(material.labels).tolist()
    }
    for step in range(recipe.steps):
        photos = draw.choice(len(chances), recipe.batch, p=chances)
        products = draw.choice(len(material.products), recipe.batch)
        rows = _item_sample(item_chances, material.products[products], recipe.sampled_items, draw)
        items = torch.from_numpy(material.items[rows])
        moved = _moved(first, second, _noisy(material.photos[photos], draw), recipe.dropout)
        wanted = torch.from_numpy(np.stack([relevant[k][rows] for k in material.labels[photos]]))
        loss = _kind_loss(moved @ items.T * recipe.scale, wanted)
        altered = _moved(first, second, material.altered[products], recipe.dropout)
        own = torch.arange(recipe.batch)  # the sample begins with the batch's own products
        loss = loss + recipe.product_weight * (
            nn.functional.cross_entropy(altered @ items.T * recipe.scale, own)
            + 2 * (1 - (altered * torch.from_numpy(material.studio[products])).sum(1)).mean()
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step >= recipe.steps // 2:
            average.update_parameters(model)
    weights = average.module.state_dict()
    return PhotoBranch(
        first=_array(weights["0.weight"].T),
        first_bias=_array(weights["0.bias"]),
        second=_array(weights["1.weight"].T),
        second_bias=_array(weights["1.bias"]),
    )


def _array(weights: Tensor) -> Vectors:
    return np.ascontiguousarray(weights.numpy(), np.float32)


def _chances(labels: NDArray[np.str_]) -> NDArray[np.float64]:
    """Chances (n,) of drawing each row that weigh a rare label up by the root of its rarity."""
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    chances = 1 / np.sqrt(counts[places])
    return np.asarray(chances / chances.sum(), np.float64)


def _item_sample(
    chances: NDArray[np.float64],
    products: NDArray[np.int64],
    count: int,
    draw: np.random.Generator,
) -> NDArray[np.int64]:
    """The rows of `products`, in their order, then others drawn by their chances."""
    others = draw.choice(len(chances), count, p=chances)
    return np.concatenate([products, others[~np.isin(others, products)]])


def _noisy(vectors: Vectors, draw: np.random.Generator) -> Vectors:
    return (vectors + draw.normal(scale=0.015, size=vectors.shape)).astype(np.float32)


def _moved(first: nn.Linear, second: nn.Linear, vectors: Vectors, dropout: float) -> Tensor:
    rows = torch.from_numpy(vectors)
    hidden = nn.functional.dropout(torch.relu(first(rows)), dropout)
    return nn.functional.normalize(rows + second(hidden), dim=1)


def _kind_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Minus the log of the chance that an item of the right kind is drawn."""
    right = logits.masked_fill(~wanted, -torch.inf).logsumexp(1)
    return (logits.logsumexp(1) - right).mean()
