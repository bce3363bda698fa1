"""Neckties and bow ties."""

from __future__ import annotations

from dataclasses import dataclass

from sample_shop.canvas import Canvas
from sample_shop.geometry import (
    box,
    curve,
    join,
    line,
    shift,
    sweep,
    symmetric,
)
from sample_shop.palette import darker
from sample_shop.patterns import Look
from sample_shop.shading import SILK, Material


@dataclass(frozen=True)
class Tie:
    """A knotted tie with its neck loop; `width` is the half width of the blade."""

    name: str
    width: float = 25.0
    square: bool = False
    bow: bool = False
    material: Material = SILK
    notes: tuple[str, ...] = ()
    folds_along: float = 0.6
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Loop, blade, knot; or a bow tie."""
        if self.bow:
            self._bow(canvas, look)
            return
        y, w = -150.0, self.width
        loop = curve(
            (-12, y), (-26, y - 26), (-17, y - 50), (0, y - 56), (17, y - 50), (26, y - 26), (12, y)
        )
        canvas.fill(sweep(loop, 9), darker(look.base, 0.25), self.material)
        end = 200.0
        tip = line((w * 0.92, end), (0, end)) if self.square else line((w, end - 6), (0, end + 22))
        small = symmetric(join(line((0, y + 10), (7, y + 10), (w * 0.55, end - 52), (0, end - 36))))
        canvas.fill(shift(small, 5.0, 0.0), darker(look.base, 0.3), self.material)
        blade = symmetric(
            join(
                line((0, y + 8), (9, y + 12)),
                curve((9.5, y + 14), (w * 0.55, y + 150), (w, end - 12)),
                tip,
            )
        )
        front = canvas.fill(blade, look.paint, Material(13, 0.55, 0.3, 0.06, 0.3, 0.008))
        canvas.crease(curve((0, y + 16), (2, y + 44), (-1, y + 80)), 6, 0.25, front)
        knot = symmetric(
            join(
                line((0, y - 12)),
                curve((14, y - 13), (18, y - 10)),
                curve((17, y - 4), (9, y + 20), (7, y + 23)),
                line((0, y + 25)),
            )
        )
        canvas.shade(shift(knot, 0.0, 4.0), 0.45, 5)
        canvas.fill(knot, look.paint, Material(9, 0.65, 0.35, 0.03, 0.3))
        canvas.crease(curve((-15, y - 8), (0, y + 4), (8, y + 20)), 4, 0.2)

    def _bow(self, canvas: Canvas, look: Look) -> None:
        """Two wings and a knot on an adjustable band."""
        canvas.fill(
            sweep(
                curve(
                    (-78, -4), (-130, -26), (-120, -62), (0, -84), (120, -62), (130, -26), (78, -4)
                ),
                8,
            ),
            darker(look.base, 0.2),
            self.material,
        )
        wing = join(
            curve((4, -10), (40, -38), (84, -46), (96, -40)),
            curve((100, -20), (100, 20), (96, 40)),
            curve((84, 46), (40, 36), (4, 12)),
        )
        for side in (1.0, -1.0):
            part = canvas.fill(wing * (side, 1.0), look.paint, Material(22, 0.6, 0.3, 0.06, 0.25))
            for dy in (-18.0, 0.0, 18.0):
                canvas.crease(
                    curve((side * 10, dy * 0.3), (side * 36, dy * 0.7), (side * 62, dy)),
                    7,
                    0.28,
                    part,
                )
        knot = box(-15, -21, 15, 22, 8)
        canvas.shade(shift(knot, 0.0, 3.0), 0.4, 6)
        canvas.fill(knot, look.paint, Material(10, 0.65, 0.35, 0.04, 0.25))
        canvas.crease(line((-4, -20), (-2, 22)), 5, 0.2)
