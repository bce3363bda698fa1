"""Pictures that show nothing to wear and that no photo head learnt from.

Photos that scikit-image and scikit-learn ship, and pictures made by code that shares nothing with
`training.photo.pictures.made_pictures`: fractals, digits, stars, rings, mazes, tables, cells,
waves.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable
from importlib import resources

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, UnidentifiedImageError
from PIL.Image import Image as Picture
from sklearn.datasets import load_digits

Pixels = NDArray[np.float64]
_SIDE = 192


def shipped_pictures() -> Iterable[Picture]:
    """Every picture inside the packages scikit-image and scikit-learn that Pillow reads."""
    for package in ("skimage.data", "sklearn.datasets.images"):
        for file in sorted(resources.files(package).iterdir(), key=lambda one: one.name):
            if file.name.endswith((".png", ".jpg", ".gif", ".tif")):
                with contextlib.suppress(UnidentifiedImageError):
                    yield Image.open(io.BytesIO(file.read_bytes())).convert("RGB")


def drawn_pictures(count: int, draw: Generator) -> Iterable[Picture]:
    """As many of each sort, in random colours."""
    sorts: tuple[Callable[[Generator], Pixels], ...]
    sorts = (_fractal, _digits, _stars, _rings, _maze, _table, _cells, _waves)
    for number in range(count):
        yield _coloured(sorts[number % len(sorts)](draw), draw)


def _coloured(values: Pixels, draw: Generator) -> Picture:
    """Values from 0 to 1 between two colours."""
    first, second = draw.uniform(0, 255, (2, 3))
    pixels = first + (second - first) * values[..., None].clip(0, 1)
    return Image.fromarray(pixels.astype(np.uint8))


def _grid() -> tuple[Pixels, Pixels]:
    down, across = np.mgrid[0:_SIDE, 0:_SIDE] / _SIDE
    return down, across


def _fractal(draw: Generator) -> Pixels:
    down, across = _grid()
    point = 3 * (across - 0.5) + 3j * (down - 0.5)
    constant = 0.7885 * np.exp(1j * draw.uniform(0, 2 * np.pi))
    steps = np.zeros(point.shape)
    for _ in range(40):
        inside = np.abs(point) < 2
        point = np.where(inside, point**2 + constant, point)
        steps += inside
    return np.asarray(steps / 40)


def _digits(draw: Generator) -> Pixels:
    images = np.asarray(load_digits().images / 16, np.float64)
    rows = [np.concatenate(images[draw.integers(0, len(images), 6)], axis=1) for _ in range(6)]
    return np.asarray(np.concatenate(rows).repeat(4, axis=0).repeat(4, axis=1))


def _stars(draw: Generator) -> Pixels:
    sky = np.zeros((_SIDE, _SIDE))
    count = int(draw.integers(60, 400))
    sky[draw.integers(0, _SIDE, count), draw.integers(0, _SIDE, count)] = draw.uniform(
        0.3, 1, count
    )
    return sky + 0.6 * np.roll(sky, 1, axis=0)


def _rings(draw: Generator) -> Pixels:
    down, across = _grid()
    x, y, wide = draw.uniform(0.2, 0.8), draw.uniform(0.2, 0.8), draw.uniform(20, 120)
    return np.asarray(0.5 + 0.5 * np.sin(wide * np.hypot(across - x, down - y)))


def _maze(draw: Generator) -> Pixels:
    cells = (draw.random((24, 24)) < 0.5).repeat(8, axis=0).repeat(8, axis=1)
    down, across = np.mgrid[0:_SIDE, 0:_SIDE] % 8
    lines = np.where(cells, np.abs(down - across) < 2, np.abs(down + across - 7) < 2)
    return np.asarray(lines, np.float64)


def _table(draw: Generator) -> Pixels:
    page = Image.new("L", (_SIDE, _SIDE), 255)
    pen = ImageDraw.Draw(page)
    high, wide = (int(draw.integers(14, 30)), int(draw.integers(28, 60)))
    for top in range(0, _SIDE, high):
        pen.line((0, top, _SIDE, top), fill=120)
        for left in range(0, _SIDE, wide):
            pen.line((left, 0, left, _SIDE), fill=120)
            pen.text((left + 3, top + 2), str(int(draw.integers(0, 9999))), fill=0)
    return np.asarray(page) / 255


def _cells(draw: Generator) -> Pixels:
    down, across = _grid()
    seeds = draw.random((int(draw.integers(8, 40)), 2))
    apart = np.hypot(down[..., None] - seeds[:, 0], across[..., None] - seeds[:, 1])
    nearest = np.sort(apart, axis=2)
    return np.asarray(1 - 12 * (nearest[..., 1] - nearest[..., 0]))


def _waves(draw: Generator) -> Pixels:
    down, across = _grid()
    total = np.zeros(down.shape)
    for _ in range(4):
        turn, fast = draw.uniform(0, 2 * np.pi), draw.uniform(3, 30)
        total += np.sin(fast * (np.cos(turn) * across + np.sin(turn) * down) + turn)
    return total / 8 + 0.5
