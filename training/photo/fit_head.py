"""Fitting the photo head on features of frozen networks, in a few minutes on two cores.

The head has to bring photos by people to items of their kind, tell the kind, tell studio pictures
from photos and garments from everything else, and leave studio pictures and colours where they are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from training.photo.draws import Draw, right_mass
from training.photo.material import Material, Vectors
from twinset.photo.photo_head import PhotoHead
from twinset.photo.tower_taps import NO_TAPS, Taps


@dataclass(frozen=True)
class Recipe:
    """How the head is fitted; `product` keeps colours and patterns, `items` moves photos."""

    steps: int = 500
    batch: int = 128
    hidden: int = 256
    rate: float = 1e-3
    decay: float = 0.1
    dropout_in: float = 0.2
    dropout: float = 0.4
    sampled_items: int = 1500
    sampled_of_kind: int = 24
    item_scale: float = 20.0
    items: float = 0.5
    label_balance: float = 0.5
    product: float = 2.0
    product_kind: float = 0.25
    chances: float = 0.3
    average: float = 0.01  # share of each step in the running mean
    seed: int = 0


# Two heads that differ are better than either: what one learnt by heart the other did not.
RECIPES = (Recipe(), Recipe(steps=550, items=1.0, label_balance=0.75, dropout_in=0.3))


class HeadNetwork(nn.Module):
    """The head as it is trained; `exported` is the head as it serves.

    The glance reads the first `own` columns alone, and is trained beside the closer look.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, photos: Vectors, own: int, dimension: int, recipe: Recipe) -> None:
        super().__init__()
        self.dimension, self.own, self.recipe = dimension, own, recipe
        mean, spread = photos.mean(0), photos.std(0) + 0.02
        mean[:dimension] = 0
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("spread", torch.from_numpy(spread))
        self.first = nn.Linear(len(mean), recipe.hidden)
        self.second = nn.Linear(recipe.hidden, 2 * dimension + 1)
        self.glance = nn.Linear(own, dimension + 2)
        nn.init.normal_(self.second.weight, std=0.02)
        nn.init.zeros_(self.second.weight[:dimension])
        nn.init.normal_(self.glance.weight, std=0.002)
        self.kind_scale = nn.Parameter(torch.tensor(2.7))
        self.glance_scale = nn.Parameter(torch.tensor(2.7))

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Corrected vectors, kind directions and logits of a garment of (n, f) rows."""
        inputs = nn.functional.dropout(self._scaled(rows), self.recipe.dropout_in, self.training)
        hidden = torch.relu(self.first(inputs))
        hidden = nn.functional.dropout(hidden, self.recipe.dropout, self.training)
        plain, d, unit = rows[:, : self.dimension], self.dimension, nn.functional.normalize
        moves, turns, logits = self.second(hidden).split([d, d, 1], dim=1)
        return unit(plain + moves), unit(plain + turns), logits[:, 0]

    def glances(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Kind directions, and the two logits of a studio's picture and of a garment."""
        inputs = self._scaled(rows)[:, : self.own]
        inputs = nn.functional.dropout(inputs, self.recipe.dropout_in, self.training)
        turns, logits = self.glance(inputs).split([self.dimension, 2], dim=1)
        return nn.functional.normalize(rows[:, : self.dimension] + turns), logits

    def _scaled(self, rows: Tensor) -> Tensor:
        return ((rows - self.mean) / self.spread).clamp(-5, 5)

    def exported(self, taps: Taps) -> PhotoHead:
        layers = {"first": self.first, "second": self.second, "glance": self.glance}
        parts: dict[str, Any] = {name: _array(one.weight.T) for name, one in layers.items()}
        parts |= {f"{name}_bias": _array(one.bias) for name, one in layers.items()}
        return PhotoHead(
            taps=taps,
            mean=_array(self.mean),
            spread=_array(self.spread),
            **parts,
            kind_scale=float(self.kind_scale.detach().exp()),
            glance_scale=float(self.glance_scale.detach().exp()),
            early_shape=(1,) if self.own < len(self.mean) else (),
        )


def _array(weights: Tensor) -> Vectors:
    return np.ascontiguousarray(weights.detach().numpy(), np.float32)


def fit_head(material: Material, own: int, recipe: Recipe, taps: Taps = NO_TAPS) -> PhotoHead:
    """The head with the running mean of its weights; `own` columns of the rows are the tower's."""
    torch.manual_seed(recipe.seed)
    draw = Draw(material, recipe.label_balance, recipe.seed)
    network = HeadNetwork(material.photos.rows[0], own, material.items.shape[1], recipe)
    optimiser = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, recipe.steps)
    average = torch.optim.swa_utils.AveragedModel(
        network, avg_fn=lambda mean, new, _: mean + (new - mean) * recipe.average
    )
    for step in range(recipe.steps):
        loss = _loss(network, draw)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if step >= recipe.steps // 3:
            average.update_parameters(network)
    return cast("HeadNetwork", average.module).exported(taps)


def fit_heads(material: Material, own: int, taps: Taps = NO_TAPS) -> PhotoHead:
    """The mean of the heads of all recipes, as one head with the hidden units of all."""
    heads = [fit_head(material, own, recipe, taps) for recipe in RECIPES]

    def mean(part: str) -> Vectors:
        return np.asarray(np.mean([getattr(head, part) for head in heads], axis=0), np.float32)

    return replace(
        heads[0],
        first=np.concatenate([head.first for head in heads], axis=1),
        first_bias=np.concatenate([head.first_bias for head in heads]),
        second=np.concatenate([head.second / np.float32(len(heads)) for head in heads]),
        second_bias=mean("second_bias"),
        glance=mean("glance"),
        glance_bias=mean("glance_bias"),
        kind_scale=float(mean("kind_scale")),
        glance_scale=float(mean("glance_scale")),
    )


@dataclass(frozen=True)
class _Batch:
    """The rows of one step, and what products among them should be."""

    photos: Tensor
    wanted: Tensor
    altered: Tensor
    studio: Tensor
    own: Tensor  # the vectors of the products
    types: Tensor

    @classmethod
    def drawn(cls, draw: Draw, count: int) -> _Batch:
        material, rows = draw.material, draw.products(count // 2)
        views, shown, wanted = draw.photos(count)
        photos = torch.from_numpy(material.photos.rows[views, shown])
        altered, studio = (
            torch.from_numpy(seen.rows[rows]) for seen in (material.altered, material.studio)
        )
        own = torch.from_numpy(material.items[material.products[rows]])
        return cls(photos, wanted, altered, studio, own, draw.types(rows))


def _loss(network: HeadNetwork, draw: Draw) -> Tensor:
    material, recipe = draw.material, network.recipe
    batch, sampled = _Batch.drawn(draw, recipe.batch), draw.items(recipe.sampled_items)
    directions, items = draw.directions(recipe.sampled_of_kind), material.items[sampled]
    loss = _photo_loss(network, batch, draw, torch.from_numpy(sampled), directions)
    corrected, kind, altered_logits = network(batch.altered)
    logits = corrected @ torch.cat([batch.own, torch.from_numpy(items)]).T * recipe.item_scale
    own_place = torch.arange(len(batch.own))
    loss = loss + recipe.product * nn.functional.cross_entropy(logits, own_place)
    plain = batch.studio[:, : network.dimension]
    kept, kept_kind, studio_logits = network(batch.studio)
    for vectors in (corrected, kept):
        loss = loss + recipe.product * (1 - (vectors * plain).sum(1)).mean()
    for kinds in (kind, kept_kind):
        logits = kinds @ directions.T * network.kind_scale.exp() + draw.prior
        loss = loss + recipe.product_kind * nn.functional.cross_entropy(logits, batch.types)
    _, _, photo_logits = network(batch.photos)
    _, _, nothing = network(draw.some(material.nothing.rows, recipe.batch // 2))
    garments = (photo_logits, altered_logits, studio_logits)
    loss = loss + recipe.chances * _chance_loss((nothing,), garments)
    return loss + _glance_loss(network, batch, draw, directions)


def _photo_loss(
    network: HeadNetwork, batch: _Batch, draw: Draw, sampled: Tensor, directions: Tensor
) -> Tensor:
    """Photos by people point to kinds that are right, and are moved to items of those."""
    recipe = network.recipe
    corrected, kind, _ = network(batch.photos)
    logits = kind @ directions.T * network.kind_scale.exp() + draw.prior
    items = torch.from_numpy(draw.material.items)[sampled]
    wanted = batch.wanted[:, torch.from_numpy(draw.codes)[sampled]]
    moved = right_mass(corrected @ items.T * recipe.item_scale, wanted)
    return right_mass(logits, batch.wanted) + recipe.items * moved


def _glance_loss(network: HeadNetwork, batch: _Batch, draw: Draw, directions: Tensor) -> Tensor:
    """A glance tells studio pictures from all others, scenes of several garments among those, and
    the kind of what is in them."""
    material, some, recipe = draw.material, network.recipe.batch // 4, network.recipe
    several = (~np.isnan(material.boxes[:, :, 0])).sum(axis=1) != 1
    scenes, backdrops, nothing = (
        network.glances(draw.some(rows, some))[1]
        for rows in (
            material.scenes.rows[several],
            material.backdrops.rows,
            material.nothing.rows,
        )
    )
    kind, studio = network.glances(batch.studio)
    moved, altered = network.glances(batch.altered)
    _, photos = network.glances(batch.photos)
    others = (scenes[:, 0], nothing[:, 0], altered[:, 0], photos[:, 0])
    loss = _chance_loss(others, (studio[:, 0], backdrops[:, 0]))
    garments = (photos[:, 1], altered[:, 1], studio[:, 1], backdrops[:, 1])
    loss = loss + _chance_loss((nothing[:, 1],), garments)
    for kinds in (kind, moved):
        logits = kinds @ directions.T * network.glance_scale.exp() + draw.prior
        loss = loss + nn.functional.cross_entropy(logits, batch.types)
    return recipe.chances * loss


def _chance_loss(never: tuple[Tensor, ...], always: tuple[Tensor, ...]) -> Tensor:
    """Binary cross-entropy, the two sides weighed alike."""
    lost = nn.functional.softplus
    return lost(torch.cat(never)).mean() + lost(-torch.cat(always)).mean()
