"""What is read of one photo, and the row of numbers that it travels as."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinset.photo.box_grid import MOST_BOXES, NUMBERS

Vectors = NDArray[np.float32]
Box = tuple[float, float, float, float]
_LEAN = 0.5
_CHANCES, _BOXES = 3, MOST_BOXES * NUMBERS


@dataclass(frozen=True)
class PhotoReading:
    """What the head read of one photo.

    `plain` (d,) is the encoder's own vector; `corrected` (d,) is where items like the garment are
    expected, the same as `plain` for studio pictures; `kind` (d,) points to the items of the
    garment's kind, whatever their colour, and is the longer the surer. `studio` and `garment` are
    chances from 0 to 1. `familiar`, from 0 to 1, is how much the picture looks like what garments
    are taken for. `boxes` hold a garment each, surest first; none are looked for in what
    surely is a studio's picture of one.
    """

    plain: Vectors
    corrected: Vectors
    kind: Vectors
    studio: float
    garment: float
    familiar: float
    boxes: tuple[Box, ...] = ()

    @property
    def leaning(self) -> Vectors:
        """The vector to search with: `plain` with half of `corrected`, of unit length.

        Alone, `corrected` finds the commonest items of a kind, whatever their colour.
        """
        both = self.plain + _LEAN * self.corrected
        return np.asarray(both / max(float(np.linalg.norm(both)), 1e-12), np.float32)

    @classmethod
    def of_row(cls, row: Vectors) -> PhotoReading:
        """Read a row of `PhotoHead.read`."""
        width = (len(row) - _CHANCES - _BOXES) // 3
        plain, corrected, kind = (row[part * width : (part + 1) * width] for part in range(3))
        studio, garment, familiar = row[3 * width : 3 * width + _CHANCES].tolist()
        found = row[-_BOXES:].reshape(MOST_BOXES, NUMBERS)
        boxes = tuple((x1, y1, x2, y2) for sure, x1, y1, x2, y2 in found.tolist() if sure > 0)
        return cls(plain, corrected, kind, studio, garment, familiar, boxes)


def row_width(dimension: int) -> int:
    """How many numbers a row has for vectors of `dimension`."""
    return 3 * dimension + _CHANCES + _BOXES
