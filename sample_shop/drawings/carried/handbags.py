"""Handbags, front view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings.fasteners import buckle
from sample_shop.geometry import (
    Points,
    box,
    curve,
    dashes,
    ellipse,
    join,
    line,
    loop,
    mirror,
    offset,
    shift,
    sweep,
    symmetric,
)
from sample_shop.palette import BRASS, STEEL, Colour, darker, thread
from sample_shop.patterns import Look
from sample_shop.shading import HARDWARE, LEATHER, Field, Material


@dataclass(frozen=True)
class Handbag:
    """A bag that stands on the floor; half `width` at the base and `height` of the body.

    `style` is tote, satchel, hobo, bucket or crossbody; `taper` narrows the top (or widens it).
    """

    name: str
    style: str = "tote"
    width: float = 112.0
    height: float = 150.0
    taper: float = 8.0
    handle: float = 92.0
    gold: bool = True
    tassel: bool = False
    pocket: bool = False
    material: Material = LEATHER
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    @property
    def metal(self) -> Colour:
        """Colour of rings and clasps."""
        return BRASS if self.gold else STEEL

    @property
    def top(self) -> float:
        """Height of the mouth: the bag and its handle are centred together."""
        return self.floor - self.height

    @property
    def floor(self) -> float:
        """Height of the base."""
        return (self.height + self.handle) / 2 + 4

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Shadow, far handle, body, its style, near handle."""
        canvas.ground(ellipse(2, self.floor + 1, self.width + 4, 8), 0.42, 9)
        self._handle(canvas, look, far=True)
        body = canvas.fill(self._body(), look.paint, self.material)
        parts = {
            "tote": self._tote,
            "satchel": self._satchel,
            "hobo": self._hobo,
            "bucket": self._bucket,
            "crossbody": self._satchel,
        }
        parts[self.style](canvas, look, body)
        self._handle(canvas, look, far=False)
        if self.tassel:
            self._tassel(canvas, look)

    def _body(self) -> Points:
        """Closed outline, corners soft."""
        w, t, y0, y1 = self.width, self.taper, self.top, self.floor
        if self.style == "hobo":
            return loop(
                (-w * 0.80, y0 + 4),
                (-w * 0.4, y0 + 28),
                (0, y0 + 36),
                (w * 0.4, y0 + 28),
                (w * 0.80, y0 + 4),
                (w * 0.99, y0 + 50),
                (w, y1 - 46),
                (w * 0.72, y1 - 4),
                (0, y1),
                (-w * 0.72, y1 - 4),
                (-w, y1 - 46),
                (-w * 0.99, y0 + 50),
            )
        r = 26.0 if self.style in ("satchel", "crossbody") else 13.0
        right = join(
            line((0, y0 + 2), (w - t - 8, y0)),
            curve((w - t - 5, y0), (w - t, y0 + 6)),
            curve((w - t, y0 + 10), (w + 2, (y0 + y1) / 2), (w, y1 - r)),
            ellipse(w - r, y1 - r, r, r, 0, 90),
            line((0, y1 + 2)),
        )
        return symmetric(right)

    def _handle(self, canvas: Canvas, look: Look, far: bool) -> None:
        """Handles or a shoulder strap; the far one is darker and a little higher.

        Totes and satchels have two; a hobo has one wide one on each side of its mouth; bucket and
        crossbody bags have a single strap, drawn with the far side.
        """
        pair, single = self.style in ("tote", "satchel"), self.style in ("crossbody", "bucket")
        if single and not far:
            return
        colour = darker(look.base, 0.35 if far and pair else 0.10)
        arch, width = self._arch(1.05 if far else 0.95), 26.0 if self.style == "hobo" else 9.5
        if far and pair:
            arch = shift(arch, 5, -3)
        canvas.fill(sweep(arch, width), colour, Material(5, 0.75, 0.3, 0, 0.4))
        canvas.stitch(offset(arch, width / 2 - 2), thread(colour), opacity=0.5)
        if far and pair:
            return
        for x, y in (arch[0], arch[-1]):
            hole = ellipse(x, y, 4.8, 4.8)
            canvas.fill([ellipse(x, y, 8, 8)], self.metal, HARDWARE, holes=[hole])
            if self.style == "tote":
                tab = box(x - 6, y + 5, x + 6, y + 34, 3)
                canvas.shade(shift(tab, 1, 2), 0.3, 4)
                canvas.fill(tab, darker(look.base, 0.08), Material(4, 0.6, 0.3, 0, 0.4))
                canvas.print([ellipse(x, y + 28, 1.8, 1.8)], self.metal)

    def _arch(self, rise: float) -> Points:
        """The line of a handle, left to right, `rise` times the handle's height."""
        w = self.width
        spread, base = {
            "hobo": (w * 0.74, 16.0),
            "tote": (w * 0.42, 30.0),
            "satchel": (w * 0.36, 8.0),
        }.get(self.style, (w - self.taper - 3, 16.0))
        y, height = self.top, self.handle * rise
        half = curve(
            (0, y - height),
            (spread * 0.62, y - height * 0.87),
            (spread * 0.93, y - height * 0.35),
            (spread, y + base),
        )
        return join(mirror(half), half[1:])

    def _tote(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Open top edge, side seams, an optional front pocket and a nameplate."""
        w, y0, y1 = self.width, self.top, self.floor
        canvas.shade(box(-w, y0 - 4, w, y0 + 5), 0.25, 5, body)
        canvas.stitch(
            line((-w + self.taper + 4, y0 + 9), (w - self.taper - 4, y0 + 9)), thread(look.base)
        )
        for side in (1.0, -1.0):
            canvas.crease(
                curve(
                    (side * (w - self.taper - 16), y0),
                    (side * (w - 15), y1 - 44),
                    (side * (w - 34), y1 + 4),
                ),
                6,
                0.2,
                body,
            )
        if self.pocket:
            patch = box(-w * 0.55, y0 + self.height * 0.42, w * 0.55, y1 - 16, 8)
            canvas.shade(shift(patch, 0.0, 2.0), 0.2, 5)
            canvas.fill(patch, darker(look.base, 0.06), Material(7, 0.4, 0.3, 0.02, 0.3))
            canvas.stitch(np.vstack([patch, patch[:1]]), thread(look.base), 3)
        else:
            canvas.crease(line((-w, y1 - 30), (w, y1 - 30)), 4, 0.25, body)
            canvas.stitch(line((-w, y1 - 33), (w, y1 - 33)), thread(look.base))
        canvas.fill(box(-13, y0 + 22, 13, y0 + 30, 2), self.metal, HARDWARE)

    def _satchel(self, canvas: Canvas, look: Look, body: Field) -> None:
        """A front flap with a clasp."""
        y0 = self.top
        drop = self.height * (0.56 if look.seed % 2 else 0.66)
        edge = self.width - self.taper + 1
        flap = symmetric(
            join(
                line((0, y0 - 3), (edge - 8, y0 - 3)),
                curve((edge - 3, y0), (edge + 2, y0 + 8), (edge + 4, y0 + drop * 0.6)),
                curve(
                    (edge - 4, y0 + drop * 0.82),
                    (edge * 0.75, y0 + drop * 0.95),
                    (edge * 0.3, y0 + drop),
                    (0, y0 + drop),
                ),
            )
        )
        canvas.shade(shift(flap, 0.0, 5.0), 0.4, 7, body)
        canvas.fill(flap, look.paint, self.material)
        half = curve(
            (0, y0 + drop - 5), (edge * 0.74, y0 + drop * 0.92), (edge + 1, y0 + drop * 0.6)
        )
        canvas.stitch(join(mirror(half), half[1:]), thread(look.base))
        if self.style == "satchel":
            self._straps(canvas, look, y0 + drop)
        else:
            canvas.fill(box(-12, y0 + drop - 16, 12, y0 + drop + 8, 6), self.metal, HARDWARE)
            canvas.fill(ellipse(0, y0 + drop - 4, 4, 4), darker(self.metal, 0.35), HARDWARE)

    def _straps(self, canvas: Canvas, look: Look, edge: float) -> None:
        """Two buckled straps over the edge of the flap."""
        for x in (-self.width * 0.5, self.width * 0.5):
            strap = box(x - 8, self.top + 8, x + 8, edge + 24, 5)
            canvas.shade(shift(strap, 1, 3), 0.3, 4)
            canvas.fill(strap, darker(look.base, 0.15), Material(5, 0.6, 0.3, 0, 0.4))
            buckle(canvas, x, edge, (12, 10), self.metal)

    def _hobo(self, canvas: Canvas, look: Look, body: Field) -> None:
        """A slouchy zip top with gathers."""
        w, y0, y1 = self.width, self.top, self.floor
        mouth = curve(
            (-w * 0.78, y0 + 12),
            (-w * 0.4, y0 + 34),
            (0, y0 + 42),
            (w * 0.4, y0 + 34),
            (w * 0.78, y0 + 12),
        )
        canvas.stroke(mouth, 3.5, darker(look.base, 0.5), 0.8, body)
        canvas.print(dashes(mouth, 1.2, 1.0, 2), self.metal, 0.8, body)
        for k in range(-3, 4):
            canvas.crease(
                curve((k * w * 0.22, y0 + 44), (k * w * 0.26, y0 + 84), (k * w * 0.22, y1 - 40)),
                9,
                0.17,
                body,
            )
        canvas.crease(curve((-w, y1 - 60), (0, y1 - 38), (w, y1 - 60)), 5, 0.2, body)

    def _bucket(self, canvas: Canvas, look: Look, body: Field) -> None:
        """A drawn cord through eyelets below a gathered mouth."""
        w, y0, y1 = self.width, self.top, self.floor
        edge = w - self.taper
        for k in range(-5, 6):
            canvas.crease(
                curve(
                    (k * edge * 0.18, y0 - 2), (k * edge * 0.17, y0 + 34), (k * edge * 0.2, y0 + 74)
                ),
                6,
                0.24,
                body,
            )
        cord = curve((-edge + 2, y0 + 24), (0, y0 + 31), (edge - 2, y0 + 24))
        for x, y in cord[:: max(1, len(cord) // 9)].tolist():
            canvas.fill(ellipse(x, y, 4.2, 4.2), self.metal, HARDWARE)
        canvas.fill(dashes(cord, 17, 13, 4), darker(look.base, 0.3), Material(3, 0.6, 0.3, 0))
        for side in (1.0, -1.0):
            canvas.fill(
                sweep(curve((side * 4, y0 + 30), (side * 12, y0 + 56), (side * 9, y0 + 84)), 3.6),
                darker(look.base, 0.3),
                Material(3, 0.6, 0.3, 0),
            )
        canvas.fill(
            box(-w - 4, y1 - 40, w + 4, y1 + 10), darker(look.base, 0.22), self.material, body
        )
        canvas.stitch(line((-w, y1 - 42), (w, y1 - 42)), thread(look.base))

    def _tassel(self, canvas: Canvas, look: Look) -> None:
        """A leather tassel on the ring."""
        x, y = self.width * 0.45, self.top + 40
        colour = look.accents[2]
        canvas.stroke(line((x, y - 22), (x, y)), 2, darker(colour, 0.3))
        canvas.fill(
            [
                line(
                    (x + k * 2 - 1.5, y),
                    (x + k * 2 + 1.5, y),
                    (x + k * 3.4 + 1.5, y + 40),
                    (x + k * 3.4 - 1.5, y + 40),
                )
                for k in range(-3, 4)
            ],
            colour,
            Material(3, 0.6, 0.3, 0),
        )
        canvas.fill(
            box(x - 7, y - 4, x + 7, y + 7, 3), darker(colour, 0.15), Material(4, 0.6, 0.3, 0)
        )
