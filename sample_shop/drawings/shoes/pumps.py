"""Pumps, wedges and ballerinas in side view, toe to the right."""

from __future__ import annotations

from dataclasses import dataclass

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
    shift,
    sweep,
    trim,
)
from sample_shop.palette import BRASS, darker
from sample_shop.patterns import Look
from sample_shop.shading import FLAT, LEATHER, RUBBER, Material


@dataclass(frozen=True)
class Pump:
    """A woman's shoe on a heel of `height` units; `heel` is stiletto, block, wedge or flat.

    `front` is closed, peep, or strap (a sandal band); `ankle_strap` adds one with a buckle.
    """

    name: str
    height: float = 86.0
    heel: str = "stiletto"
    front: str = "closed"
    ankle_strap: bool = False
    bow: bool = False
    material: Material = LEATHER
    pair: bool = False
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """One shoe or a pair."""
        draw_pair(canvas, lambda: self._shoe(canvas, look), self.pair)

    def _foot(self) -> Points:
        """The footbed from the heel seat over the arch and the ball to the toe."""
        y = FLOOR - 6
        seat = y - self.height
        return curve(
            (-112, seat),
            (-88, seat + 3),
            (-30, seat + self.height * 0.52),
            (24, y - self.height * 0.10),
            (62, y),
            (132, y - 3),
        )

    def _shoe(self, canvas: Canvas, look: Look) -> None:
        """Heel, sole, inside, upper, straps."""
        foot = self._foot()
        canvas.ground(ellipse(72, FLOOR + 1, 66, 5), 0.40, 7)
        canvas.ground(ellipse(-96, FLOOR + 1, 26, 4), 0.36, 6)
        self._heel(canvas, look, foot)
        insole = join(foot, offset(foot, -5)[::-1])
        canvas.fill(insole, (0.80, 0.68, 0.54), FLAT)
        self._back(canvas, look, foot)
        self._front(canvas, look, foot)
        canvas.fill(
            sweep(shift(foot, 0.0, 2.5), 6), darker(look.base, 0.45), Material(3, 0.6, 0.2, 0, 0.3)
        )
        if self.ankle_strap:
            self._strap(canvas, look)

    def _heel(self, canvas: Canvas, look: Look, foot: Points) -> None:
        """What carries the heel seat."""
        seat = float(foot[0][1])
        if self.heel == "flat":
            block = line((-112, seat), (-66, seat + 3), (-70, FLOOR), (-110, FLOOR))
            canvas.fill(block, darker(look.base, 0.5), RUBBER)
        elif self.heel == "wedge":
            wedge = join(trim(foot, 0, 0.86), line((70, FLOOR), (-104, FLOOR), (-114, seat + 14)))
            cork = canvas.fill(wedge, (0.74, 0.58, 0.40), Material(8, 0.4, 0.3, 0, 0, 0.05))
            for k in range(1, 9):
                y = seat + k * self.height / 8
                canvas.stroke(line((-116, y), (80, y)), 1.0, (0.5, 0.36, 0.22), 0.35, cork)
        else:
            self._shaft(canvas, look, seat)

    def _shaft(self, canvas: Canvas, look: Look, seat: float) -> None:
        """A stiletto or block heel, curved at the back, with its rubber tip."""
        block = self.heel == "block"
        front, tip = (-50.0, 17.0) if block else (-58.0, 4.5)
        back, fore, tall = -100 - tip * 0.3, -94 + tip, self.height
        shaft = join(
            curve((-113, seat + 2), (-110, seat + tall * 0.35), (back, FLOOR - 4)),
            line((back, FLOOR), (fore, FLOOR)),
            curve(
                (fore, FLOOR - 4), (fore + 4 - tip * 0.3, seat + tall * 0.45), (front, seat + 12)
            ),
        )
        canvas.fill(shaft, darker(look.base, 0.10), Material(5, 0.6, 0.25, 0, 0.5))
        canvas.fill(box(back - 1, FLOOR - 3, fore + 1, FLOOR + 1), (0.12, 0.12, 0.13), FLAT)

    def _back(self, canvas: Canvas, look: Look, foot: Points) -> None:
        """Heel counter and quarter; only a counter on sandals."""
        seat = float(foot[0][1])
        reach = 0.72 if self.front == "closed" else 0.30
        lower = trim(foot, 0, reach)
        if self.front == "closed":
            rim = curve(
                (-114, seat - 44),
                (-84, seat - 26),
                (-38, seat + self.height * 0.34 - 16),
                (14, FLOOR - self.height * 0.22 - 24),
                (52, FLOOR - 34),
            )
            canvas.fill(
                join(
                    curve((-112, seat), (-120, seat - 22), (-114, seat - 44)),
                    shift(rim[-1:], 0, 6),
                    lower[::-1],
                ),
                darker(look.base, 0.55),
                FLAT,
            )
        else:
            rim = curve((-114, seat - 46), (-96, seat - 30), tuple(lower[-1]))
        shape = join(
            curve((-112, seat + 1), (-120, seat - 22), (-114, seat - 44)), rim, lower[::-1]
        )
        quarter = canvas.fill(shape, look.paint, self.material)
        canvas.crease(offset(rim, 3.0), 2, 0.2, quarter)

    def _front(self, canvas: Canvas, look: Look, foot: Points) -> None:
        """Toe box, peep toe or a crossing band."""
        y = FLOOR - 6
        toe = trim(foot, 0.66, 1.0)
        if self.front == "strap":
            canvas.fill(ellipse(82, y - 20, 26, 13), darker(look.base, 0.5), FLAT)
            for path in (
                curve((50, y), (66, y - 22), (94, y - 35)),
                curve((112, y), (100, y - 20), (70, y - 36)),
            ):
                canvas.shade(sweep(shift(path, 1.0, 3.0), 16), 0.25, 4)
                canvas.fill(sweep(path, 19, 16, 12), look.paint, Material(6, 0.6, 0.3, 0.02, 0.4))
            return
        closed = self.front == "closed"
        nose = ((113, FLOOR - 31), (130, FLOOR - 20)) if closed else ((108, FLOOR - 30),)
        end = (136, y - 3) if closed else (118, y - 15)
        over = curve(
            (18, FLOOR - self.height * 0.2 - 22), (52, FLOOR - 34), (84, FLOOR - 36), *nose, end
        )
        vamp = canvas.fill(join(over, toe[::-1]), look.paint, self.material)
        canvas.crease(curve((52, FLOOR - 34), (64, FLOOR - 20), (62, FLOOR)), 3, 0.16, vamp)
        if self.bow:
            x, h = 58.0, FLOOR - 36
            for side in (-1.0, 1.0):
                canvas.fill(
                    ellipse(x + side * 11, h, 12, 7), look.base, Material(5, 0.6, 0.3, 0.05, 0.3)
                )
            canvas.fill(ellipse(x, h, 5, 5), darker(look.base, 0.15), Material(4, 0.6, 0.3, 0, 0.3))

    def _strap(self, canvas: Canvas, look: Look) -> None:
        """An ankle strap above the counter."""
        seat = float(self._foot()[0][1])
        ring = ellipse(-78, seat - 66, 40, 11)
        canvas.fill(
            sweep(ellipse(-78, seat - 66, 40, 11, 180, 360), 6),
            darker(look.base, 0.35),
            Material(3, 0.5, 0.2, 0, 0.2),
        )
        canvas.fill(
            sweep(curve((-115, seat - 30), (-118, seat - 50), (-117, seat - 66)), 9),
            look.base,
            Material(4, 0.5, 0.2, 0, 0.3),
        )
        canvas.fill(
            sweep(ring[: len(ring) // 2 + 2], 7.5), look.base, Material(3, 0.6, 0.2, 0, 0.4)
        )
        canvas.fill(
            [box(-70, seat - 62, -58, seat - 48, 2)],
            BRASS,
            Material(3, 0.8, 0.2, 0, 0.6),
            holes=[box(-67, seat - 59, -61, seat - 51, 1)],
        )
