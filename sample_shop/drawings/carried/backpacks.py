"""Backpacks, front view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings.fasteners import zip_line
from sample_shop.geometry import (
    Points,
    box,
    curve,
    ellipse,
    join,
    line,
    mirror,
    shift,
    sweep,
    symmetric,
)
from sample_shop.palette import BRASS, STEEL, darker, luma, thread
from sample_shop.patterns import Look
from sample_shop.shading import CANVAS, FLAT, HARDWARE, Field, Material


@dataclass(frozen=True)
class Backpack:
    """A backpack; `pockets` is the number of zipped front pockets (0 draws a flap top)."""

    name: str
    width: float = 98.0
    height: float = 275.0
    pockets: int = 1
    two_tone: bool = False
    side_pockets: bool = True
    material: Material = CANVAS
    notes: tuple[str, ...] = ()
    folds_along: float = 0.1
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Straps behind, handle, side pockets, body, front pockets."""
        y0, y1, w = -self.height / 2 + 12, self.height / 2 + 12, self.width
        canvas.ground(ellipse(2, y1 + 1, w + 4, 8), 0.42, 9)
        strap = darker(look.base, 0.45) if luma(look.base) > 0.12 else (0.24, 0.24, 0.26)
        for side in (1.0, -1.0):
            band = curve(
                (side * 42, y0 + 8),
                (side * (w + 16), y0 + 60),
                (side * (w + 18), y1 - 90),
                (side * (w - 6), y1 - 18),
            )
            canvas.fill(sweep(band, 17, 15, 9), strap, Material(6, 0.6, 0.3, 0.03))
        handle = curve((-26, y0 + 8), (-21, y0 - 19), (0, y0 - 25), (21, y0 - 19), (26, y0 + 8))
        canvas.fill(sweep(handle, 9), strap, Material(4, 0.6, 0.3, 0))
        if self.side_pockets:
            for side in (1.0, -1.0):
                net = curve(
                    (side * (w - 20), y1 - 92),
                    (side * (w + 12), y1 - 84),
                    (side * (w + 10), y1 - 22),
                    (side * (w - 20), y1 - 10),
                )
                canvas.fill(net, darker(look.base, 0.4), Material(7, 0.5, 0.3, 0.04))
        body = canvas.fill(self._body(y0, y1), look.paint, self.material)
        if self.two_tone:
            canvas.fill(
                box(-w - 5, y1 - self.height * 0.36, w + 5, y1 + 10),
                look.accents[0],
                self.material,
                body,
            )
        if self.pockets:
            self._zips(canvas, look, body, y0, y1)
        else:
            self._flap(canvas, look, body, y0, y1)

    def _body(self, y0: float, y1: float) -> Points:
        """An arch on a rounded base."""
        w = self.width
        return symmetric(
            join(
                curve((0, y0), (w * 0.45, y0 + 3), (w * 0.80, y0 + 24), (w * 0.95, y0 + 72)),
                curve((w * 0.97, y0 + 84), (w + 2, (y0 + y1) / 2 + 20), (w, y1 - 34)),
                curve((w * 0.98, y1 - 22), (w * 0.86, y1 - 4), (w * 0.6, y1), (0, y1 + 2)),
            )
        )

    def _zips(self, canvas: Canvas, look: Look, body: Field, y0: float, y1: float) -> None:
        """The main zip follows the arch; each front pocket has its own."""
        w, dark = self.width, darker(look.base, 0.5)
        arch = curve(
            (-w * 0.90, y0 + 132),
            (-w * 0.80, y0 + 64),
            (-w * 0.5, y0 + 26),
            (0, y0 + 17),
            (w * 0.5, y0 + 26),
            (w * 0.80, y0 + 64),
            (w * 0.90, y0 + 132),
        )
        zip_line(canvas, arch, dark, STEEL, body)
        canvas.fill(box(-15, y0 + 42, 15, y0 + 56, 2), look.accents[0], FLAT)
        canvas.print([box(-10, y0 + 46, 10, y0 + 48), box(-10, y0 + 50, 5, y0 + 52)], look.base)
        spans = (
            [(y0 + 122, y1 - 16)]
            if self.pockets == 1
            else [(y0 + 82, y0 + 162), (y0 + 150, y1 - 12)]
        )
        for n, (top, low) in enumerate(spans):
            half = w * (0.74 if self.pockets == 1 or n else 0.60)
            self._pocket(canvas, look, body, half, (top, low))
        for side in (1.0, -1.0):
            canvas.fill(
                sweep(line((side * w * 0.99, y1 - 74), (side * w * 0.80, y1 - 72)), 7),
                dark,
                Material(3, 0.5, 0.2, 0),
            )

    def _pocket(
        self, canvas: Canvas, look: Look, body: Field, half: float, span: tuple[float, float]
    ) -> None:
        """A padded front pocket, `half` is its half width, between two heights, with its zip."""
        top, low = span
        shape = symmetric(
            join(
                curve((0, top), (half * 0.7, top + 3), (half, top + 22)),
                curve((half + 3, low - 26), (half * 0.9, low - 3), (0, low)),
            )
        )
        canvas.shade(shift(shape, 0, 4), 0.32, 8, body)
        paint = darker(look.accents[0], 0.08) if self.two_tone else look.paint
        pocket = canvas.fill(shape, paint, Material(13, 0.5, 0.3, 0.05, 0.02, 0.03))
        right = curve((0, top + 11), (half * 0.72, top + 14), (half - 2, top + 40))
        zip_line(canvas, join(mirror(right), right), darker(look.base, 0.5), STEEL, pocket)

    def _flap(self, canvas: Canvas, look: Look, body: Field, y0: float, y1: float) -> None:
        """A rucksack lid held by two straps, over a front pocket."""
        w, leather = self.width, (0.50, 0.32, 0.19)
        pocket = box(-w * 0.66, y0 + 160, w * 0.66, y1 - 14, 12)
        canvas.shade(shift(pocket, 0.0, 4.0), 0.3, 7, body)
        canvas.fill(pocket, look.paint, Material(12, 0.5, 0.3, 0.05))
        canvas.stitch(np.vstack([pocket, pocket[:1]]), thread(look.base), 3.5)
        lid = symmetric(
            join(
                curve((0, y0 - 4), (w * 0.5, y0 - 1), (w * 0.86, y0 + 24), (w * 0.99, y0 + 80)),
                curve((w * 0.98, y0 + 106), (w * 0.84, y0 + 126), (0, y0 + 130)),
            )
        )
        canvas.shade(shift(lid, 0.0, 6.0), 0.4, 8, body)
        canvas.fill(lid, look.paint if not self.two_tone else look.accents[0], self.material)
        canvas.stitch(
            curve(
                (-w * 0.95, y0 + 100),
                (-w * 0.8, y0 + 120),
                (0, y0 + 124),
                (w * 0.8, y0 + 120),
                (w * 0.95, y0 + 100),
            ),
            thread(look.base),
        )
        for side in (1.0, -1.0):
            x = side * w * 0.42
            canvas.shade(box(x - 6, y0 + 66, x + 8, y0 + 186, 3), 0.25, 4)
            canvas.fill(
                box(x - 7, y0 + 66, x + 7, y0 + 184, 4), leather, Material(5, 0.6, 0.3, 0, 0.3)
            )
            canvas.fill(
                [box(x - 11, y0 + 138, x + 11, y0 + 158, 3)],
                BRASS,
                HARDWARE,
                holes=[box(x - 6, y0 + 143, x + 6, y0 + 153, 2)],
            )
