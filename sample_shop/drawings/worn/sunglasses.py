"""Sunglasses from the front: frames, tinted glass and its reflections."""

from __future__ import annotations

from dataclasses import dataclass

from sample_shop.canvas import Canvas
from sample_shop.geometry import (
    Points,
    box,
    curve,
    ellipse,
    line,
    loop,
    shift,
    sweep,
)
from sample_shop.palette import STEEL, Colour, darker, lighter
from sample_shop.patterns import Look
from sample_shop.shading import Field, Material

_RIMS = {
    "wayfarer": ((-56, 0, 62, 60, 44, 0, -38, -54), (-34, -41, -38, -8, 32, 41, 33, 0)),
    "aviator": ((-52, 0, 52, 58, 36, 2, -32, -52), (-32, -40, -34, -4, 42, 52, 34, -4)),
    "round": ((-46, 0, 46, 54, 42, 0, -42, -54), (-30, -48, -30, 0, 34, 48, 34, 0)),
    "cat-eye": ((-54, 0, 50, 74, 60, 38, 0, -40), (-20, -34, -46, -50, -4, 30, 37, 28)),
    "sport": ((-60, 0, 62, 70, 52, 6, -36, -56), (-22, -32, -28, -12, 18, 27, 24, 4)),
}
"""Knots of the right rim clockwise from the upper left: all x, then all y, from its middle."""


@dataclass(frozen=True)
class Sunglasses:
    """Sunglasses from the front, arms receding; `shape` is a key of `_RIMS`."""

    name: str
    shape: str = "wayfarer"
    size: float = 1.0
    tint: float = 0.6
    metal: bool = False
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Arms, bridge, rims, lenses with a gradient and a reflection."""
        canvas.ground(ellipse(4, 58, 132, 6), 0.26, 9)
        frame = look.base
        thin = self.metal or self.shape == "aviator"
        for side in (1.0, -1.0):
            arm = curve((side * 134, -22), (side * 124, -44), (side * 98, -62), (side * 70, -66))
            canvas.fill(
                sweep(arm, 8 if not thin else 4, 5 if not thin else 3),
                darker(frame, 0.35),
                Material(3, 0.5, 0.3, 0, 0.3),
            )
        self._bridge(canvas, frame, thin)
        rim = self._rim()
        for side in (1.0, -1.0):
            outline = rim * (side, 1.0)
            lens = shift(shift(rim, -72, 0) * ((0.955, 0.95) if thin else (0.84, 0.80)), 72, 0)
            canvas.fill(outline, frame, Material(5, 0.8, 0.3, 0, 0.7 if not thin else 0.5))
            glass = canvas.fill(lens * (side, 1.0), self._glass(look), Material(8, -0.25, 0.25, 0))
            self._reflection(canvas, glass, side)
            if not thin:
                canvas.fill(
                    [box(side * 126 - 4, -26, side * 126 + 4, -21, 2)],
                    STEEL,
                    Material(2, 0.8, 0.2, 0, 0.5),
                )

    def _rim(self) -> Points:
        """Outline of the right rim, centred on x = 72."""
        xs, ys = _RIMS[self.shape]
        knots = [(72 + x * self.size, y * self.size) for x, y in zip(xs, ys, strict=True)]
        return loop(*knots)

    def _bridge(self, canvas: Canvas, frame: Colour, thin: bool) -> None:
        """One or two bars over the nose, and the pads of metal frames."""
        if thin:
            canvas.fill(
                sweep(curve((-24, -10), (0, -20), (24, -10)), 4.5),
                frame,
                Material(3, 0.8, 0.3, 0, 0.6),
            )
            if self.shape == "aviator":
                canvas.fill(
                    sweep(curve((-32, -31), (0, -35), (32, -31)), 4.5),
                    frame,
                    Material(3, 0.8, 0.3, 0, 0.6),
                )
            for side in (1.0, -1.0):
                canvas.fill(
                    ellipse(side * 17, 8, 4, 9), (0.86, 0.84, 0.80), Material(3, 0.5, 0.2, 0, 0.3)
                )
        else:
            canvas.fill(
                sweep(curve((-24, -14), (0, -22), (24, -14)), 13, 11, 13),
                frame,
                Material(5, 0.7, 0.3, 0, 0.6),
            )

    def _glass(self, look: Look) -> Colour:
        """Grey, brown or green glass."""
        tints: tuple[Colour, ...] = (
            (0.16, 0.17, 0.19),
            (0.27, 0.19, 0.13),
            (0.16, 0.22, 0.18),
            (0.22, 0.24, 0.34),
        )
        return lighter(tints[look.seed % 4], (1 - self.tint) * 0.5)

    def _reflection(self, canvas: Canvas, glass: Field, side: float) -> None:
        """Lighter towards the bottom, and the window of the studio."""
        x = side * 72
        canvas.shade(ellipse(x, 42, 62, 34), -0.32, 26, glass)
        streak = line((x - 34, 44), (x + 6, -48), (x + 22, -48), (x - 16, 44))
        canvas.shade(streak, -0.16, 4, glass)
        canvas.shade(line((x - 6, 44), (x + 31, -48), (x + 36, -48), (x, 44)), -0.12, 3, glass)
