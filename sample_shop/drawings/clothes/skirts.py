"""Skirts, front view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings.fasteners import buttons
from sample_shop.geometry import (
    curve,
    join,
    line,
    mirror,
    offset,
    shift,
    symmetric,
)
from sample_shop.palette import BRASS, darker, thread
from sample_shop.patterns import Look
from sample_shop.shading import COTTON, FLAT, Field, Material


@dataclass(frozen=True)
class Skirt:
    """A skirt; `style` is plain, pleated, tiered, wrap or denim."""

    name: str
    waist: float = 58.0
    hip: float = 80.0
    hem: float = 105.0
    length: float = 240.0
    style: str = "plain"
    material: Material = COTTON
    notes: tuple[str, ...] = ()
    folds_along: float = 0.9
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Back, panel, folds, waistband."""
        top, bottom, w = -self.length / 2, self.length / 2, self.waist
        back = join(
            curve((-w, top), (0, top + 1), (w, top)),
            curve((w, top + 10), (0, top + 16), (-w, top + 10)),
        )
        canvas.fill(back, darker(look.base, 0.35), FLAT)
        x = np.linspace(self.hem, 0, 60)
        waves = 7.5 if self.style == "pleated" else 4.5
        depth = 3.2 * min(1.0, max(0.0, (self.hem - self.hip) / 30))
        hem = np.column_stack(
            [
                x,
                bottom
                + 8 * (1 - (x / self.hem) ** 2)
                + depth * np.sin(x / self.hem * np.pi * waves),
            ]
        )
        side = curve(
            (w, top + 4),
            (self.hip * 0.93, top + 52),
            ((self.hip + self.hem) / 2, (top + bottom) / 2 + 15),
            (self.hem, bottom),
        )
        front = curve((0, top + 12), (w * 0.6, top + 9.5), (w, top + 4))
        body = canvas.fill(symmetric(join(front, side, hem)), look.paint, self.material)
        self._folds(canvas, look, body)
        self._seams(canvas, body)
        canvas.stitch(offset(join(hem, mirror(hem)[1:]), 5.5), thread(look.base), opacity=0.5)
        self._waistband(canvas, look, body)

    def _folds(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Regular pleats or loose gathers from the waist down."""
        top, bottom = -self.length / 2, self.length / 2
        rng = np.random.default_rng([look.seed, 22])
        count = {"pleated": 15, "denim": 0, "wrap": 5}.get(self.style, 7)
        pleated = self.style == "pleated"
        flare = min(1.0, max(0.2, (self.hem - self.hip + 12) / 40))
        for k in range(count):
            loose = 0.0 if pleated else rng.uniform(-0.1, 0.1)
            f = (k + 0.5) / count * 2 - 1 + loose
            start = top + (28 if pleated else rng.uniform(30, 80))
            path = curve(
                (f * self.waist, start),
                (f * self.hip * 1.03, top + self.length * 0.4),
                (f * self.hem * 0.98, bottom + 9),
            )
            canvas.crease(path, 6 if pleated else 10, 0.32 * flare, body)

    def _seams(self, canvas: Canvas, body: Field) -> None:
        """What the style adds: tiers, the wrap's edge, or a denim front."""
        top, bottom = -self.length / 2, self.length / 2
        if self.style == "tiered":
            for share in (0.38, 0.70):
                y = top + self.length * share
                canvas.crease(curve((-130, y - 3), (0, y + 6), (130, y - 3)), 4, 0.42, body)
        elif self.style == "wrap":
            start, hip = (self.waist * 0.5, top + 26), (self.hip * 0.62, top + 90)
            canvas.crease(curve(start, hip, (self.hem * 0.2, bottom + 10)), 6, 0.45, body)
        elif self.style == "denim":
            canvas.crease(line((0, top + 20), (0, bottom + 8)), 3, 0.25, body)
            right = curve((28, top + 26), (33, top + 48), (54, top + 58), (76, top + 56))
            for edge in (right, right * (-1.0, 1.0)):
                canvas.crease(edge, 4, 0.3, body)
                canvas.stitch(edge, (0.80, 0.55, 0.25), 2.5)
            ys = [float(y) for y in np.arange(top + 44, bottom - 14, 26)]
            buttons(canvas, ys, 0, BRASS, 3.2)

    def _waistband(self, canvas: Canvas, look: Look, body: Field) -> None:
        """A plain band."""
        top, w = -self.length / 2, self.waist
        upper = curve((-w, top + 3), (0, top + 11), (w, top + 3))
        lower = curve((-w - 6, top + 20), (0, top + 29), (w + 6, top + 20))
        canvas.shade(shift(join(upper, lower[::-1]), 0, 3), 0.22, 5, body)
        canvas.fill(join(upper, lower[::-1]), look.paint, Material(8, 0.4, 0.25, 0.05))
        canvas.stitch(offset(lower, -2.5), thread(look.base), opacity=0.4)
