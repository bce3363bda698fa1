"""Necklines, collars and hoods, and how each is drawn on a torso."""

from __future__ import annotations

from sample_shop.canvas import Canvas
from sample_shop.drawings.clothes.torso import Torso
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
from sample_shop.palette import WHITE, Colour, darker, lighter, luma, mix, thread
from sample_shop.patterns import Look
from sample_shop.shading import COTTON, FLAT, KNIT, Material

DEPTH = {
    "crew": 24.0,
    "round": 34.0,
    "scoop": 52.0,
    "boat": 15.0,
    "v": 62.0,
    "deep v": 84.0,
    "square": 46.0,
    "sweetheart": 60.0,
    "collar": 26.0,
    "band": 22.0,
    "turtle": 14.0,
    "hood": 30.0,
    "lapel": 138.0,
}


def neckline(torso: Torso, kind: str) -> Points:
    """From the axis up to the neck point."""
    n, top, d = torso.neck, torso.top, DEPTH[kind]
    if kind in ("v", "deep v", "lapel"):
        return curve((0, top + d), (n * 0.62, top + d * 0.42), (n, top))
    if kind == "square":
        return line((0, top + d), (n * 0.92, top + d - 1), (n, top))
    if kind == "sweetheart":
        return curve(
            (0, top + d),
            (n * 0.5, top + d - 15),
            (n * 0.92, top + d - 21),
            (n, top + d * 0.4),
            (n, top),
        )
    return curve((0, top + d), (n * 0.55, top + d * 0.86), (n * 0.9, top + d * 0.42), (n, top))


def inside_back(canvas: Canvas, torso: Torso, front: Points, look: Look) -> None:
    """The inside of the back seen through the neck opening, with its label."""
    n, top = torso.neck, torso.top
    back = curve((-n, top), (-n * 0.5, top + 7), (0, top + 9), (n * 0.5, top + 7), (n, top))
    opening = join(back, front[::-1], mirror(front)[::-1])
    lining = darker(look.base, 0.30) if luma(look.base) > 0.15 else lighter(look.base, 0.10)
    canvas.fill(opening, lining, FLAT)
    canvas.shade(sweep(mirror(front)[: len(front)], 14), 0.25, 8)
    label = box(-7, top + 12, 7, top + 20, 1)
    canvas.fill(label, WHITE if luma(look.base) < 0.6 else (0.25, 0.25, 0.28), FLAT)


def rib(canvas: Canvas, torso: Torso, front: Points, colour: Colour, width: float) -> None:
    """A knitted band along the front and the back of the neck."""
    n, top = torso.neck, torso.top
    back = curve((-n, top), (-n * 0.5, top + 5), (0, top + 7), (n * 0.5, top + 5), (n, top))
    canvas.fill(sweep(back, width * 0.8), darker(colour, 0.15), Material(6, 0.3, 0.2, 0.03))
    whole = join(mirror(front), front[1:])
    canvas.fill(sweep(whole, width), colour, Material(5, 0.55, 0.25, 0.03))
    canvas.stitch(offset(whole, width / 2 + 2.2), thread(colour), opacity=0.45)


def collar(
    canvas: Canvas, torso: Torso, look: Look, spread: float, colour: Colour | None = None
) -> None:
    """A folded shirt collar: stand and back first, then the two leaves."""
    n, top = torso.neck, torso.top
    paint = look.paint if colour is None else colour
    base = look.base if colour is None else colour
    back = join(
        curve(
            (-n - 3, top + 3),
            (-n * 0.6, top - 13),
            (0, top - 17),
            (n * 0.6, top - 13),
            (n + 3, top + 3),
        ),
        curve((n - 3, top + 9), (0, top + 2), (-n + 3, top + 9)),
    )
    canvas.fill(back, darker(base, 0.16), FLAT)
    canvas.shade(
        join(
            curve((-n, top + 4), (0, top - 3), (n, top + 4)),
            curve((n, top + 12), (0, top + 8), (-n, top + 12)),
        ),
        0.35,
        6,
    )
    fall = join(
        curve((0.5, top + DEPTH["collar"]), (n * 0.55, top + 11), (n * 0.92, top - 7)),
        curve((n * 0.92, top - 7), (n + 8, top - 2), (n + 10, top + 9)),
        line((n - 6 + spread, top + 47), (n - 9 + spread, top + 47.5)),
    )
    for leaf in (fall, fall * (-1.0, 1.0)):
        canvas.shade(shift(leaf, 0.0, 3.0), 0.30, 5)
        canvas.fill(leaf, paint, Material(8, 0.4, 0.25, 0.03))
        canvas.stitch(join(leaf[-14:], leaf[:2]), thread(base), 0, 0.35)


def band_collar(canvas: Canvas, torso: Torso, look: Look) -> None:
    """A short standing collar, open at the front."""
    n, top = torso.neck, torso.top
    back = curve(
        (-n - 2, top - 3),
        (-n * 0.5, top - 12),
        (0, top - 14),
        (n * 0.5, top - 12),
        (n + 2, top - 3),
    )
    canvas.fill(
        join(back, curve((n, top + 5), (0, top + 6), (-n, top + 5))), darker(look.base, 0.22), FLAT
    )
    side = join(
        curve((1.5, top + DEPTH["band"] + 1), (n * 0.6, top + 17), (n + 3, top + 3)),
        curve((n + 2.5, top - 4), (n * 0.6, top + 3), (3, top + DEPTH["band"] - 13)),
    )
    for leaf in (side, side * (-1.0, 1.0)):
        canvas.fill(leaf, look.base, Material(6, 0.45, 0.3, 0.02))


def turtle(canvas: Canvas, torso: Torso, look: Look) -> None:
    """A folded roll neck."""
    n, top = torso.neck - 2, torso.top
    roll = symmetric(
        join(
            curve((0, top - 22), (n * 0.7, top - 23), (n * 0.97, top - 19)),
            curve((n, top - 16), (n + 2, top - 2), (n + 5, top + 12)),
            curve((n + 3, top + 14), (n * 0.6, top + 20), (0, top + 22)),
        )
    )
    canvas.fill(roll, look.base, KNIT)
    canvas.fill(ellipse(0, top - 20, n * 0.86, 4), darker(look.base, 0.4), FLAT)
    for k in range(-6, 7):
        x = k * n / 6.5
        canvas.stroke(curve((x, top - 14), (x * 1.08, top + 16)), 0.9, darker(look.base, 0.35), 0.3)


def hood(canvas: Canvas, torso: Torso, look: Look) -> None:
    """The hood behind the neck, lying back; call before the body."""
    n, top = torso.neck, torso.top
    shape = symmetric(
        join(
            curve((0, top - 52), (n * 0.8, top - 48), (n + 17, top - 22), (n + 15, top + 10)),
            curve((n + 8, top + 20), (n * 0.6, top + 32), (0, top + 38)),
        )
    )
    canvas.fill(shape, look.base, COTTON)
    opening = symmetric(
        join(
            curve((0, top - 37), (n * 0.6, top - 34), (n * 0.98, top - 12), (n * 0.92, top + 8)),
            curve((n * 0.85, top + 14), (n * 0.4, top + 30), (0, top + 36)),
        )
    )
    canvas.fill(opening, darker(look.base, 0.42), FLAT)
    canvas.stitch(opening, thread(look.base), 3.5, 0.4)


def hood_edges(canvas: Canvas, torso: Torso, look: Look, cord: Colour) -> None:
    """The two hood edges that cross in front, with their draw cords; call after the body."""
    n, top = torso.neck, torso.top
    edge = join(
        curve((-5, top + 34), (n * 0.5, top + 22), (n + 4, top - 10)),
        curve((n + 15, top + 2), (n + 8, top + 19), (n * 0.55, top + 36), (-3, top + 44)),
    )
    for leaf in (edge * (-1.0, 1.0), edge):
        canvas.shade(shift(leaf, 0.0, 3.0), 0.22, 6)
        canvas.fill(leaf, look.base, Material(9, 0.5, 0.25, 0.05))
    for side in (-1.0, 1.0):
        string = curve((side * 12, top + 32), (side * 14, top + 55), (side * 12, top + 92))
        canvas.shade(sweep(shift(string, 1.5, 2.0), 3), 0.3, 3)
        canvas.fill(sweep(string, 2.6), cord, FLAT)
        canvas.fill(
            box(side * 12 - 1.8, top + 88, side * 12 + 1.8, top + 98, 1),
            mix(cord, (0.5, 0.5, 0.5), 0.5),
            FLAT,
        )


def lapels(canvas: Canvas, torso: Torso, look: Look) -> None:
    """Notched lapels that meet at the first button."""
    n, top = torso.neck, torso.top
    roll = top + DEPTH["lapel"]
    back = join(
        curve((-n - 4, top + 2), (0, top - 16), (n + 4, top + 2)),
        curve((n, top + 9), (0, top + 1), (-n, top + 9)),
    )
    canvas.fill(back, darker(look.base, 0.12), FLAT)
    leaf = join(
        curve((1, roll + 2), (n * 0.55, top + 62), (n - 2, top + 4)),
        line((n + 19, top + 30), (n + 12, top + 38), (n + 27, top + 42)),
        curve((n + 26, top + 43), (n + 14, top + 92), (4, roll + 4)),
    )
    neck = join(
        curve((n * 0.84, top + 28), (n - 3, top + 2), (n * 0.75, top - 8)),
        curve((n + 4, top - 5), (n + 20, top + 29), (n + 11, top + 37)),
    )
    for side in (1.0, -1.0):
        canvas.shade(shift(leaf * (side, 1.0), 1, 4), 0.3, 6)
        canvas.fill(leaf * (side, 1.0), look.paint, Material(9, 0.45, 0.3, 0.04))
        canvas.fill(neck * (side, 1.0), look.paint, Material(8, 0.45, 0.3, 0.02))
