"""Light on cloth and leather: smooth noise, soft blurs and the relief of a cut-out shape.

Fields are float32 (height, width). The lamp stands above the picture, to the left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]

_LAMP_X, _LAMP_Y = 0.50, 0.86


@dataclass(frozen=True)
class Material:
    """How a surface answers light.

    `bulge` is the width in pixels over which its edge rounds off; the others are strengths,
    0 for none: `depth` of that rounding, `rim` darkening along the edge, `folds`, `gloss`, `grain`.
    """

    bulge: float = 20.0
    depth: float = 0.45
    rim: float = 0.22
    folds: float = 0.085
    gloss: float = 0.0
    grain: float = 0.012


COTTON = Material()
JERSEY = Material(folds=0.075)
KNIT = Material(bulge=24, folds=0.07, grain=0.03)
DENIM = Material(bulge=16, folds=0.10, grain=0.05)
SILK = Material(folds=0.12, gloss=0.22, grain=0.005)
PADDED = Material(bulge=12, depth=0.6, folds=0.12, gloss=0.15)
LEATHER = Material(bulge=14, depth=0.55, folds=0.04, gloss=0.55, grain=0.018)
CANVAS = Material(bulge=14, depth=0.45, folds=0.04, grain=0.035)
RUBBER = Material(bulge=6, depth=0.35, folds=0.0, gloss=0.15, grain=0.006)
METAL = Material(bulge=4, depth=0.9, rim=0.3, folds=0.0, gloss=0.9, grain=0.0)
HARDWARE = Material(bulge=3, depth=0.8, rim=0.25, folds=0.0, gloss=0.6, grain=0.0)
FLAT = Material(bulge=3, depth=0.12, rim=0.08, folds=0.05, grain=0.01)


def resize(field: Field, height: int, width: int, how: Image.Resampling) -> Field:
    """The field resampled; bicubic up, box down."""
    return np.asarray(Image.fromarray(field).resize((width, height), how), dtype=np.float32)


def blur(field: Field, radius: float) -> Field:
    """A smooth low pass about `radius` pixels wide, worked out on a grid coarser by radius / 2."""
    height, width = field.shape
    step = max(1.0, radius / 2)
    small = (max(2, round(height / step)), max(2, round(width / step)))
    coarse = resize(field, *small, Image.Resampling.BOX) if step > 1 else field
    for _ in range(2):
        for axis in (0, 1):
            padded = np.pad(coarse, [(1, 1) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            left, middle, right = (
                (padded[:-2], padded[1:-1], padded[2:])
                if axis == 0
                else (padded[:, :-2], padded[:, 1:-1], padded[:, 2:])
            )
            coarse = 0.25 * left + 0.5 * middle + 0.25 * right
    return resize(coarse, height, width, Image.Resampling.BICUBIC) if step > 1 else coarse


def noise(rng: np.random.Generator, height: int, width: int, rows: int, columns: int) -> Field:
    """Smooth noise with about `rows` by `columns` bumps, mean 0, deviation about 0.6."""
    knots = rng.standard_normal((rows + 3, columns + 3)).astype(np.float32)
    return resize(knots, height, width, Image.Resampling.BICUBIC)


def lit(surface: Field) -> Field:
    """Brightness of a height field under the lamp: its slope towards it."""
    dy, dx = np.gradient(surface)
    return np.asarray(_LAMP_X * dx + _LAMP_Y * dy, dtype=np.float32)


def drape(rng: np.random.Generator, height: int, width: int, along: float) -> Field:
    """Brightness of hanging folds, mean 0 and deviation 1.

    `along` sets their direction: 1 hangs them vertically (skirts, trousers), 0 lets them lie
    in every direction (a T-shirt).
    """
    across = round(6 + 8 * along)
    down = round(8 - 5 * along)
    bumps = noise(rng, height, width, down, across)
    ridges = -np.abs(noise(rng, height, width, down + 1, across)) * 1.2
    detail = noise(rng, height, width, 2 * down + 2, 2 * across) * 0.22
    surface = bumps + ridges + detail
    dy, dx = np.gradient(blur(surface, 3.0))
    light = dx * (0.5 + 0.5 * along) + dy * 0.8
    return np.asarray(light / (light.std() + 1e-6), dtype=np.float32)


def light_on(mask: Field, material: Material, folds: Field) -> tuple[Field, Field]:
    """Brightness factor (1 = as dyed) and highlight (0..1) over a cut-out shape."""
    inner = blur(mask, material.bulge)
    slope = lit(inner) * material.bulge
    hollow = np.clip(1.0 - inner, 0.0, 1.0) ** 1.5
    light = 1.0 + material.depth * slope - material.rim * hollow * 2 + material.folds * folds
    shine = np.clip(slope - 0.10 + 0.1 * material.folds * folds, 0.0, 1.0) * material.gloss
    return light.astype(np.float32), shine.astype(np.float32)
