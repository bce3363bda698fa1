"""From a grid of guesses to the boxes of the garments in a photo."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
MOST_BOXES = 5
# Numbers of a guess and of a box: how sure it is, and four that say where.
NUMBERS = 5
# A cell less sure than this shows the middle of no garment.
_SURE = 0.5
# Boxes that share more than these parts, of both together or of the smaller, are of one garment.
_SAME, _INSIDE = 0.45, 0.7


def boxes_of(guesses: Vectors) -> Vectors:
    """Guesses (5, h, w) -> boxes (MOST_BOXES, 5), surest first, zero after the last.

    A guess is how sure a cell is to be the middle of a garment, and how far the garment reaches
    from it to the left, up, to the right and down. A box is how sure it is, then `x1, y1, x2, y2`;
    all distances and places are fractions of the photo's sides.
    """
    rows, columns = np.nonzero(guesses[0] >= _SURE)
    sure, left, up, right, down = guesses[:, rows, columns]
    across = (columns + 0.5) / guesses.shape[2]
    along = (rows + 0.5) / guesses.shape[1]
    places = np.stack([across - left, along - up, across + right, along + down], axis=1)
    places = places.clip(0, 1)
    found: list[int] = []
    for place in np.argsort(-sure, kind="stable").tolist():
        if len(found) == MOST_BOXES:
            break
        if not any(_are_one(places[place], places[other]) for other in found):
            found.append(place)
    boxes = np.zeros((MOST_BOXES, NUMBERS), np.float32)
    boxes[: len(found), 0] = sure[found]
    boxes[: len(found), 1:] = places[found]
    return boxes


def _are_one(one: Vectors, other: Vectors) -> bool:
    """True if two boxes share so much that they show one garment."""
    shared = _area(np.maximum(one[:2], other[:2]), np.minimum(one[2:], other[2:]))
    areas = _area(one[:2], one[2:]), _area(other[:2], other[2:])
    together = max(sum(areas) - shared, 1e-9)
    return shared / together > _SAME or shared / max(min(areas), 1e-9) > _INSIDE


def _area(start: Vectors, end: Vectors) -> float:
    across, down = np.maximum(end - start, 0)
    return float(across * down)
