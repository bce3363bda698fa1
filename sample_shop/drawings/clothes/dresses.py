"""Dresses: a bodice from the torso's measures and a skirt that falls from the waist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings.clothes import necks
from sample_shop.drawings.clothes.torso import Torso
from sample_shop.drawings.fasteners import buttons
from sample_shop.geometry import (
    Points,
    box,
    curve,
    ellipse,
    join,
    line,
    mirror,
    offset,
    shift,
    sweep,
    symmetric,
)
from sample_shop.palette import Colour, darker, lighter, luma, thread
from sample_shop.patterns import Look
from sample_shop.shading import COTTON, Field, Material


@dataclass(frozen=True)
class Dress:
    """A dress; the torso's `length` ends at the skirt's hem and `hem` is its half width there.

    `waist` treatment is seam, belt, wrap or none; `skirt` is plain, pleated or tiered.
    """

    name: str
    torso: Torso
    neck: str = "round"
    waist: str = "seam"
    skirt: str = "plain"
    material: Material = COTTON
    notes: tuple[str, ...] = ()
    details: tuple[str, ...] = ()
    folds_along: float = 0.8
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Back to front: inside, sleeves, body, skirt folds, waist, neck."""
        t, front = self.torso, necks.neckline(self.torso, self.neck)
        necks.inside_back(canvas, t, front, look)
        if t.sleeve:
            for side in (1.0, -1.0):
                canvas.fill(t.sleeve_shape() * (side, 1.0), look.paint, self.material)
                end = t.cuff(6.0)[[0, -1]] * (side, 1.0)
                canvas.stitch(end, thread(look.base), opacity=0.5)
        body = canvas.fill(self._outline(front), look.paint, self.material)
        self._skirt_folds(canvas, look, body)
        self._bodice(canvas, look, body)
        self._waist(canvas, look, body)
        if self.neck == "collar":
            necks.collar(canvas, t, look, 2.0)
        else:
            necks.rib(canvas, t, front, darker(look.base, 0.08), 3.4)

    @property
    def waist_y(self) -> float:
        """Height of the waist seam."""
        return self.torso.top + self.torso.waist_at

    def _side(self) -> Points:
        """From the armpit over the waist and hip to the hem."""
        t, y = self.torso, self.waist_y
        drop = t.bottom - y
        hip = t.waist + (t.hem - t.waist) * 0.30 + 9
        return curve(
            (t.chest, t.top + 80),
            (t.waist + 2, y - 22),
            (t.waist, y),
            (hip, y + drop * 0.30),
            (t.waist + (t.hem - t.waist) * 0.68 + 5, y + drop * 0.65),
            (t.hem, t.bottom),
        )

    def _hem(self) -> Points:
        """From the side to the axis, waved where folds end."""
        t = self.torso
        x = np.linspace(t.hem, 0, 40)
        sag = 9 * (1 - (x / t.hem) ** 2)
        wave = 2.6 * np.sin(x / t.hem * np.pi * 5.5) * min(1.0, (t.hem - t.waist) / 45)
        return np.column_stack([x, t.bottom + sag + wave])

    def _outline(self, front: Points) -> Points:
        return symmetric(join(front, self.torso.armhole(), self._side(), self._hem()))

    def _skirt_folds(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Folds that fan out from the waist; pleats are regular, tiers have seams."""
        t, y = self.torso, self.waist_y
        flare = min(1.0, max(0.25, (t.hem - t.waist) / 45))
        count = 13 if self.skirt == "pleated" else 7
        rng = np.random.default_rng([look.seed, 21])
        for k in range(count):
            f = (
                (k + 0.5) / count * 2
                - 1
                + (0 if self.skirt == "pleated" else rng.uniform(-0.08, 0.08))
            )
            start = y + (4 if self.skirt == "pleated" else rng.uniform(8, 60))
            top = (f * t.waist * 0.95, start)
            path = curve(
                top,
                (f * (t.waist + t.hem) / 2, (y + t.bottom) / 2),
                (f * t.hem * 0.97, t.bottom + 8),
            )
            canvas.crease(path, 7 if self.skirt == "pleated" else 10, 0.26 * flare, body)
        if self.skirt == "tiered":
            for share in (0.36, 0.68):
                seam = y + (t.bottom - y) * share
                edge = curve((-t.hem - 8, seam - 4), (0, seam + 5), (t.hem + 8, seam - 4))
                canvas.crease(edge, 4, 0.4, body)
        hem = join(self._hem(), mirror(self._hem())[1:])
        canvas.stitch(offset(hem, 5), thread(look.base), opacity=0.45)

    def _bodice(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Bust darts and armhole seams; a button front where asked."""
        t = self.torso
        for side in (1.0, -1.0):
            dart = curve(
                (t.chest * 0.5, self.waist_y - 4),
                (t.chest * 0.52, t.top + 105),
                (t.chest * 0.62, t.top + 84),
            )
            canvas.crease(dart * (side, 1.0), 5, 0.16, body)
            canvas.crease(t.armhole() * (side, 1.0), 2.5, 0.2, body)
        if "buttons" in self.details:
            start = t.top + necks.DEPTH[self.neck] + 3
            canvas.crease(line((6, start), (6, t.bottom + 8)), 2.5, 0.18, body)
            colour = lighter(look.base, 0.7) if luma(look.base) > 0.2 else lighter(look.base, 0.35)
            buttons(
                canvas, [float(y) for y in np.arange(start + 6, t.bottom - 50, 27)], 0, colour, 2.7
            )

    def _waist(self, canvas: Canvas, look: Look, body: Field) -> None:
        """Seam, belt or the crossing of a wrap."""
        t, y = self.torso, self.waist_y
        seam = curve((-t.waist - 3, y - 2), (0, y + 4), (t.waist + 3, y - 2))
        if self.waist == "seam":
            canvas.crease(seam, 4, 0.32, body)
        elif self.waist == "belt":
            _belt(canvas, seam, look.accents[0] if look.seed % 2 else darker(look.base, 0.35), body)
        elif self.waist == "wrap":
            depth = t.top + necks.DEPTH[self.neck]
            cross = curve((-1, depth - 3), (t.waist * 0.4, y - 34), (t.waist * 0.82, y - 4))
            canvas.crease(cross, 5, 0.34, body)
            flap = curve(
                (t.waist * 0.8, y + 5), (t.waist * 0.62, y + 90), (t.hem * 0.30, t.bottom + 10)
            )
            canvas.crease(flap, 7, 0.4, body)
            canvas.fill(sweep(seam, 9), darker(look.base, 0.12), Material(5, 0.5, 0.25, 0.05), body)
            _bow(canvas, look, t.waist * 0.72, y)


def _belt(canvas: Canvas, seam: Points, colour: Colour, body: Field) -> None:
    """A narrow belt with a ring buckle."""
    canvas.shade(sweep(shift(seam, 0.0, 4.0), 10), 0.3, 5, body)
    canvas.fill(sweep(seam, 10), colour, Material(5, 0.5, 0.25, 0, 0.3), body)
    y = float(seam[len(seam) // 2][1])
    canvas.fill(
        [box(-9, y - 8, 9, y + 8, 3)],
        (0.80, 0.68, 0.40),
        Material(3, 0.8, 0.3, 0, 0.6),
        holes=[box(-6, y - 5, 6, y + 5, 2)],
    )


def _bow(canvas: Canvas, look: Look, x: float, y: float) -> None:
    """A tie belt knotted at the side."""
    cloth = Material(6, 0.55, 0.3, 0.06)
    for dx, drop in ((-5.0, 62.0), (8.0, 74.0)):
        tail = curve((x, y), (x + dx * 0.6, y + drop * 0.5), (x + dx, y + drop))
        canvas.shade(sweep(shift(tail, 2.0, 2.0), 8), 0.25, 5)
        canvas.fill(sweep(tail, 5, 8, 9), look.paint, cloth)
    for side in (-1.0, 1.0):
        canvas.fill(ellipse(x + side * 11, y + 3, 12, 6), look.base, cloth)
    canvas.fill(ellipse(x, y + 1, 5, 5.5), darker(look.base, 0.1), cloth)
