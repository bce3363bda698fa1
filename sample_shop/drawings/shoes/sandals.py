"""Flip flops, slides and sandals seen obliquely from above, as a pair on the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas, Pose
from sample_shop.drawings.fasteners import buckle
from sample_shop.geometry import Points, curve, ellipse, line, loop, offset, shift, sweep
from sample_shop.palette import BRASS, WHITE, Colour, darker, lighter, luma, mix
from sample_shop.patterns import Look
from sample_shop.shading import FLAT, LEATHER, RUBBER, Material


@dataclass(frozen=True)
class Sandal:
    """An open shoe on a flat sole; `style` is thong, slide, cross, or gladiator."""

    name: str
    style: str = "thong"
    width: float = 1.0
    thick: float = 9.0
    buckle: bool = False
    leather: bool = False
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """The left one behind, the right one in front."""
        with canvas.posed(Pose(angle=14, dx=-56, dy=-10)):
            self._sandal(canvas, look, -1.0)
        with canvas.posed(Pose(angle=14, dx=54, dy=16)):
            self._sandal(canvas, look, 1.0)

    def _outline(self, side: float) -> Points:
        """A footbed, toe up; the inner edge (towards the other foot) is straighter."""
        w = self.width
        foot = loop(
            (-4, -138),
            (24 * w, -126),
            (42 * w, -88),
            (40 * w, -44),
            (31 * w, 6),
            (32 * w, 66),
            (29 * w, 112),
            (0, 134),
            (-29 * w, 112),
            (-31 * w, 66),
            (-30 * w, 8),
            (-38 * w, -44),
            (-39 * w, -90),
            (-28 * w, -126),
        )
        return foot * (side, 1.0)

    def _sandal(self, canvas: Canvas, look: Look, side: float) -> None:
        """Sole with thickness, footbed, straps."""
        foot = self._outline(side)
        canvas.ground(shift(foot, 5.0, self.thick + 6), 0.40, 10)
        sole: Colour = darker(look.base, 0.35) if not self.leather else (0.26, 0.19, 0.14)
        edge = [shift(foot, 0, float(d)) for d in np.linspace(0, self.thick, 5)]
        canvas.fill(edge, sole, RUBBER)
        canvas.stroke(
            offset(shift(foot, 0.0, self.thick * 0.5), 0),
            1.2,
            WHITE if self.style == "thong" else lighter(sole, 0.2),
            0.7,
        )
        bed = look.paint if not self.leather else (0.70, 0.53, 0.36)
        if self.style == "slide":
            bed = darker(look.base, 0.15)
        body = canvas.fill(foot, bed, Material(12, 0.35, 0.25, 0, 0, 0.02))
        rim = foot * 0.90
        canvas.crease(np.vstack([rim, rim[:2]]), 3, 0.18, body)
        canvas.shade(ellipse(0, 84, 22, 32), 0.12, 14, body)
        canvas.shade(ellipse(2 * side, -62, 30, 40), 0.10, 14, body)
        self._straps(canvas, look, side)

    def _straps(self, canvas: Canvas, look: Look, side: float) -> None:
        """Whatever holds the foot."""
        if self.style == "thong":
            self._thong(canvas, look, side)
        elif self.style == "slide":
            w = self.width
            band = curve((-45 * w, -38), (-20, -58), (0, -62), (20, -58), (45 * w, -38))
            _strap(canvas, band, (50, 56, 56, 50), look.base, Material(14, 0.6, 0.3, 0.03))
            canvas.fill(sweep(band, 12), look.accents[0], FLAT)
        else:
            self._leather_straps(canvas, look.base, side)

    def _thong(self, canvas: Canvas, look: Look, side: float) -> None:
        """The Y of a flip flop, in a second colour on some styles."""
        base = look.base
        tonal = darker(base, 0.25) if luma(base) > 0.12 else lighter(base, 0.18)
        colour = look.accents[0] if look.seed % 3 == 0 else tonal
        post = (-7 * side, -84.0)
        for x, y in ((38 * self.width, 2.0), (-37 * self.width, 6.0)):
            middle = ((post[0] + x) / 2 + np.sign(x) * 8, -58.0)
            _strap(canvas, curve(post, middle, (x, y)), (8, 13, 16), colour, RUBBER)
        canvas.fill(ellipse(post[0], post[1] - 1, 6, 7), colour, RUBBER)

    def _leather_straps(self, canvas: Canvas, colour: Colour, side: float) -> None:
        """Crossed bands or a ladder of them, and a buckled ankle strap."""
        w = self.width
        if self.style == "cross":
            for x in (-w, w):
                band = curve((43 * x, -76), (0, -62), (-40 * x, -16))
                _strap(canvas, band, (24, 22, 26), colour, LEATHER)
        else:
            for y in (-92.0, -52.0, -8.0):
                rung = curve((-42 * w, y + 8), (0, y - 11), (42 * w, y + 8))
                _strap(canvas, rung, (12, 11, 12), colour, LEATHER)
            _strap(canvas, line((0, -104), (0, -18)), (9, 9), colour, LEATHER)
        ankle = curve((-34 * w, 58), (-30, 34), (0, 24), (30, 34), (34 * w, 58))
        _strap(canvas, ankle, (13, 12, 13), colour, LEATHER)
        buckle(canvas, 24 * side, 29, (8, 9), BRASS)


def _strap(
    canvas: Canvas, axis: Points, widths: tuple[float, ...], colour: Colour, stuff: Material
) -> None:
    """A raised band with its shadow on the footbed."""
    band = sweep(axis, *widths)
    canvas.shade(shift(band, 3.0, 7.0), 0.40, 6)
    canvas.fill(
        band,
        colour,
        Material(min(7.0, widths[0] / 2), 0.6, 0.25, stuff.folds, stuff.gloss * 0.6, stuff.grain),
    )
    if stuff is LEATHER:
        for side in (1.0, -1.0):
            canvas.stitch(
                offset(axis, side * (min(widths) / 2 - 2)), mix(colour, WHITE, 0.35), opacity=0.5
            )
