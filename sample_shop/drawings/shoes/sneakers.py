"""Sneakers and running shoes in side view, toe to the right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings.shoes.pairs import FLOOR, draw_pair
from sample_shop.geometry import (
    Points,
    box,
    curve,
    ellipse,
    join,
    line,
    offset,
    sample,
    shift,
    sweep,
)
from sample_shop.palette import WHITE, Colour, darker, luma, mix, thread
from sample_shop.patterns import Look
from sample_shop.shading import CANVAS, FLAT, RUBBER, Field, Material


@dataclass(frozen=True)
class Sneaker:
    """A laced or slip-on shoe on a rubber sole.

    `ankle` raises the collar (0 low, 50 high-top); `sole` is its height; `shape` is court, runner
    or slip-on.
    """

    name: str
    shape: str = "court"
    ankle: float = 0.0
    sole: float = 18.0
    toe: float = 0.0
    mark: int = 0
    white_sole: bool = True
    toe_cap: bool = False
    pair: bool = False
    material: Material = CANVAS
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """One shoe or a pair."""
        draw_pair(canvas, lambda: self._shoe(canvas, look), self.pair)

    def _collar(self) -> Points:
        """Rim of the opening from the heel to the tongue."""
        a = self.ankle
        return curve(
            (-122, -50 - a),
            (-104, -44 - a),
            (-80, -36 - a * 0.9),
            (-54, -38 - a * 0.9),
            (-34, -54 - a * 0.9),
        )

    def _throat(self) -> Points:
        """From the top of the laces down to the toe box."""
        a = self.ankle
        return curve((-34, -54 - a * 0.9), (-8, -38 - a * 0.45), (22, -20), (54, -4))

    def _upper(self) -> Points:
        """Closed outline of the upper."""
        top = FLOOR - self.sole
        heel = curve((-124, top + 6), (-130, 14), (-126, -18), (-122, -50 - self.ankle))
        toe = curve(
            (54, -4), (88, 1 - self.toe), (118, 13 - self.toe * 0.6), (134, 30), (136, top + 6)
        )
        return join(heel, self._collar(), self._throat(), toe)

    def _sole(self) -> Points:
        """Closed outline of the sole, toe raised a little."""
        top, run = FLOOR - self.sole, self.shape == "runner"
        flare = 8.0 if run else 3.0
        upper = curve(
            (-128 - flare, top - (8 if run else 2)),
            (-70, top + 2),
            (0, top + (5 if run else 1)),
            (80, top + 1),
            (128, top - 7),
            (141, top - 12),
        )
        end = curve((143, top - 8), (142, FLOOR - 12), (128, FLOOR - 3))
        lower = curve((128, FLOOR - 3), (92, FLOOR), (0, FLOOR), (-110, FLOOR))
        heel = curve(
            (-110, FLOOR), (-128 - flare * 0.5, FLOOR - 2 - flare), (-131 - flare, top + 4)
        )
        return join(upper, end, lower, heel)

    def _shoe(self, canvas: Canvas, look: Look) -> None:
        """Shadow, lining, tongue, upper, overlays, laces, sole."""
        canvas.ground(ellipse(4, FLOOR + 2, 132, 7), 0.42, 9)
        collar = self._collar()
        lining = join(
            collar,
            curve((-34, -54 - self.ankle * 0.9), (-70, -62 - self.ankle), (-122, -50 - self.ankle)),
        )
        canvas.fill(
            lining, darker(look.base, 0.45) if luma(look.base) > 0.2 else (0.28, 0.28, 0.30), FLAT
        )
        if self.shape != "slip-on":
            self._tongue(canvas, look)
        upper = canvas.fill(self._upper(), look.paint, self.material)
        self._overlays(canvas, look, upper)
        if self.shape != "slip-on":
            self._laces(canvas, look)
        else:
            a = self.ankle * 0.9
            gore = curve((-72, -36 - a), (-40, -52 - a), (-24, -14 - a), (-34, -4 - a))
            canvas.fill(gore, darker(look.base, 0.35), FLAT, upper)
        canvas.fill(sweep(collar, 5), darker(look.base, 0.12), Material(4, 0.6, 0.2, 0))
        self._draw_sole(canvas, look)

    def _tongue(self, canvas: Canvas, look: Look) -> None:
        """The tongue that rises behind the laces."""
        a = self.ankle * 0.9
        tongue = join(
            curve((-30, -40 - a), (-42, -64 - a), (-38, -76 - a), (-26, -78 - a), (-14, -66 - a)),
            line((10, -24), (-20, -30 - a)),
        )
        canvas.fill(tongue, darker(look.base, 0.06), Material(9, 0.6, 0.2, 0.02))

    def _overlays(self, canvas: Canvas, look: Look, upper: Field) -> None:
        """Heel counter, eyestay, toe box and the side mark."""
        a, top, leather = self.ankle, FLOOR - self.sole, Material(5, 0.5, 0.25, 0.02, 0.15)
        second = look.accents[1] if self.shape == "runner" else darker(look.base, 0.12)
        heel = join(
            curve((-140, top + 10), (-140, -60 - a), (-112, -60 - a)),
            curve((-104, -28 - a), (-96, 10), (-72, top + 10)),
        )
        canvas.fill(heel, second, leather, upper)
        canvas.stitch(curve((-104, -28 - a), (-96, 10), (-72, top + 10)), thread(second), 3)
        if self.shape != "slip-on":
            throat = self._throat()
            stay = join(offset(throat, -4), offset(throat, 17)[::-1])
            canvas.fill(stay, second if self.shape == "runner" else look.base, leather, upper)
            canvas.stitch(offset(throat, 15), thread(look.base))
        box_edge = curve((50, -10), (62, 12), (74, 28), (70, top + 8))
        canvas.crease(box_edge, 4, 0.25, upper)
        canvas.stitch(box_edge, thread(look.base), 2.5)
        if self.shape == "runner":
            tip = join(curve((150, 0), (112, 16), (96, 34), (84, top + 10)), line((150, top + 12)))
            canvas.fill(tip, second, leather, upper)
            canvas.fill(
                curve((-80, top + 8), (-40, 24), (20, 22), (84, top + 8)),
                darker(second, 0.15),
                leather,
                upper,
            )
        self._side_mark(canvas, look, upper)
        for k in range(3):
            fold = curve((42 + 13 * k, 0 + 3 * k), (50 + 12 * k, 14), (48 + 12 * k, 24))
            canvas.crease(fold, 4, 0.10, upper)

    def _side_mark(self, canvas: Canvas, look: Look, upper: Field) -> None:
        """An invented mark on the quarter: slanted bars, a wave, chevrons, a ring, or none."""
        y = -14 - self.ankle * 0.4
        bar = line((-62, 34), (-44, -14), (-35, -12), (-52, 34))
        chevron = line((-60, 10), (-30, -10), (-6, 10), (-18, 10), (-31, -1), (-48, 10))
        marks: tuple[list[Points], ...] = (
            [],
            [bar, shift(bar, 17, 0)],
            [sweep(curve((-70, -8), (-40, 18), (-8, 2), (24, 26)), 3, 9, 9, 2)],
            [chevron, shift(chevron, 2, 14)],
            [sweep(ellipse(-78, y, 10.5, 10.5), 5)],
        )
        if marks[self.mark]:
            canvas.fill(marks[self.mark], look.accents[0], FLAT, upper)

    def _laces(self, canvas: Canvas, look: Look) -> None:
        """Laces that cross the throat, their eyelets, and the bow."""
        throat = self._throat()
        count = 6 + round(self.ankle / 18)
        lace: Colour = WHITE if luma(look.base) < 0.72 else mix(look.base, (0.3, 0.3, 0.33), 0.35)
        for point in sample(throat, np.linspace(0.04, 0.92, count)):
            x, y = float(point[0]), float(point[1])
            canvas.fill(ellipse(x - 5, y + 12, 2.2, 2.2), (0.2, 0.2, 0.22), FLAT)
            path = curve((x - 6, y + 12), (x + 1, y + 2), (x + 8, y - 5))
            canvas.shade(sweep(shift(path, 2.0, 2.5), 5), 0.3, 3)
            canvas.fill(sweep(path, 4.6), lace, Material(3, 0.7, 0.3, 0))
        x, y = float(throat[0][0]), float(throat[0][1])
        for knots in (
            ((0, 0), (-18, 2), (-24, 16), (-8, 10), (0, 2)),
            ((0, 0), (16, 12), (14, 26), (4, 16), (0, 2)),
        ):
            bow = curve(*[(x + 4 + dx, y + 6 + dy) for dx, dy in knots])
            canvas.fill(sweep(bow, 3.2), lace, Material(3, 0.7, 0.3, 0))

    def _draw_sole(self, canvas: Canvas, look: Look) -> None:
        """Rubber sole with foxing line, tread and toe cap."""
        top = FLOOR - self.sole
        if self.toe_cap:
            cap = join(
                curve((98, top + 4), (104, 18), (122, 12 - self.toe * 0.5), (138, 30)),
                line((142, top + 4)),
            )
            canvas.fill(cap, WHITE, RUBBER)
        dark = darker(look.base, 0.5) if luma(look.base) > 0.25 else (0.22, 0.22, 0.24)
        sole = canvas.fill(self._sole(), WHITE if self.white_sole else dark, RUBBER)
        if self.shape == "runner":
            self._tread(canvas, look, sole)
        else:
            strip = curve(
                (-136, FLOOR - self.sole + 7),
                (0, FLOOR - self.sole + 8),
                (90, FLOOR - self.sole + 8),
                (146, FLOOR - self.sole - 3),
            )
            canvas.stroke(strip, 1.6, look.accents[1] if self.mark else look.base, 0.75, sole)
            canvas.shade(box(-140, FLOOR - 4, 140, FLOOR + 2), 0.35, 3, sole)

    def _tread(self, canvas: Canvas, look: Look, sole: Field) -> None:
        """A runner's coloured outsole and its lugs."""
        wedge = curve(
            (-140, FLOOR - self.sole * 0.45),
            (-60, FLOOR - self.sole * 0.5),
            (40, FLOOR - 5),
            (120, FLOOR - 4),
            (140, FLOOR + 6),
            (-140, FLOOR + 6),
        )
        canvas.fill(wedge, look.accents[0], RUBBER, sole)
        for k in range(9):
            x = -112 + 26 * k
            canvas.print(
                line((x, FLOOR + 1), (x + 4, FLOOR - 5), (x + 8, FLOOR + 1)),
                (0.15, 0.15, 0.17),
                0.6,
                sole,
            )
