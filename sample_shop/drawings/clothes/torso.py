"""The measures of a garment for the upper body, laid flat or on an invisible mannequin."""

from __future__ import annotations

from dataclasses import dataclass

from sample_shop.geometry import Points, curve, join, line, symmetric, trim
from sample_shop.geometry import length as arc


@dataclass(frozen=True)
class Torso:
    """Half widths and heights in design units; y grows downwards and `top` is the neck point.

    `sleeve` is 0 for none and 1 for one that reaches the wrist; `waist_at` is the height of the
    waist below `top`; `curve_hem` rounds the hem up at the sides as on a shirt.
    """

    neck: float = 31.0
    shoulder: float = 80.0
    chest: float = 85.0
    waist: float = 81.0
    hem: float = 86.0
    top: float = -128.0
    length: float = 248.0
    waist_at: float = 150.0
    slope: float = 25.0
    sleeve: float = 0.34
    sleeve_width: float = 1.0
    curve_hem: float = 0.0
    strap: bool = False

    @property
    def bottom(self) -> float:
        """Height of the hem."""
        return self.top + self.length

    def body(self, neckline: Points) -> Points:
        """Closed outline under a neckline that runs from the axis to the neck point."""
        return symmetric(join(neckline, self.armhole(), self.side(), self.hemline()))

    def armhole(self) -> Points:
        """From the shoulder point down to the armpit; cut in deeply on strappy garments."""
        pit = (self.chest, self.top + 80.0)
        if self.strap:
            edge = self.neck + 11.0
            return curve(
                (edge, self.top + 1), (edge + 2, self.top + 34), (edge + 15, self.top + 62), pit
            )
        inner = self.shoulder - (5 if self.sleeve else 12)
        return curve((self.shoulder, self.top + self.slope), (inner, self.top + 50), pit)

    def side(self) -> Points:
        """From the armpit by the waist to the hem."""
        waist_y = self.top + self.waist_at
        return curve(
            (self.chest, self.top + 80),
            (self.waist, waist_y),
            ((self.waist + self.hem * 2) / 3, (waist_y * 0.45 + self.bottom * 0.55)),
            (self.hem, self.bottom - self.curve_hem),
        )

    def hemline(self) -> Points:
        """From the side seam to the axis."""
        if self.curve_hem:
            lift = self.curve_hem
            return curve(
                (self.hem, self.bottom - lift),
                (self.hem * 0.82, self.bottom - lift * 0.55),
                (self.hem * 0.5, self.bottom),
                (0, self.bottom + 4),
            )
        return curve(
            (self.hem, self.bottom), (self.hem * 0.6, self.bottom + 4), (0, self.bottom + 5.5)
        )

    def sleeve_edges(self) -> tuple[Points, Points]:
        """Outer and inner edge of the right sleeve, from the armhole to its end."""
        x, y = self.shoulder, self.top + self.slope
        w = self.sleeve_width
        outer = curve(
            (x - 3, y - 1), (x + 13, y + 19), (x + 27, y + 64), (x + 37, y + 132), (x + 42, y + 212)
        )
        pit = (self.chest, self.top + 79.0)
        inner = curve(
            pit,
            (x + 12 - 12 * (w - 1), y + 96),
            (x + 18 - 16 * (w - 1), y + 150),
            (x + 22 - 14 * (w - 1), y + 214),
        )
        reach = self.sleeve
        # A short sleeve's under-arm seam is much shorter than the line over the shoulder.
        under = (
            reach * 0.5
            if reach < 0.5
            else reach * 1.5 - 0.5
            if reach > 1
            else (reach - 0.5) * 1.5 + 0.25
        )
        outer, inner = trim(outer, 0, min(reach, 1.0)), trim(inner, 0, min(max(under, 0.06), 1.0))
        if reach < 0.5:
            inner = inner + (outer[-1] - inner[-1]) * (1 - w) * 0.2
        return outer, inner

    def sleeve_shape(self) -> Points:
        """Closed outline of the right sleeve, tucked a little under the body."""
        outer, inner = self.sleeve_edges()
        tuck_top, tuck_pit = (
            (self.shoulder - 16, self.top + self.slope - 3),
            (self.chest - 14, self.top + 76),
        )
        return join(line(tuck_top), outer, _hem(outer[-1], inner[-1]), inner[::-1], line(tuck_pit))

    def cuff(self, depth: float) -> Points:
        """Closed outline of the last `depth` units of the right sleeve."""
        outer, inner = self.sleeve_edges()
        a = trim(outer, 1 - min(0.9, depth / arc(outer)), 1)
        b = trim(inner, 1 - min(0.9, depth / arc(inner)), 1)
        return join(a, _hem(a[-1], b[-1]), b[::-1])


def _hem(a: Points, b: Points) -> Points:
    """The slightly bowed end of a sleeve between two points (2,)."""
    middle = (a + b) / 2
    return curve((a[0], a[1]), (middle[0] + 1, middle[1] + 2.5), (b[0], b[1]))
