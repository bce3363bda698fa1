"""Random batches for training on photos and products, rare kinds more often than their share."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.photo.material import Material, Rows, Vectors
from training.photo.shopper_labels import ARTICLE_TYPES
from twinset.photo.catalogue_kinds import PRIOR

Views = Rows


class Draw:
    """Draws rows of a material. `balance` from 0 to 1 says how alike labels are drawn."""

    def __init__(self, material: Material, balance: float, seed: int) -> None:
        self.material = material
        self.random = np.random.default_rng(seed)
        self.kinds, self.codes, counts = np.unique(
            material.types, return_inverse=True, return_counts=True
        )
        self.prior = torch.from_numpy(PRIOR * np.log(counts / counts.sum())).float()
        self.members = [np.flatnonzero(self.codes == kind) for kind in range(len(self.kinds))]
        self._photo = chances_by_rarity(material.labels, balance)
        self._item = chances_by_rarity(material.types, 0.5)
        self._product = chances_by_rarity(material.types[material.products], 0.5)
        self.wanted = {
            label: torch.from_numpy(np.isin(self.kinds, sorted(ARTICLE_TYPES[label])))
            for label in np.unique(material.labels).tolist()
        }

    def photos(self, count: int) -> tuple[Views, Rows, Tensor]:
        """Random views of random photos, and which kinds are right for each (count, kinds)."""
        rows = self.random.choice(len(self._photo), count, p=self._photo)
        views = self.random.integers(0, len(self.material.photos), count)
        return views, rows, self.wanted_of(self.material.labels[rows])

    def wanted_of(self, labels: NDArray[np.str_]) -> Tensor:
        """Which kinds are right (n, kinds) for labels."""
        return torch.stack([self.wanted[label] for label in labels.tolist()])

    def products(self, count: int) -> Rows:
        return self.random.choice(len(self._product), count, p=self._product)

    def types(self, rows: Rows) -> Tensor:
        """The places of the kinds of products."""
        return torch.from_numpy(self.codes[self.material.products[rows]])

    def items(self, count: int) -> Rows:
        return self.random.choice(len(self._item), count, p=self._item)

    def some(self, rows: Vectors, count: int) -> Tensor:
        return torch.from_numpy(rows[self.random.integers(0, len(rows), count)])

    def directions(self, count: int) -> Tensor:
        """Unit directions of all kinds, each from a few of its items as in a small catalogue."""
        drawn = [rows[self.random.integers(0, len(rows), count)] for rows in self.members]
        return nn.functional.normalize(self._means(drawn))

    def all_directions(self) -> Tensor:
        """Unit directions of all kinds, from all items."""
        return nn.functional.normalize(self._means(self.members))

    def _means(self, members: list[Rows]) -> Tensor:
        items = self.material.items
        return torch.from_numpy(np.stack([items[rows].mean(0) for rows in members]))


def right_mass(logits: Tensor, wanted: Tensor) -> Tensor:
    """Minus the mean log of the chance that a right one of several answers is drawn."""
    right = logits.masked_fill(~wanted, -torch.inf).logsumexp(1)
    return (logits.logsumexp(1) - right).mean()


def chances_by_rarity(labels: NDArray[np.str_], power: float) -> NDArray[np.float64]:
    """Chances (n,) of drawing each row: a label's rarity to a power, 1 for all labels alike."""
    _, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    chances = counts[places] ** -power
    return np.asarray(chances / chances.sum(), np.float64)
