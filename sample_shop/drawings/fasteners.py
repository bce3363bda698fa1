"""Buttons, zips and buckles."""

from __future__ import annotations

from sample_shop.canvas import Canvas
from sample_shop.geometry import Points, box, dashes, ellipse
from sample_shop.palette import Colour, darker
from sample_shop.shading import HARDWARE, Field, Material


def buttons(canvas: Canvas, ys: list[float], x: float, colour: Colour, radius: float = 3.0) -> None:
    """A row of buttons with a lit rim and thread holes."""
    for y in ys:
        canvas.shade(ellipse(x + 0.6, y + 1.2, radius + 0.6, radius + 0.6), 0.35, 2)
        canvas.fill(ellipse(x, y, radius, radius), colour, Material(3, 0.8, 0.2, 0, 0.2))
        canvas.print([ellipse(x + i, y, 0.5, 0.5) for i in (-0.9, 0.9)], darker(colour, 0.6))


def zipper(canvas: Canvas, path: Points, colour: Colour, metal: Colour) -> None:
    """A zip: tape, teeth and a puller at the start of the path."""
    canvas.crease(path, 6, 0.25)
    canvas.stroke(path, 5.0, colour, 0.9)
    canvas.print(dashes(path, 1.2, 1.0, 2.6), metal)
    x, y = path[0]
    canvas.fill(box(x - 2.4, y - 2, x + 2.4, y + 5, 1.5), metal, HARDWARE)
    canvas.fill(box(x - 1.5, y + 4, x + 1.5, y + 15, 1.2), metal, HARDWARE)


def buckle(canvas: Canvas, x: float, y: float, half: tuple[float, float], metal: Colour) -> None:
    """A rectangular frame of half width and half height `half`, centred on x, y."""
    w, h = half
    bar = max(2.5, 0.32 * min(half))
    inner = box(x - w + bar, y - h + bar, x + w - bar, y + h - bar, 2)
    canvas.fill([box(x - w, y - h, x + w, y + h, 3)], metal, HARDWARE, holes=[inner])


def zip_line(canvas: Canvas, path: Points, tape: Colour, metal: Colour, clip: Field) -> None:
    """A zip along any path of a bag, its puller hanging from the end."""
    canvas.crease(path, 5, 0.25, clip)
    canvas.stroke(path, 5, tape, 0.95, clip)
    canvas.print(dashes(path, 1.3, 1.1, 1.8), metal, 0.9, clip)
    x, y = path[-1]
    canvas.fill(box(x - 3, y - 4, x + 3, y + 14, 2), metal, HARDWARE)
