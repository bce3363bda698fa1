"""Fitting what finds the boxes of garments, on scenes made by code (CenterNet, 2019).

A garment's middle is a soft spot on a grid; every cell of the spot says how far the garment
reaches to its four sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.photo.late_branch import BoxFinder
from training.photo.material import Material, Vectors

# Spread of a spot, as a part of the garment's width and height, and the least in any direction.
_SPREAD, _LEAST = 0.22, 0.03
_INSIDE = 0.5  # cells of a spot at least this bright say where the garment ends


@dataclass(frozen=True)
class BoxRecipe:
    """How the finder is fitted."""

    epochs: int = 24
    batch: int = 64
    rate: float = 3e-3
    decay: float = 0.02
    reach: float = 2.0  # weight of where garments end beside where they are
    seed: int = 0


@dataclass(frozen=True)
class Goals:
    """What the finder should say of scenes: `spots` (n, h, w), `reaches` (n, 4, h, w) and for which
    cells those hold, `inside` (n, h, w)."""

    spots: Tensor
    reaches: Tensor
    inside: Tensor

    def __getitem__(self, rows: Tensor) -> Goals:
        return Goals(self.spots[rows], self.reaches[rows], self.inside[rows])

    def mirrored(self) -> Goals:
        """The goals of the mirrored scenes: left and right change places."""
        reaches = self.reaches.flip(3)[:, [2, 1, 0, 3]]
        return Goals(self.spots.flip(2), reaches, self.inside.flip(2))


def fit_boxes(material: Material, recipe: BoxRecipe | None = None) -> BoxFinder:
    """The finder after the last epoch."""
    recipe = recipe or BoxRecipe()
    torch.manual_seed(recipe.seed)
    scenes = torch.from_numpy(material.scenes.middle).float()
    goals = goals_of(material.boxes, scenes.shape[2:])
    finder = BoxFinder(scenes.shape[1])
    optimiser = torch.optim.AdamW(finder.parameters(), recipe.rate, weight_decay=recipe.decay)
    batches = max(1, len(scenes) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.rate, total_steps=recipe.epochs * batches + 1
    )
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(scenes)).tensor_split(batches):
            inputs, wanted = scenes[rows], goals[rows]
            if torch.rand(1) < 0.5:
                inputs, wanted = inputs.flip(3), wanted.mirrored()
            loss = box_loss(finder(inputs), wanted, recipe.reach)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            schedule.step()
    return finder.eval()


def goals_of(boxes: Vectors, size: tuple[int, ...]) -> Goals:
    """The goals for boxes (n, m, 4), NaN after the last of a scene, on a grid of `size` (h, w)."""
    spots = np.zeros((len(boxes), *size), np.float32)
    reaches = np.zeros((len(boxes), 4, *size), np.float32)
    inside = np.zeros(spots.shape, np.bool_)
    for row, of_scene in enumerate(boxes):
        there = of_scene[~np.isnan(of_scene[:, 0])]
        areas = (there[:, 2] - there[:, 0]) * (there[:, 3] - there[:, 1])
        for box in there[np.argsort(-areas)]:  # the smaller garment wins a cell
            spot, cell = _spot(box, size)
            spots[row] = np.maximum(spots[row], spot)
            spots[row][cell] = 1
            within = spot > _INSIDE
            within[cell] = True
            inside[row] |= within
            reaches[row][:, within] = _reaches(box, size)[:, within]
    return Goals(*(torch.from_numpy(part) for part in (spots, reaches, inside)))


def _centres(size: tuple[int, ...]) -> tuple[Vectors, Vectors]:
    """The middles of columns (1, w) and of rows (h, 1)."""
    along, across = (np.asarray((np.arange(n) + 0.5) / n, np.float32) for n in size)
    return across[None, :], along[:, None]


def _spot(box: Vectors, size: tuple[int, ...]) -> tuple[Vectors, tuple[int, int]]:
    """How near each cell is to the middle of a box, from 0 to 1, and the nearest cell."""
    x1, y1, x2, y2 = box.tolist()
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    across, along = _centres(size)
    wide, high = _SPREAD * (x2 - x1) + _LEAST, _SPREAD * (y2 - y1) + _LEAST
    spot = np.exp(-(((across - x) / wide) ** 2 + ((along - y) / high) ** 2) / 2)
    cell = min(int(y * size[0]), size[0] - 1), min(int(x * size[1]), size[1] - 1)
    return spot.astype(np.float32), cell


def _reaches(box: Vectors, size: tuple[int, ...]) -> NDArray[np.float32]:
    """How far a box reaches from each cell to the left, up, to the right and down, (4, h, w)."""
    across, along = (np.broadcast_to(one, size) for one in _centres(size))
    x1, y1, x2, y2 = box
    return np.stack([across - x1, along - y1, x2 - across, y2 - along])


def box_loss(guesses: Tensor, goals: Goals, reach: float) -> Tensor:
    """Focal loss of the spots; of where garments end, their overlap and distance."""
    sure = guesses[:, 0].sigmoid().clamp(1e-4, 1 - 1e-4)
    middle = goals.spots > 0.999
    hit, miss = (1 - sure) ** 2 * sure.log(), (1 - goals.spots) ** 4 * sure**2 * (1 - sure).log()
    focal = -torch.where(middle, hit, miss).sum() / middle.sum().clamp(min=1)
    if not goals.inside.any():
        return focal
    found = guesses[:, 1:].sigmoid().permute(0, 2, 3, 1)[goals.inside]
    right = goals.reaches.permute(0, 2, 3, 1)[goals.inside]
    overlap = 1 - _overlap(found, right).mean()
    return focal + reach * (overlap + nn.functional.l1_loss(found, right) * 4)


def _overlap(found: Tensor, right: Tensor) -> Tensor:
    """Intersection over union of boxes (n, 4) that reach from the same cells."""
    least = torch.minimum(found, right)
    shared = (least[:, 0] + least[:, 2]) * (least[:, 1] + least[:, 3])
    areas = [(box[:, 0] + box[:, 2]) * (box[:, 1] + box[:, 3]) for box in (found, right)]
    return shared / (areas[0] + areas[1] - shared).clamp(min=1e-6)
