"""Guesses on a grid become the boxes of garments, one each."""

from __future__ import annotations

import numpy as np
import pytest

from twinset.photo.box_grid import MOST_BOXES, boxes_of

HEIGHT, WIDTH = 12, 9


def _guesses(boxes: list[tuple[float, float, float, float]], sure: float = 0.9) -> np.ndarray:
    """Guesses of which the cells in the middle half of each box say where it is."""
    guesses = np.zeros((5, HEIGHT, WIDTH), np.float32)
    for place, (x1, y1, x2, y2) in enumerate(boxes):
        for row in range(HEIGHT):
            for column in range(WIDTH):
                x, y = (column + 0.5) / WIDTH, (row + 0.5) / HEIGHT
                if (
                    abs(x - (x1 + x2) / 2) <= (x2 - x1) / 4
                    and abs(y - (y1 + y2) / 2) <= (y2 - y1) / 4
                ):
                    guesses[:, row, column] = (sure - 0.01 * place, x - x1, y - y1, x2 - x, y2 - y)
    return guesses


@pytest.mark.parametrize(
    "boxes",
    [
        [],
        [(0.1, 0.1, 0.9, 0.9)],
        [(0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)],
        [(0.2, 0.05, 0.8, 0.5), (0.25, 0.48, 0.75, 1.0)],
        [(0.0, 0.1, 0.33, 0.9), (0.34, 0.2, 0.66, 0.8), (0.67, 0.0, 1.0, 0.7)],
    ],
)
def test_each_garment_gets_one_box(boxes: list[tuple[float, float, float, float]]) -> None:
    found = boxes_of(_guesses(boxes))
    there = found[found[:, 0] > 0]
    assert len(there) == len(boxes)
    for box, row in zip(boxes, there, strict=True):  # surest first
        np.testing.assert_allclose(row[1:], box, atol=1e-6)


def test_unsure_cells_and_boxes_beyond_the_most_are_left_out() -> None:
    assert not boxes_of(_guesses([(0.1, 0.1, 0.9, 0.9)], sure=0.4)).any()
    many = [(x / 3, y / 3, (x + 1) / 3, (y + 1) / 3) for x in range(3) for y in range(3)]
    assert (boxes_of(_guesses(many))[:, 0] > 0).sum() == MOST_BOXES


def test_a_box_ends_where_the_photo_does() -> None:
    guesses = np.zeros((5, HEIGHT, WIDTH), np.float32)
    guesses[:, 5, 4] = (0.8, 1, 1, 1, 1)
    np.testing.assert_array_equal(boxes_of(guesses)[0, 1:], (0, 0, 1, 1))
