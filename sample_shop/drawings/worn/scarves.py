"""Scarves, looped once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.geometry import (
    Points,
    curve,
    join,
    offset,
    shift,
    sweep,
)
from sample_shop.palette import darker
from sample_shop.patterns import Look
from sample_shop.shading import KNIT, Material


@dataclass(frozen=True)
class Scarf:
    """A scarf looped once, both ends hanging; `fringe` is its length."""

    name: str
    width: float = 58.0
    length: float = 230.0
    fringe: float = 22.0
    material: Material = KNIT
    notes: tuple[str, ...] = ()
    folds_along: float = 0.9
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Far side of the loop, the two ends, the near side, the knot."""
        top, w = -170.0, self.width
        back = curve((-62, top + 52), (-40, top + 8), (0, top - 2), (40, top + 8), (62, top + 52))
        canvas.fill(sweep(back, w * 0.72), darker(look.base, 0.25), self.material)
        knot = top + 112
        for side, drop in ((1.0, 0.92), (-1.0, 1.0)):
            end = knot + self.length * drop
            axis = curve(
                (side * 8, knot - 6),
                (side * 22, knot + 60),
                (side * 34, (knot + end) / 2 + 30),
                (side * 40, end),
            )
            self._end(canvas, look, axis)
        for side in (-1.0, 1.0):
            near = curve(
                (side * 58, top + 30),
                (side * 60, top + 64),
                (side * 34, top + 96),
                (side * -4, knot + 4),
            )
            roll = canvas.fill(sweep(near, w * 0.62, w * 0.9, w * 0.62), look.paint, self.material)
            for k in (-0.2, 0.12, 0.3):
                canvas.crease(offset(near, k * w * 0.9), 7, 0.26, roll)
        wrap = join(
            curve((-27, knot - 20), (0, knot - 30), (27, knot - 18)),
            curve((32, knot + 16), (2, knot + 30), (-30, knot + 20)),
        )
        canvas.shade(shift(wrap, 0.0, 6.0), 0.4, 8)
        band = canvas.fill(wrap, look.paint, Material(16, 0.65, 0.3, 0.05, 0, 0.02))
        for k in (-8, 6):
            canvas.crease(
                curve((-32, knot + k), (0, knot + k + 6), (32, knot + k + 2)), 7, 0.3, band
            )

    def _end(self, canvas: Canvas, look: Look, axis: Points) -> None:
        """One hanging end with its folds and fringe."""
        w = self.width
        x, y = axis[-1]
        if self.fringe:
            strands = [
                sweep(
                    curve(
                        (x + k, y - 3),
                        (x + k * 1.03 + (i % 3 - 1), y + self.fringe * 0.6),
                        (x + k * 1.08 + (i % 2) * 2 - 1, y + self.fringe),
                    ),
                    2.4,
                )
                for i, k in enumerate(np.arange(-w / 2 + 2, w / 2, 4.2))
            ]
            canvas.fill(strands, darker(look.base, 0.08), Material(3, 0.5, 0.3, 0.03))
        tail = canvas.fill(sweep(axis, w * 0.55, w * 0.86, w, w), look.paint, self.material)
        for k in (-0.28, 0.02, 0.27):
            canvas.crease(offset(axis, np.linspace(k * w * 0.5, k * w, len(axis))), 9, 0.22, tail)
