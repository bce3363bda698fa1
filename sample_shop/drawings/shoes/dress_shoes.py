"""Formal leather shoes in side view, toe to the right."""

from __future__ import annotations

from dataclasses import dataclass

from sample_shop.canvas import Canvas
from sample_shop.drawings.fasteners import buckle
from sample_shop.drawings.shoes.pairs import FLOOR, draw_pair
from sample_shop.geometry import (
    box,
    curve,
    ellipse,
    join,
    line,
    shift,
    sweep,
)
from sample_shop.palette import BRASS, Colour, darker, lighter, mix
from sample_shop.patterns import Look
from sample_shop.shading import FLAT, HARDWARE, LEATHER, Field, Material


@dataclass(frozen=True)
class DressShoe:
    """A leather shoe; `style` is derby, loafer or monk."""

    name: str
    style: str = "derby"
    toe: float = 0.0
    cap: bool = True
    pair: bool = False
    material: Material = LEATHER
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """One shoe or a pair."""
        draw_pair(canvas, lambda: self._shoe(canvas, look), self.pair)

    def _shoe(self, canvas: Canvas, look: Look) -> None:
        """Shadow, lining, upper, style, sole and heel block."""
        canvas.ground(ellipse(6, FLOOR + 2, 136, 6), 0.42, 8)
        collar = curve((-118, -26), (-92, -14), (-58, -14), (-26, -40))
        canvas.fill(
            join(collar, curve((-26, -40), (-70, -36), (-118, -26))), (0.62, 0.47, 0.33), FLAT
        )
        throat = curve((-26, -40), (4, -28), (36, -6))
        end = 140 + self.toe
        toe = curve((36, -6), (74, 3), (108, 9), (end - 11, 22), (end - 1, 37), (end, 49))
        heel = curve((-122, 46), (-127, 20), (-123, -6), (-118, -26))
        upper = canvas.fill(join(heel, collar, throat, toe), look.base, self.material)
        self._details(canvas, look, upper)
        canvas.fill(sweep(collar, 3), darker(look.base, 0.2), Material(3, 0.5, 0.2, 0))
        dark: Colour = mix(darker(look.base, 0.7), (0.10, 0.08, 0.07), 0.5)
        sole = join(
            curve((-126, 42), (-60, 47), (20, 48), (100, 48), (end + 3, 44)),
            curve((end + 4, 49), (110, 57), (40, 57), (-30, 53), (-58, 52), (-128, 52)),
        )
        canvas.fill(
            join(line((-128, 48), (-58, 49), (-62, FLOOR), (-125, FLOOR))),
            dark,
            Material(4, 0.4, 0.2, 0, 0.2),
        )
        canvas.fill(sole, dark, Material(3, 0.5, 0.2, 0, 0.2))
        canvas.stitch(
            curve((-118, 45), (-60, 49), (20, 50), (100, 50), (end, 47)), lighter(dark, 0.35)
        )

    def _details(self, canvas: Canvas, look: Look, upper: Field) -> None:
        """Quarter seam, cap seam and flex creases, then what the style adds."""
        t = darker(look.base, 0.45)
        canvas.crease(curve((-104, -20), (-98, 14), (-84, 48)), 3, 0.25, upper)
        if self.cap:
            canvas.crease(curve((84, 4), (92, 24), (84, 50)), 3, 0.4, upper)
            canvas.stitch(curve((84, 4), (92, 24), (84, 50)), t, 3)
        for k in range(3):
            canvas.crease(
                curve((40 + 12 * k, -2 + 4 * k), (50 + 11 * k, 14), (46 + 11 * k, 26)),
                4,
                0.15,
                upper,
            )
        {"derby": self._laces, "loafer": self._saddle, "monk": self._monk_strap}[self.style](
            canvas, look, upper
        )

    def _laces(self, canvas: Canvas, look: Look, upper: Field) -> None:
        """A derby's facing and laces."""
        facing = curve((-30, -40), (-22, -4), (8, 12), (36, -2))
        canvas.crease(facing, 3, 0.35, upper)
        canvas.stitch(facing, darker(look.base, 0.45), 2.5)
        for k in range(4):
            x, y = -18 + 13.0 * k, -33 + 8.0 * k
            lace = sweep(curve((x - 6, y + 14), (x, y + 4), (x + 6, y - 2)), 3)
            canvas.fill(lace, darker(look.base, 0.35), Material(2, 0.7, 0.2, 0))

    def _saddle(self, canvas: Canvas, look: Look, upper: Field) -> None:
        """A loafer's saddle with its bit, and the apron seam."""
        saddle = curve((-10, -40), (-4, 0), (-14, 50), (26, 50), (34, 10), (30, -14))
        canvas.fill(saddle, darker(look.base, 0.06), Material(6, 0.5, 0.3, 0, 0.3), upper)
        apron = curve((30, -12), (60, 2), (96, 12), (120, 28))
        canvas.stitch(apron, darker(look.base, 0.45), 4)
        bit = BRASS if look.seed % 2 else darker(look.base, 0.4)
        canvas.fill(box(2, -14, 22, -6, 3), bit, HARDWARE, upper)

    def _monk_strap(self, canvas: Canvas, look: Look, upper: Field) -> None:
        """A strap over the instep and its buckle."""
        strap = sweep(curve((36, -8), (4, 0), (-30, 4), (-52, 10)), 15)
        canvas.shade(shift(strap, 0, 3), 0.3, 4, upper)
        canvas.fill(strap, look.base, Material(5, 0.5, 0.25, 0, 0.4), upper)
        buckle(canvas, -29, 4, (9, 10), BRASS)
