"""Baseball caps and beanies, front view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas, Pose
from sample_shop.drawings.prints import emblem
from sample_shop.geometry import (
    curve,
    ellipse,
    join,
    line,
    offset,
    sample,
    shift,
    sweep,
    symmetric,
    trim,
)
from sample_shop.palette import darker, thread
from sample_shop.patterns import Look
from sample_shop.shading import COTTON, FLAT, Field, Material


@dataclass(frozen=True)
class Cap:
    """A baseball cap in front view, turned a little; or a knitted beanie."""

    name: str
    beanie: bool = False
    brim: float = 1.0
    two_tone: bool = False
    pompom: bool = False
    material: Material = COTTON
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Crown and peak, or crown and rolled cuff."""
        if self.beanie:
            self._beanie(canvas, look)
        else:
            self._cap(canvas, look)

    def _cap(self, canvas: Canvas, look: Look) -> None:
        """Crown panels, eyelets, button, badge, peak."""
        canvas.ground(ellipse(0, 78, 124, 10), 0.36, 10)
        crown = symmetric(
            join(
                curve((0, -92), (44, -88), (86, -58), (106, -4), (108, 44)),
                curve((90, 50), (40, 34), (0, 30)),
            )
        )
        dome = canvas.fill(crown, look.paint, Material(34, 0.55, 0.25, 0.05))
        dark = darker(look.base, 0.35)
        for side in (1.0, -1.0):
            panel = curve((0, -92), (side * 38, -62), (side * 58, -10), (side * 60, 44))
            canvas.crease(panel, 3, 0.25, dome)
            canvas.stitch(offset(panel, 3), thread(look.base), opacity=0.5)
            canvas.stitch(offset(panel, -3), thread(look.base), opacity=0.5)
            canvas.fill(ellipse(side * 80, -30, 3.6, 4.2), dark, FLAT)
            canvas.fill(ellipse(side * 22, -64, 3.2, 3.2), dark, FLAT)
        canvas.crease(line((0, -92), (0, 32)), 3, 0.2, dome)
        canvas.fill(
            ellipse(0, -93, 9, 5),
            look.accents[0] if self.two_tone else dark,
            Material(4, 0.8, 0.3, 0),
        )
        with canvas.posed(Pose(scale=3.6, dy=-14)):
            emblem(canvas, look, 0, 0)
        self._peak(canvas, look, dome)

    def _peak(self, canvas: Canvas, look: Look, dome: Field) -> None:
        """The peak curves towards the viewer; rows of stitching follow it."""
        b = self.brim
        back = curve((104, 40), (62, 28), (0, 22), (-62, 28), (-104, 40))
        front = curve(
            (-104, 40),
            (-118, 62),
            (-84, 78 + 10 * b),
            (0, 84 + 18 * b),
            (84, 78 + 10 * b),
            (118, 62),
            (104, 40),
        )
        paint = look.accents[0] if self.two_tone else look.base
        canvas.shade(sweep(shift(back, 0.0, -4.0), 12), 0.3, 7, dome)
        peak = canvas.fill(join(back, front), paint, Material(16, 0.55, 0.3, 0.01))
        canvas.shade(
            curve((-112, 58), (0, 40), (112, 58), (112, 66), (0, 52), (-112, 66)), -0.12, 10, peak
        )
        lower, upper = trim(front[::-1], 0.06, 0.94), back
        for t in (0.25, 0.45, 0.65, 0.85):
            a, c = sample(upper, np.linspace(0, 1, 30)), sample(lower, np.linspace(0, 1, 30))
            canvas.stitch(a * (1 - t) + c * t, thread(paint), opacity=0.45)

    def _beanie(self, canvas: Canvas, look: Look) -> None:
        """Rib knit with a turned-up cuff."""
        canvas.ground(ellipse(0, 104, 98, 8), 0.36, 9)
        crown = symmetric(
            join(curve((0, -104), (44, -96), (82, -56), (98, 10), (98, 66)), line((0, 70)))
        )
        dome = canvas.fill(crown, look.paint, Material(32, 0.55, 0.3, 0.03, 0, 0.03))
        for k in range(-11, 12):
            x = k * 9.0
            rib = curve((x * 0.12, -104), (x * 0.72, -56), (x, 10), (x, 70))
            canvas.crease(rib, 4, 0.2, dome)
        cuff = symmetric(
            join(
                curve((0, 40), (60, 38), (102, 30)),
                curve((106, 40), (106, 84), (102, 96)),
                curve((60, 103), (0, 105)),
            )
        )
        canvas.shade(shift(cuff, 0.0, -4.0), 0.3, 7, dome)
        band = canvas.fill(
            cuff,
            look.accents[0] if self.two_tone else look.base,
            Material(14, 0.55, 0.3, 0.03, 0, 0.03),
        )
        for k in range(-12, 13):
            canvas.crease(line((k * 8.4, 34), (k * 8.4, 106)), 4, 0.24, band)
        if self.pompom:
            ball = np.random.default_rng([look.seed, 31])
            tufts = [ellipse(x, -124 + y, 13, 13) for x, y in ball.normal(0, 11, (34, 2))]
            canvas.fill(tufts, look.accents[0], Material(18, 0.7, 0.3, 0.1, 0, 0.08))
