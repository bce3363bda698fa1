"""Tuning the photo branch's last blocks, so that photos by people point to items of their kind."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from training.photo.draws import Draw, right_mass
from training.photo.late_branch import ImagenetBranch, TunedTail
from training.photo.material import Material

logger = logging.getLogger("training.photo")


@dataclass(frozen=True)
class TailRecipe:
    """How the tail is tuned; `products` is the share of altered products in a batch."""

    epochs: float = 6
    batch: int = 64
    rate: float = 4e-4
    faster: float = 5.0  # how much faster new layers learn
    decay: float = 0.05
    products: float = 0.35
    balance: float = 0.75
    dropout: float = 0.3
    labels: float = 0.5  # weight of naming the label beside pointing to the kind
    smoothing: float = 0.1
    warmup: float = 0.08
    average: float = 0.01  # share of each step in the running mean, at the end
    seed: int = 0


def tune_tail(
    imagenet: ImagenetBranch, material: Material, recipe: TailRecipe | None = None
) -> TunedTail:
    """The tail with the running mean of its weights. Batch norms keep ImageNet's statistics."""
    recipe = recipe or TailRecipe()
    torch.manual_seed(recipe.seed)
    draw = Draw(material, recipe.balance, recipe.seed)
    tail = TunedTail(imagenet, material.items.shape[1], recipe.dropout)
    namer = _Namer(tail.direction.in_features, draw)
    steps = math.ceil(recipe.epochs * len(material.labels) / recipe.batch)
    optimiser, schedule = _optimiser(tail, namer, recipe, steps)
    average = torch.optim.swa_utils.AveragedModel(
        tail,
        avg_fn=lambda mean, new, seen: mean + (new - mean) * max(recipe.average, 9 / (9 + seen)),
    )
    every = torch.nn.ModuleList([tail, namer])
    for step in range(steps):
        _train(tail)
        loss = _loss(tail, namer, draw, recipe)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(every.parameters(), 2.0)
        optimiser.step()
        schedule.step()
        average.update_parameters(tail)
        if step % 25 == 0:
            logger.info("tuning step %d of %d, loss %.2f", step, steps, loss.item())
    return cast("TunedTail", average.module.eval())


class _Namer(nn.Module):
    """What only training needs: names of labels, and the scale of cosines to kinds."""

    def __init__(self, width: int, draw: Draw) -> None:
        super().__init__()
        self.labels = sorted(draw.wanted)
        self.places = np.searchsorted(self.labels, draw.material.labels)
        self.names = nn.Linear(width, len(self.labels))
        self.scale = nn.Parameter(torch.tensor(2.5))
        self.directions = draw.all_directions()


def _train(tail: TunedTail) -> None:
    tail.train()
    for module in tail.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def _optimiser(
    tail: TunedTail, namer: _Namer, recipe: TailRecipe, steps: int
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    new = [*tail.direction.parameters(), *namer.parameters()]
    old = [weights for name, weights in tail.named_parameters() if "direction" not in name]
    groups = [
        {"params": old, "lr": recipe.rate},
        {"params": new, "lr": recipe.rate * recipe.faster},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.decay)
    warm = max(1, int(recipe.warmup * steps))

    def share(step: int) -> float:
        return min((step + 1) / warm, 0.5 * (1 + math.cos(math.pi * step / steps)) + 0.01)

    return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, share)


def _loss(tail: TunedTail, namer: _Namer, draw: Draw, recipe: TailRecipe) -> Tensor:
    products = int(recipe.batch * recipe.products)
    views, rows, wanted = draw.photos(recipe.batch - products)
    chosen = draw.products(products)
    states = np.concatenate(
        [draw.material.photos.middle[views, rows], draw.material.altered.middle[chosen]]
    )
    inputs = torch.from_numpy(states).float().contiguous(memory_format=torch.channels_last)
    mirrored = torch.from_numpy(draw.random.random(len(inputs)) < 0.5)
    inputs[mirrored] = inputs[mirrored].flip(3)
    own = nn.functional.one_hot(draw.types(chosen), wanted.shape[1]).bool()
    features = tail.features(inputs)
    directions = nn.functional.normalize(tail.direction(features))
    logits = directions @ namer.directions.T * namer.scale.exp() + draw.prior
    named = namer.names(features[: len(rows)])
    places = torch.from_numpy(namer.places[rows])
    naming = nn.functional.cross_entropy(named, places, label_smoothing=recipe.smoothing)
    return right_mass(logits, torch.cat([wanted, own])) + recipe.labels * naming
