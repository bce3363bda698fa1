"""Belts, closed to a ring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.geometry import (
    Points,
    box,
    ellipse,
    join,
    line,
    sample,
    shift,
    sweep,
    trim,
)
from sample_shop.palette import BRASS, STEEL, Colour, darker, lighter, mix, thread
from sample_shop.patterns import Look
from sample_shop.shading import Field, Material

_METAL = Material(3, 0.9, 0.3, 0, 0.7, 0)


@dataclass(frozen=True)
class Belt:
    """A belt closed to a ring; `buckle` is frame, plate, round or double."""

    name: str
    width: float = 34.0
    buckle: str = "frame"
    gold: bool = False
    stitched: bool = True
    braided: bool = False
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """The far half shows its lining; the near half carries buckle, loop and tip."""
        w = self.width
        canvas.ground(ellipse(4, 44 + w / 2, 138, 12), 0.40, 10)
        far = ellipse(0, -8, 140, 44, 180, 360)
        canvas.fill(
            _ribbon(far, w),
            mix(darker(look.base, 0.3), (0.45, 0.31, 0.2), 0.5),
            Material(8, 0.3, 0.4, 0, 0.1),
        )
        near = ellipse(0, -8, 140, 50, 0, 180)
        ribbon = canvas.fill(_ribbon(near, w), look.paint, Material(9, 0.6, 0.35, 0, 0.5, 0.02))
        for side in (-1.0, 1.0):
            canvas.shade(ellipse(side * 140, -4, 16, w), 0.35, 12, ribbon)
        if self.stitched:
            for dy in (-w / 2 + 4, w / 2 - 4):
                canvas.stitch(shift(near, 0.0, dy), thread(look.base))
        if self.braided:
            self._braid(canvas, near, look, ribbon)
        self._tip(canvas, near, look, ribbon)
        self._buckle(canvas, BRASS if self.gold else STEEL)

    def _braid(self, canvas: Canvas, near: Points, look: Look, clip: Field) -> None:
        """Crossing strands."""
        for t in np.linspace(0.02, 0.98, 52):
            x, y = sample(near, [float(t)])[0]
            for slope in (6.0, -6.0):
                path = line((x - slope, y - self.width / 2), (x + slope, y + self.width / 2))
                canvas.stroke(path, 1.5, darker(look.base, 0.55), 0.5, clip)

    def _tip(self, canvas: Canvas, near: Points, look: Look, clip: Field) -> None:
        """The end that has passed the buckle, its loop and the holes."""
        w = self.width
        end = trim(near, 0.53, 0.72)
        tongue = _ribbon(end, w - 1)
        canvas.shade(shift(tongue, -3.0, 2.0), 0.3, 5, clip)
        canvas.fill(tongue, look.paint, Material(8, 0.6, 0.35, 0, 0.5, 0.02))
        for t in (0.78, 0.83, 0.88):
            x, y = sample(near, [t])[0]
            canvas.print([ellipse(x, y, 2, 2.4)], darker(look.base, 0.8))
        x, y = sample(near, [0.645])[0]
        keeper = box(x - 6, y - w / 2 - 2, x + 6, y + w / 2 + 2, 2)
        canvas.shade(shift(keeper, 1.0, 2.0), 0.35, 4)
        canvas.fill(keeper, darker(look.base, 0.1), Material(4, 0.7, 0.3, 0, 0.4))

    def _buckle(self, canvas: Canvas, metal: Colour) -> None:
        """The buckle at the front."""
        h, y = self.width / 2 + 6, 42.0
        if self.buckle == "plate":
            canvas.fill(box(-30, y - h, 26, y + h, 5), metal, Material(6, 0.8, 0.3, 0, 0.7))
            canvas.print(
                line((-18, y + 8), (-2, y - 10), (14, y + 8), (-2, y + 1)), darker(metal, 0.55), 0.8
            )
        elif self.buckle == "round":
            canvas.fill(
                [ellipse(-2, y, h + 9, h + 4)], metal, _METAL, holes=[ellipse(-2, y, h + 1, h - 4)]
            )
        else:
            shape = box(-32, y - h, 20, y + h, 9 if self.buckle == "frame" else 3)
            hole = box(-25, y - h + 7, 13, y + h - 7, 5)
            canvas.shade(shift(shape, 2.0, 4.0), 0.3, 5)
            canvas.fill([shape], metal, _METAL, holes=[hole])
        if self.buckle != "plate":
            prongs = (-6.0, 6.0) if self.buckle == "double" else (0.0,)
            for dy in prongs:
                canvas.fill(
                    sweep(line((-30, y + dy), (18, y + dy)), 4.5, 3.5), lighter(metal, 0.1), _METAL
                )


def _ribbon(edge: Points, width: float) -> Points:
    """A vertical band around an arc: its upper and lower edge are the arc moved up and down."""
    return join(shift(edge, 0.0, -width / 2), (shift(edge, 0.0, width / 2))[::-1])
