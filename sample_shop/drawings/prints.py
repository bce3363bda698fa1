"""Chest prints and small emblems: invented motifs, no real marks."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.drawings.clothes.torso import Torso
from sample_shop.geometry import Points, box, curve, ellipse, join, line, loop, sweep, turn
from sample_shop.patterns import Look


def chest(canvas: Canvas, look: Look, torso: Torso) -> None:
    """A large motif in the middle of the chest; which one follows from the style's seed."""
    y = torso.top + 98
    motifs = (_sunset, _peaks, _bars, _star, _wave, _target)
    motifs[look.seed % len(motifs)](canvas, look, y)


def emblem(canvas: Canvas, look: Look, x: float, y: float) -> None:
    """A small mark on the chest."""
    kind = look.seed % 3
    if kind == 0:
        canvas.print([ellipse(x, y, 4.5, 4.5)], look.accents[0])
        canvas.print([box(x - 4.5, y - 0.8, x + 4.5, y + 0.8)], look.base)
    elif kind == 1:
        canvas.print(line((x - 6, y + 4), (x, y - 5), (x + 6, y + 4), (x, y + 1)), look.accents[0])
    else:
        canvas.print(
            [box(x - 6, y - 4 + 3 * k, x + 6 - 2 * k, y - 2.2 + 3 * k) for k in range(3)],
            look.accents[0],
        )


def _sunset(canvas: Canvas, look: Look, y: float) -> None:
    """A sun cut by widening gaps over the sea."""
    for k, (low, high) in enumerate(((0, 26), (29, 38), (42, 48), (53, 57), (63, 65))):
        a0 = np.arccos(np.clip((33 - low) / 33, -1, 1))
        a1 = np.arccos(np.clip((33 - high) / 33, -1, 1))
        angles = np.linspace(a0, a1, 14)
        right = np.column_stack([33 * np.sin(angles), y - 33 * np.cos(angles)])
        canvas.print(join(right, right[::-1] * (-1.0, 1.0)), look.accents[2 if k < 2 else 3])
    _caption(canvas, look, y + 46, 66)


def _peaks(canvas: Canvas, look: Look, y: float) -> None:
    """Mountains in a badge."""
    canvas.print(ellipse(0, y, 40, 40), look.accents[0])
    canvas.print(ellipse(14, y - 16, 8, 8), look.accents[2])
    canvas.print(
        line((-34, y + 20), (-8, y - 20), (8, y + 4), (16, y - 6), (34, y + 20)), look.base
    )
    canvas.print(
        line((-15, y - 9), (-8, y - 20), (-1, y - 9), (-5, y - 12), (-9, y - 8)), look.accents[0]
    )
    _caption(canvas, look, y + 50, 60)


def _bars(canvas: Canvas, look: Look, y: float) -> None:
    """Three slanted blocks."""
    for k in range(3):
        x = -38 + 28 * k
        canvas.print(
            line((x, y + 26), (x + 16, y - 26), (x + 34, y - 26), (x + 18, y + 26)), look.accents[k]
        )
    _caption(canvas, look, y + 38, 74)


def _star(canvas: Canvas, look: Look, y: float) -> None:
    """A five-pointed star in a ring."""
    angle = np.deg2rad(np.arange(10) * 36 - 90)
    radius = np.where(np.arange(10) % 2, 12.5, 31.0)
    canvas.print(sweep(ellipse(0, y, 39, 39), 4), look.accents[0])
    canvas.print(
        np.column_stack([radius * np.cos(angle), y + radius * np.sin(angle)]), look.accents[2]
    )
    _caption(canvas, look, y + 50, 54)


def _wave(canvas: Canvas, look: Look, y: float) -> None:
    """Three running waves."""
    for k in range(4):
        x = np.linspace(-44, 44, 60)
        path = np.column_stack([x, y - 24 + 15 * k + 6 * np.sin(x / 7.5 + k)])
        canvas.print(sweep(path, 1.5, 7, 1.5), look.accents[k % 3])
    _caption(canvas, look, y + 42, 70)


def _target(canvas: Canvas, look: Look, y: float) -> None:
    """A leaf drawn in lines."""
    leaf: Points = loop(
        (0, y - 42), (22, y - 10), (14, y + 22), (0, y + 34), (-14, y + 22), (-22, y - 10)
    )
    canvas.print(turn(leaf, 18, (0.0, y)), look.accents[0])
    for k in range(-3, 4):
        vein = curve((0, y + 7 * k + 6), (9, y + 7 * k - 2), (17, y + 7 * k - 12))
        canvas.print(
            turn(sweep(join(vein[::-1] * (-1.0, 1.0), vein), 1.4), 18, (0.0, y)), look.base
        )
    canvas.print(turn(sweep(line((0, y - 40), (0, y + 46)), 2), 18, (0.0, y)), look.base)


def _caption(canvas: Canvas, look: Look, y: float, width: float) -> None:
    """Letter-like blocks under the motif; they read as a word from afar."""
    rng = np.random.default_rng([look.seed, 5])
    x = -width / 2
    while x < width / 2 - 4:
        w = float(rng.uniform(4.5, 8.5))
        letter = [box(x, y, x + w, y + 9)]
        canvas.print(letter, look.accents[0])
        kind = rng.integers(4)
        cut = (
            box(x + 2, y + 2, x + w - 2, y + 7),
            box(x + 2, y + 2, x + w, y + 3.8),
            box(x + w / 2 - 0.7, y + 3, x + w / 2 + 0.7, y + 9),
            box(x + 2, y + 5, x + w, y + 9),
        )[int(kind)]
        canvas.print(cut, look.base)
        x += w + 2.2
