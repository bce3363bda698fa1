"""Jeans, trousers, track pants and shorts, front view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings.fasteners import buttons
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
from sample_shop.palette import BRASS, WHITE, Colour, darker, lighter, luma, mix, thread
from sample_shop.patterns import Look
from sample_shop.shading import COTTON, FLAT, Field, Material


@dataclass(frozen=True)
class Trousers:
    """Two legs under a waistband; half widths in design units.

    `waistband` is button, elastic or drawstring. `details` may name five pockets, crease, cargo,
    side stripe, cuffs, rips, turn-up.
    """

    name: str
    waist: float = 62.0
    hip: float = 78.0
    knee: float = 33.0
    ankle: float = 25.0
    length: float = 400.0
    waistband: str = "button"
    material: Material = COTTON
    details: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    folds_along: float = 0.7
    scale: float = 1.0

    @property
    def top(self) -> float:
        """Height of the waist, so that the garment is centred."""
        return -self.length / 2

    @property
    def crotch(self) -> float:
        """Height where the legs part."""
        return self.top + min(125.0, self.length * 0.62)

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Inside of the back, legs, seams, pockets, waistband."""
        y, w = self.top, self.waist
        back = join(
            curve((-w, y), (0, y + 2), (w, y)), curve((w, y + 12), (0, y + 18), (-w, y + 12))
        )
        canvas.fill(back, darker(look.base, 0.35), FLAT)
        far, near = self._leg() * (-1.0, 1.0), self._leg()
        body = canvas.fill(far, look.paint, self.material)
        body = np.maximum(body, canvas.fill(near, look.paint, self.material))
        self._seams(canvas, look, body)
        self._details(canvas, look, body)
        self._pockets(canvas, look)
        self._waistband(canvas, look, body)

    def _axis(self) -> float:
        """Middle of a leg at the hem."""
        return self.hip * 0.5 + self.ankle * 0.18

    def _leg(self) -> Points:
        """The right leg with its half of the seat."""
        y, end, c = self.top, self.top + self.length, self._axis()
        knee_y = self.crotch + (end - self.crotch) * 0.45
        k = self.knee if self.length > 250 else (self.knee + self.ankle) / 2
        outer = curve(
            (self.waist, y + 5),
            (self.hip * 0.97, y + 52),
            (self.hip, min(y + 100, end - 30)),
            (c + k, knee_y),
            (c + self.ankle, end),
        )
        inner = curve(
            (c - self.ankle, end + 1), (c - k, knee_y), (5, self.crotch + 14), (0, self.crotch)
        )
        hem = curve((c + self.ankle, end), (c, end + 4), (c - self.ankle, end + 1))
        waist = curve((-2, y + 14), (self.waist * 0.6, y + 11.5), (self.waist, y + 5))
        return join(line((-2, self.crotch)), waist, outer, hem, inner)

    def _hems(self) -> list[Points]:
        """Hem line of each leg, from the outside in."""
        c, end = self._axis(), self.top + self.length
        right = curve((c + self.ankle, end), (c, end + 4), (c - self.ankle, end + 1))
        return [right, right * (-1.0, 1.0)]

    def _seams(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Fly, crotch wrinkles, side seams, hems."""
        t, y, c = self._thread(look), self.top, self.crotch
        canvas.crease(line((0, y + 16), (0, c)), 4, 0.3, body)
        if self.waistband == "button":
            fly = curve((15, y + 16), (15, c - 48), (9, c - 30), (0, c - 24))
            canvas.stitch(fly, t)
            canvas.stitch(offset(fly, 3), t)
        for side in (1.0, -1.0):
            for dx, dy in ((46, -24), (54, -6), (40, 16)):
                fold = curve((2, c - 2), (dx * 0.5, c + dy * 0.5 + 2), (dx, c + dy)) * (side, 1.0)
                canvas.crease(fold, 7, 0.13, body)
            knee = c + (self.length - (c - y)) * 0.45
            if self.length > 250:
                for k in (-10, 12):
                    fold = curve(
                        (self._axis() - self.knee, knee + k),
                        (self._axis(), knee + k + 7),
                        (self._axis() + 18, knee + k),
                    )
                    canvas.crease(fold * (side, 1.0), 7, 0.10, body)
        for hem in self._hems():
            side = 1.0 if hem[0][0] > 0 else -1.0
            canvas.stitch(offset(hem, side * 7.0), t)
            canvas.shade(sweep(offset(hem, side * 2), 4), 0.18, 3, body)

    def _thread(self, look: Look) -> Colour:
        """Orange thread on denim."""
        return (
            (0.80, 0.55, 0.25)
            if "five pockets" in self.details and luma(look.base) < 0.75
            else thread(look.base)
        )

    def _pockets(self, canvas: Canvas, look: Look) -> None:
        """Curved jeans pockets, slanted trouser pockets or cargo patches."""
        y, t = self.top + 15, self._thread(look)
        for side in (1.0, -1.0):
            flip = (side, 1.0)
            w = self.waist
            if "five pockets" in self.details:
                edge = curve(
                    (w * 0.50, y - 2),
                    (w * 0.56, y + 18),
                    (w * 0.82, y + 30),
                    (self.hip * 0.93, y + 29),
                )
            else:
                edge = curve((w * 0.68, y - 2), (w * 0.86, y + 24), (self.hip * 0.97, y + 48))
            canvas.crease(edge * flip, 4, 0.3)
            canvas.stitch(offset(edge, 2.5) * flip, t, opacity=0.7)
            if "cargo" in self.details and self.length > 150:
                x0, y0 = self.hip - 36, self.crotch + 30
                patch = box(x0, y0, x0 + 36, y0 + 46, 3) * flip
                canvas.shade(shift(patch, 0.0, 3.0), 0.2, 5)
                canvas.fill(patch, look.paint, Material(8, 0.4, 0.25, 0.05))
                flap = box(x0 - 2, y0 - 4, x0 + 38, y0 + 11, 2) * flip
                canvas.shade(shift(flap, 0.0, 2.0), 0.3, 4)
                canvas.fill(flap, look.paint, Material(6, 0.45, 0.25, 0.05))

    def _details(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Pressed creases, side stripes, rips, cuffs."""
        c, end = self._axis(), self.top + self.length
        for side in (1.0, -1.0):
            flip = (side, 1.0)
            if "crease" in self.details:
                press = curve((c * 0.86, self.top + 46), (c, self.crotch + 40), (c, end + 3))
                canvas.crease(press * flip, 4, 0.24, body)
            if "side stripe" in self.details:
                leg = self._leg()
                outer = leg[np.argmax(leg[:, 0] >= self.waist - 0.1) :][:48]
                for k in range(2):
                    canvas.fill(
                        sweep(offset(outer, 5.0 + 7 * k), 3.5) * flip, look.accents[0], FLAT, body
                    )
            if "rips" in self.details:
                for dy, width in ((70, 20), (112, 26), (128, 18)):
                    y = self.crotch + dy
                    rip = (
                        sweep(
                            curve((c - width / 2, y), (c, y + 2), (c + width / 2, y - 1)), 1, 6, 1
                        )
                        * flip
                    )
                    canvas.print(rip, lighter(look.base, 0.75), 0.8, body)
                    canvas.print(
                        [offset(rip[:12], 1.5 * i)[2:10] for i in (1, 2)], WHITE, 0.5, body
                    )
        for hem in self._hems():
            side = 1.0 if hem[0][0] > 0 else -1.0
            if "cuffs" in self.details:
                band = join(hem, offset(hem, side * 15)[::-1])
                canvas.fill(band, darker(look.base, 0.1), Material(7, 0.5, 0.3, 0.04), body)
            if "turn-up" in self.details:
                band = join(offset(hem, -side * 1), offset(hem, side * 15)[::-1])
                canvas.fill(
                    band, mix(look.base, (0.85, 0.87, 0.9), 0.45), Material(6, 0.4, 0.3, 0.06)
                )

    def _waistband(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Band, loops, button or cord."""
        y, w = self.top, self.waist
        upper = curve((-w, y + 4), (-w * 0.5, y + 10), (0, y + 12), (w * 0.5, y + 10), (w, y + 4))
        lower = curve(
            (-w - 5, y + 22), (-w * 0.5, y + 29), (0, y + 31), (w * 0.5, y + 29), (w + 5, y + 22)
        )
        band = join(upper, lower[::-1])
        canvas.shade(shift(band, 0.0, 3.0), 0.25, 5, body)
        canvas.fill(
            band,
            look.paint if self.waistband == "button" else look.base,
            Material(8, 0.4, 0.25, 0.05),
        )
        if self.waistband == "button":
            canvas.stitch(offset(upper, 2.5), self._thread(look), opacity=0.5)
            canvas.stitch(offset(lower, -2.5), self._thread(look), opacity=0.5)
            for t in (0.16, 0.36, 0.66, 0.85):
                a, b = sample(upper, [t])[0], sample(lower, [t])[0]
                canvas.shade(sweep(line(tuple(a), tuple(b)), 8), 0.25, 3)
                canvas.fill(
                    sweep(line((a[0], a[1] - 1.5), (b[0], b[1] + 2)), 5.5),
                    look.base,
                    Material(3, 0.5, 0.2, 0),
                )
            metal = BRASS if "five pockets" in self.details else darker(look.base, 0.3)
            buttons(canvas, [y + 21], 4, metal, 4.2)
            return
        for t in np.linspace(0.02, 0.98, 34):
            a, b = sample(upper, [t])[0], sample(lower, [t])[0]
            canvas.stroke(line(tuple(a), tuple(b)), 1.4, darker(look.base, 0.4), 0.35)
        if self.waistband == "drawstring":
            cord = WHITE if luma(look.base) < 0.6 else darker(look.base, 0.6)
            for side in (1.0, -1.0):
                string = curve((side * 4, y + 22), (side * 9, y + 48), (side * 7, y + 74))
                canvas.shade(sweep(shift(string, 1.5, 2.0), 3), 0.3, 3)
                canvas.fill(sweep(string, 2.6), cord, FLAT)
            canvas.fill(ellipse(0, y + 23, 5.5, 3.4), cord, FLAT)
