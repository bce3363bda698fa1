"""Wrist watches from the front: metal, glass and leather."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.geometry import (
    Points,
    box,
    curve,
    ellipse,
    join,
    line,
    shift,
    turn,
)
from sample_shop.palette import BRASS, INK, STEEL, WHITE, Colour, darker, lighter, luma, mix, thread
from sample_shop.patterns import Look
from sample_shop.shading import FLAT, Field, Material

_POLISHED = Material(6, 0.9, 0.3, 0, 0.8, 0)


@dataclass(frozen=True)
class Watch:
    """A wrist watch from the front.

    The named colour is the strap's (leather, rubber) or the dial's (metal bracelet).
    `index` is bars, dots or numerals; `subdials` 0 or 3; `digital` replaces the dial.
    """

    name: str
    radius: float = 62.0
    square: bool = False
    bracelet: bool = False
    metal: str = "steel"
    index: str = "bars"
    subdials: int = 0
    digital: bool = False
    hour: float = 10.15
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Strap, crown, case, dial, hands, glass."""
        metal = {"steel": STEEL, "gold": BRASS, "black": (0.17, 0.17, 0.18)}[self.metal]
        for side in (-1.0, 1.0):
            if self.bracelet:
                self._links(canvas, metal, side)
            else:
                self._strap(canvas, look, side)
        r = self.radius
        canvas.fill(
            box(r - 2, -8, r + 12, 8, 3), darker(metal, 0.15), Material(4, 0.9, 0.3, 0, 0.6)
        )
        if self.subdials:
            for y in (-34.0, 34.0):
                canvas.fill(
                    box(r * 0.86, y - 6, r + 8, y + 6, 3), metal, Material(4, 0.9, 0.3, 0, 0.6)
                )
        for scale, tone, stuff in (
            (1.0, metal, _POLISHED),
            (0.93, darker(metal, 0.25), _POLISHED),
            (0.885, lighter(metal, 0.15), _POLISHED),
        ):
            canvas.fill(self._case(scale), tone, stuff)
        dial: Colour = look.base if self.bracelet or luma(look.base) < 0.1 else look.accents[0]
        if self.digital:
            self._screen(canvas, look)
        else:
            self._dial(canvas, dial, metal)
        glass = curve(
            (-r * 0.66, -r * 0.2),
            (-r * 0.3, -r * 0.62),
            (r * 0.24, -r * 0.7),
            (-r * 0.1, -r * 0.2),
            (-r * 0.5, r * 0.36),
        )
        canvas.shade(glass, -0.13, 5)

    def _case(self, scale: float) -> Points:
        """Outline of the case at a share of its size."""
        r = self.radius * scale
        return box(-r * 0.9, -r, r * 0.9, r, r * 0.3) if self.square else ellipse(0, 0, r, r)

    def _strap(self, canvas: Canvas, look: Look, side: float) -> None:
        """Half of a strap, from the lugs to its end."""
        w, y = self.radius * 0.60, self.radius * 0.86
        band = join(
            curve((-w, y), (-w * 0.92, 130), (-w * 0.84, 196)),
            curve((-w * 0.7, 208), (0, 214), (w * 0.7, 208)),
            curve((w * 0.84, 196), (w * 0.92, 130), (w, y)),
        )
        part = canvas.fill(
            band * (1.0, side),
            look.paint,
            Material(13, 0.6, 0.3, 0.03, 0.3 if not self.digital else 0.05, 0.02),
        )
        for x in (-1.0, 1.0):
            edge = curve((x * (w - 5), y), (x * (w * 0.92 - 5), 130), (x * (w * 0.84 - 5), 200)) * (
                1.0,
                side,
            )
            canvas.stitch(edge, thread(look.base))
        if side > 0:
            for k in range(5):
                canvas.print([ellipse(0, 120 + 16 * k, 2.4, 3)], darker(look.base, 0.75))
        else:
            canvas.fill(
                [box(-w * 0.98, -216, w * 0.98, -192, 4)],
                STEEL,
                _POLISHED,
                holes=[box(-w * 0.76, -210, w * 0.76, -198, 2)],
            )
        canvas.shade(box(-w, side * y - 8, w, side * y + 8), 0.35, 9, part)

    def _links(self, canvas: Canvas, metal: Colour, side: float) -> None:
        """Half of a three-row bracelet."""
        y, w = self.radius * 0.84, self.radius * 0.56
        while y < 208:
            taper = 1 - (y - self.radius) / 900
            for x0, x1, tone in ((-1.0, -0.46, 0.06), (-0.42, 0.42, -0.14), (0.46, 1.0, 0.06)):
                link = box(x0 * w * taper, y, x1 * w * taper, y + 13.5, 3) * (1.0, side)
                canvas.fill(
                    link,
                    darker(metal, tone) if tone > 0 else lighter(metal, -tone),
                    Material(4, 0.9, 0.4, 0, 0.6, 0),
                )
            y += 14.6

    def _dial(self, canvas: Canvas, dial: Colour, metal: Colour) -> None:
        """Face, markers, small dials, hands."""
        r = self.radius * 0.83
        face = canvas.fill(self._case(0.83), dial, Material(10, -0.35, 0.25, 0, 0, 0.004))
        ink: Colour = WHITE if luma(dial) < 0.5 else INK
        mark = metal if self.metal == "gold" and luma(dial) < 0.5 else ink
        self._markers(canvas, mark, r)
        for k in range(self.subdials):
            angle = np.deg2rad(90 + 120 * k)
            x, y = r * 0.46 * np.cos(angle), r * 0.46 * np.sin(angle)
            canvas.fill(
                ellipse(x, y, r * 0.24, r * 0.24),
                mix(dial, ink, 0.16),
                Material(3, -0.6, 0.3, 0),
                face,
            )
            canvas.stroke(line((x, y), (x + r * 0.12, y - r * 0.14)), 1.6, ink)
        canvas.print([box(-12, -r * 0.42, 12, -r * 0.42 + 3.5)], mark, 0.8)
        self._hands(canvas, mark if self.metal != "steel" or luma(dial) < 0.5 else INK, r, face)
        canvas.fill(ellipse(0, 0, 4, 4), metal, Material(2, 0.8, 0.2, 0, 0.5))

    def _markers(self, canvas: Canvas, ink: Colour, r: float) -> None:
        """Hours as bars or dots, every third one larger, and the minute track."""
        for hour in range(12):
            long = hour % 3 == 0
            if self.index == "dots":
                size = 3.6 if long else 2.3
                shape = ellipse(0, -r * 0.84, size, size)
            else:
                half, end = (1.9, 0.69) if long else (1.1, 0.78)
                shape = box(-half, -r * 0.93, half, -r * end)
            canvas.print(turn(shape, 30 * hour), ink)
        track = box(-0.4, -r * 0.97, 0.4, -r * 0.93)
        canvas.print([turn(track, 6 * minute) for minute in range(60)], ink, 0.7)

    def _hands(self, canvas: Canvas, ink: Colour, r: float, face: Field) -> None:
        """Hour, minute and a red second hand, set to `hour`."""
        for angle, reach, w in ((self.hour * 30, 0.52, 5.5), (self.hour % 1 * 360, 0.80, 4.0)):
            tip, taper = -r * reach, w * 0.4
            hand = line((-w / 2, 8), (-taper, tip * 0.9), (0, tip), (taper, tip * 0.9), (w / 2, 8))
            canvas.shade(shift(turn(hand, angle), 1.5, 2.5), 0.35, 3, face)
            canvas.print(turn(hand, angle), ink)
        canvas.print(turn(box(-0.8, -r * 0.85, 0.8, 16), 205), (0.75, 0.15, 0.15))

    def _screen(self, canvas: Canvas, look: Look) -> None:
        """A liquid crystal display in a dark face."""
        r = self.radius * 0.83
        canvas.fill(self._case(0.83), (0.12, 0.12, 0.13), FLAT)
        canvas.fill(
            box(-r * 0.68, -r * 0.36, r * 0.68, r * 0.40, 4),
            (0.70, 0.76, 0.68),
            Material(6, -0.4, 0.3, 0),
        )
        for k, digit in enumerate("1048"):
            x = -r * 0.58 + k * r * 0.29 + (r * 0.08 if k > 1 else 0)
            _seven_segments(canvas, digit, x, -r * 0.2, r * 0.2, r * 0.46)
        for y in (-r * 0.06, r * 0.12):
            canvas.print([box(-r * 0.015, y - 1.5, r * 0.035, y + 1.5)], INK)
        canvas.print(
            [
                box(-r * 0.4, -r * 0.62, r * 0.4, -r * 0.54),
                box(-r * 0.3, r * 0.55, r * 0.3, r * 0.61),
            ],
            look.accents[0],
            0.9,
        )


def _seven_segments(canvas: Canvas, digit: str, x: float, y: float, w: float, h: float) -> None:
    """One digit of the display."""
    lit = {"0": "abcdef", "1": "bc", "4": "bcfg", "8": "abcdefg"}[digit]
    half, t = h / 2, 1.6
    where = {
        "a": box(x, y - t, x + w, y + t),
        "b": box(x + w - t, y, x + w + t, y + half),
        "c": box(x + w - t, y + half, x + w + t, y + h),
        "d": box(x, y + h - t, x + w, y + h + t),
        "e": box(x - t, y + half, x + t, y + h),
        "f": box(x - t, y, x + t, y + half),
        "g": box(x, y + half - t, x + w, y + half + t),
    }
    canvas.print([where[s] for s in lit], INK, 0.9)
