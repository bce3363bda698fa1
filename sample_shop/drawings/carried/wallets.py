"""Wallets, front view."""

from __future__ import annotations

from dataclasses import dataclass

from sample_shop.canvas import Canvas
from sample_shop.drawings.fasteners import buttons
from sample_shop.geometry import (
    box,
    curve,
    dashes,
    ellipse,
    join,
    line,
    mirror,
    shift,
    sweep,
    symmetric,
)
from sample_shop.palette import BRASS, STEEL, Colour, darker, thread
from sample_shop.patterns import Look
from sample_shop.shading import FLAT, HARDWARE, LEATHER, Field, Material


@dataclass(frozen=True)
class Wallet:
    """A wallet; `style` is bifold, zip or flap."""

    name: str
    style: str = "bifold"
    width: float = 118.0
    height: float = 90.0
    gold: bool = False
    material: Material = LEATHER
    notes: tuple[str, ...] = ()
    folds_along: float = 0.0
    scale: float = 1.0

    def draw(self, canvas: Canvas, look: Look) -> None:
        """Back leaf, front leaf, stitching, hardware."""
        w, h = self.width, self.height
        canvas.ground(ellipse(4, h + 2, w + 4, 7), 0.40, 8)
        if self.style == "bifold":
            back = line((-w + 4, -h - 5), (w + 7, -h - 11), (w + 5, h - 6), (-w + 4, h))
            canvas.fill(back, darker(look.base, 0.4), LEATHER)
            canvas.fill(box(-w + 14, -h - 5, w - 6, h - 20), (0.83, 0.76, 0.64), FLAT)
        front = canvas.fill(box(-w, -h, w, h, 10), look.paint, self.material)
        seam = box(-w + 5, -h + 5, w - 5, h - 5, 8)
        canvas.stitch(join(seam, seam[:1]), thread(look.base))
        parts = {"bifold": self._bifold, "zip": self._zip, "flap": self._flap}
        parts[self.style](canvas, look, front)

    @property
    def metal(self) -> Colour:
        """Colour of zip, plate and stud."""
        return BRASS if self.gold else STEEL

    def _bifold(self, canvas: Canvas, _look: Look, front: Field) -> None:
        """The fold and an embossed mark."""
        w, h = self.width, self.height
        canvas.crease(line((-w + 9, -h), (-w + 9, h)), 5, 0.3, front)
        canvas.shade(box(w * 0.30, h * 0.42, w * 0.72, h * 0.70, 2), 0.22, 3, front)
        canvas.shade(box(w * 0.31, h * 0.45, w * 0.71, h * 0.68, 2), -0.08, 3, front)

    def _zip(self, canvas: Canvas, look: Look, _front: Field) -> None:
        """A zip along the top and a plate."""
        w, h = self.width, self.height
        edge = line((-w + 2, -h + 1), (w - 2, -h + 1))
        canvas.fill(sweep(edge, 7), darker(look.base, 0.45), FLAT)
        canvas.print(dashes(edge, 1.4, 1.2, 2.6), self.metal)
        canvas.fill(box(w - 16, -h + 2, w - 8, -h + 34, 3), self.metal, HARDWARE)
        canvas.fill(box(-16, -8, 16, 4, 2), self.metal, HARDWARE)

    def _flap(self, canvas: Canvas, look: Look, front: Field) -> None:
        """A flap with a press stud."""
        w, h = self.width, self.height
        edge = curve((w, -h + 4), (w + 1, -8), (w * 0.8, h * 0.16), (0, h * 0.28))
        flap = symmetric(join(line((0, -h - 2), (w - 8, -h - 2)), edge))
        canvas.shade(shift(flap, 0, 5), 0.4, 7, front)
        canvas.fill(flap, look.paint, self.material)
        seam = curve((0, h * 0.21), (w * 0.78, h * 0.09), (w - 6, -8))
        canvas.stitch(join(mirror(seam), seam[1:]), thread(look.base))
        buttons(canvas, [h * 0.12], 0, self.metal, 7)
