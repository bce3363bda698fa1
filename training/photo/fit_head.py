"""Fitting the photo head on features of a frozen encoder, in a few minutes on two cores.

The head has to bring photos by people to items of their kind, tell the kind, tell studio pictures
from photos and garments from everything else, and leave studio pictures and colours where they are.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.photo.shopper_labels import ARTICLE_TYPES
from twinset.photo.catalogue_kinds import PRIOR
from twinset.photo.photo_head import PhotoHead, PhotoReading, evidence
from twinset.photo.tower_taps import NO_TAPS, Taps

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


def tunes(person: str) -> bool:
    """True if a person's photos, of those learnt from, set how sure the head is."""
    return zlib.crc32(f"tuning {person}".encode()) % 5 == 0


def kept_out(person: str) -> bool:
    """True if a person's photos are for measuring only; about three persons of ten are."""
    return zlib.crc32(person.encode()) % 10 < 3


@dataclass(frozen=True)
class Material:
    """What the head learns from: rows of `DualEncoder.encode_rows`, f = d + t wide.

    `photos` (v, n, f) are v views of n photos with `labels` (n,). `altered` and `studio` (m, f)
    are the same pictures made a shopper's and as they were; `products` (m,) is their row in `items`
    (k, d), the catalogue's unit vectors, and `types` (k,) its article types. `backdrops` (b, f) are
    further studio pictures, and `nothing` (c, f) pictures without a garment. `familiar` (n,) is how
    familiar the photos are to the photo branch. `tuning` (n,) marks photos of some people, on which
    the confidence of kinds is set by a head fitted without them.
    """

    photos: Vectors
    labels: NDArray[np.str_]
    altered: Vectors
    studio: Vectors
    products: Rows
    items: Vectors
    types: NDArray[np.str_]
    backdrops: Vectors
    nothing: Vectors
    familiar: Vectors
    tuning: NDArray[np.bool_]


@dataclass(frozen=True)
class Recipe:
    """How the head is fitted; `product` keeps colours and patterns, `items` moves photos."""

    steps: int = 900
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
RECIPES = (Recipe(), Recipe(steps=1000, items=1.0, label_balance=0.75, dropout_in=0.3))
# Share of the tuning photos that may be taken for showing no garment.
_REFUSED = 0.025


class HeadNetwork(nn.Module):
    """The head as it is trained; `exported` is the head as it serves."""

    mean: Tensor
    spread: Tensor

    def __init__(self, photos: Vectors, dimension: int, recipe: Recipe) -> None:
        super().__init__()
        self.dimension, self.recipe = dimension, recipe
        mean, spread = photos.mean(0), photos.std(0) + 0.02
        mean[:dimension] = 0
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("spread", torch.from_numpy(spread))
        self.first = nn.Linear(len(mean), recipe.hidden)
        self.second = nn.Linear(recipe.hidden, 2 * dimension + 2)
        nn.init.normal_(self.second.weight, std=0.02)
        nn.init.zeros_(self.second.weight[:dimension])
        self.kind_scale = nn.Parameter(torch.tensor(2.7))

    def forward(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Corrected vectors, kind directions and the two logits of (n, f) rows."""
        inputs = ((rows - self.mean) / self.spread).clamp(-5, 5)
        inputs = nn.functional.dropout(inputs, self.recipe.dropout_in, self.training)
        hidden = torch.relu(self.first(inputs))
        hidden = nn.functional.dropout(hidden, self.recipe.dropout, self.training)
        plain, d, unit = rows[:, : self.dimension], self.dimension, nn.functional.normalize
        moves, turns, logits = self.second(hidden).split([d, d, 2], dim=1)
        return unit(plain + moves), unit(plain + turns), logits

    def exported(self, taps: Taps) -> PhotoHead:
        return PhotoHead(
            taps=taps,
            mean=_array(self.mean),
            spread=_array(self.spread),
            first=_array(self.first.weight.T),
            first_bias=_array(self.first.bias),
            second=_array(self.second.weight.T),
            second_bias=_array(self.second.bias),
            kind_scale=float(self.kind_scale.detach().exp()),
        )


def _array(weights: Tensor) -> Vectors:
    return np.ascontiguousarray(weights.detach().numpy(), np.float32)


class _Draw:
    """Draws batches, rare kinds more often than their share."""

    def __init__(self, material: Material, recipe: Recipe) -> None:
        self.material, self.recipe = material, recipe
        self.random = np.random.default_rng(recipe.seed)
        self.kinds, self.codes, counts = np.unique(
            material.types, return_inverse=True, return_counts=True
        )
        self.prior = torch.from_numpy(PRIOR * np.log(counts / counts.sum())).float()
        self.members = [np.flatnonzero(self.codes == kind) for kind in range(len(self.kinds))]
        self._photo = _chances(material.labels, recipe.label_balance)
        self._item = _chances(material.types, 0.5)
        self._product = _chances(material.types[material.products], 0.5)
        self.wanted = {
            label: torch.from_numpy(np.isin(self.kinds, sorted(ARTICLE_TYPES[label])))
            for label in np.unique(material.labels).tolist()
        }

    def photos(self) -> tuple[Tensor, Tensor]:
        """Random views of photos (b, f) and which kinds are right for each (b, kinds)."""
        rows = self.random.choice(len(self._photo), self.recipe.batch, p=self._photo)
        views = self.random.integers(0, len(self.material.photos), len(rows))
        wanted = torch.stack([self.wanted[label] for label in self.material.labels[rows]])
        return torch.from_numpy(self.material.photos[views, rows]), wanted

    def products(self) -> Rows:
        return self.random.choice(len(self._product), self.recipe.batch // 2, p=self._product)

    def items(self) -> Rows:
        return self.random.choice(len(self._item), self.recipe.sampled_items, p=self._item)

    def directions(self) -> Tensor:
        """Unit directions of all kinds, each from a few of its items as in a small catalogue."""
        count = self.recipe.sampled_of_kind
        drawn = [rows[self.random.integers(0, len(rows), count)] for rows in self.members]
        means = torch.from_numpy(self.material.items[np.stack(drawn)].mean(1))
        return nn.functional.normalize(means)

    def others(self, rows: Vectors) -> Tensor:
        return torch.from_numpy(rows[self.random.integers(0, len(rows), self.recipe.batch // 4)])


def fit_head(material: Material, recipe: Recipe, taps: Taps = NO_TAPS) -> PhotoHead:
    """The head with the running mean of its weights."""
    torch.manual_seed(recipe.seed)
    draw = _Draw(material, recipe)
    network = HeadNetwork(material.photos[0], material.items.shape[1], recipe)
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


def fit_heads(material: Material, taps: Taps = NO_TAPS) -> PhotoHead:
    """The mean of the heads of all recipes, as one head with the hidden units of all."""
    heads = [fit_head(material, recipe, taps) for recipe in RECIPES]
    return replace(
        heads[0],
        first=np.concatenate([head.first for head in heads], axis=1),
        first_bias=np.concatenate([head.first_bias for head in heads]),
        second=np.concatenate([head.second / np.float32(len(heads)) for head in heads]),
        second_bias=np.mean([head.second_bias for head in heads], axis=0),
        kind_scale=float(np.mean([head.kind_scale for head in heads])),
    )


@dataclass(frozen=True)
class Sureness:
    """`scale` makes kinds as often right as they are sure to be; `evidence` is the least there is
    of a garment in all but a few photos."""

    scale: float
    evidence: float


def sureness(material: Material) -> Sureness:
    """How sure heads should be, by one that was fitted without the tuning photos."""
    rows, tuning, draw = material.photos, material.tuning, _Draw(material, RECIPES[0])
    labels, familiar = material.labels[tuning], material.familiar[tuning]
    learnt = replace(
        material,
        photos=rows[:, ~tuning],
        labels=material.labels[~tuning],
        familiar=material.familiar[~tuning],
    )
    head = fit_heads(learnt)
    directions = [material.items[members].mean(0) for members in draw.members]
    kinds = nn.functional.normalize(torch.from_numpy(np.stack(directions)))
    read = [PhotoReading.of_row(row) for row in head.read(rows[0, tuning])]
    cosines = torch.from_numpy(np.stack([one.kind for one in read])) @ kinds.T * head.kind_scale
    wanted = torch.stack([draw.wanted[label] for label in labels])
    factors = np.linspace(0.4, 1.2, 33)
    lost = [float(right_mass(cosines * factor + draw.prior, wanted)) for factor in factors]
    scale = float(factors[int(np.argmin(lost))])
    likeliest = (cosines * scale + draw.prior).softmax(1).amax(1).tolist()
    found = [
        evidence(float(known), one.garment, chance)
        for known, one, chance in zip(familiar, read, likeliest, strict=True)
    ]
    return Sureness(scale, float(np.quantile(found, _REFUSED)))


def _loss(network: HeadNetwork, draw: _Draw) -> Tensor:
    material, recipe, random_rows = draw.material, draw.recipe, draw.items()
    directions, scale = draw.directions(), network.kind_scale.exp()
    items = torch.from_numpy(material.items[random_rows])
    photos, wanted = draw.photos()
    corrected, kind, photo_logits = network(photos)
    loss = right_mass(kind @ directions.T * scale + draw.prior, wanted)
    wanted_items = wanted[:, torch.from_numpy(draw.codes[random_rows])]
    loss = loss + recipe.items * right_mass(corrected @ items.T * recipe.item_scale, wanted_items)
    rows = draw.products()
    own = torch.from_numpy(material.items[material.products[rows]])
    studio = torch.from_numpy(material.studio[rows])
    types = torch.from_numpy(draw.codes[material.products[rows]])
    moved, moved_kind, altered_logits = network(torch.from_numpy(material.altered[rows]))
    kept, kept_kind, studio_logits = network(studio)
    plain = studio[:, : network.dimension]
    logits = moved @ torch.cat([own, items]).T * recipe.item_scale
    loss = loss + recipe.product * nn.functional.cross_entropy(logits, torch.arange(len(rows)))
    for vectors in (moved, kept):
        loss = loss + recipe.product * (1 - (vectors * plain).sum(1)).mean()
    for kinds in (moved_kind, kept_kind):
        logits = kinds @ directions.T * scale + draw.prior
        loss = loss + recipe.product_kind * nn.functional.cross_entropy(logits, types)
    _, _, backdrops = network(draw.others(material.backdrops))
    _, _, nothing = network(draw.others(material.nothing))
    studio_chance = _chance_loss(
        (photo_logits[:, 0], altered_logits[:, 0]), (studio_logits[:, 0], backdrops[:, 0])
    )
    garment_chance = _chance_loss(
        (nothing[:, 1],),
        (photo_logits[:, 1], altered_logits[:, 1], studio_logits[:, 1], backdrops[:, 1]),
    )
    return loss + recipe.chances * (studio_chance + garment_chance)


def right_mass(logits: Tensor, wanted: Tensor) -> Tensor:
    """Minus the mean log of the chance that a right one of several answers is drawn."""
    right = logits.masked_fill(~wanted, -torch.inf).logsumexp(1)
    return (logits.logsumexp(1) - right).mean()


def _chance_loss(never: tuple[Tensor, ...], always: tuple[Tensor, ...]) -> Tensor:
    """Binary cross-entropy, the two sides weighed alike."""
    lost = nn.functional.softplus
    return lost(torch.cat(never)).mean() + lost(-torch.cat(always)).mean()


def _chances(labels: NDArray[np.str_], power: float) -> NDArray[np.float64]:
    """Chances (n,) of drawing each row: a label's rarity to a power, 1 for all labels alike."""
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    chances = counts[places] ** -power
    return np.asarray(chances / chances.sum(), np.float64)
