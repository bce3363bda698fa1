"""Socks, a pair in side view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas, Pose
from sample_shop.geometry import (
    box,
    curve,
    join,
    line,
)
from sample_shop.palette import darker
from sample_shop.patterns import Look
from sample_shop.shading import KNIT, Material


@dataclass(frozen=True)
class Socks:
    """A pair of socks in side view; `leg` is the length above the heel."""

    name: str
    leg: float = 150.0
    cuff: float = 30.0
    contrast: bool = True
    bands: int = 0
    material: Material = KNIT
    notes: tuple[str, ...] = ()
    folds_along: float = 0.3
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """One behind the other."""
        drop = (150.0 - self.leg) * 0.30
        with canvas.posed(Pose(dx=-40, dy=-14 - drop, angle=2)):
            self._sock(canvas, look)
        with canvas.posed(Pose(dx=20, dy=12 - drop, angle=-3)):
            self._sock(canvas, look)

    def _sock(self, canvas: Canvas, look: Look) -> None:
        """Leg, heel, foot; cuff ribs; contrast heel and toe."""
        y0 = 66.0 - self.leg
        outline = join(
            curve((-64, y0), (-62, 0), (-66, 50), (-70, 96), (-58, 124), (-30, 134)),
            curve((-24, 134), (20, 138), (64, 146), (92, 148)),
            curve((98, 148), (116, 136), (112, 112), (88, 98)),
            curve((84, 96), (40, 84), (12, 66), (2, 36), (2, 0), (4, y0)),
        )
        sock = canvas.fill(outline, look.paint, Material(24, 0.5, 0.3, 0.06, 0, 0.03))
        second = look.accents[0] if self.contrast else darker(look.base, 0.08)
        heel = join(
            curve((-80, 62), (-40, 84), (-26, 106), (-34, 150)), line((-100, 150), (-100, 62))
        )
        toe = join(curve((66, 80), (58, 110), (70, 160)), line((140, 160), (140, 80)))
        for patch, seam in (
            (heel, curve((-80, 62), (-40, 84), (-26, 106), (-34, 150))),
            (toe, curve((66, 80), (58, 110), (70, 160))),
        ):
            canvas.fill(patch, second, Material(20, 0.4, 0.25, 0.05, 0, 0.03), sock)
            canvas.crease(seam, 3, 0.2, sock)
        for k in range(self.bands):
            y = y0 + self.cuff + 12 + 16 * k
            canvas.fill(
                box(-90, y, 30, y + 8),
                look.accents[k % 3],
                Material(20, 0.1, 0, 0.05, 0, 0.02),
                sock,
            )
        cuff = canvas.fill(
            box(-66, y0 - 3, 6, y0 + self.cuff, 3), second, Material(12, 0.5, 0.3, 0.02, 0, 0.03)
        )
        for x in np.arange(-62, 5, 5.2):
            canvas.crease(line((x, y0 - 2), (x, y0 + self.cuff)), 3, 0.22, cuff)
        canvas.crease(curve((-10, 52), (-30, 78), (-56, 84)), 8, 0.15, sock)
        canvas.crease(curve((2, 44), (-20, 62), (-44, 62)), 8, 0.12, sock)
