"""Fabric patterns: a function from design coordinates to colour, smooth at pixel scale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from sample_shop.canvas import Paint, Pixels
from sample_shop.geometry import XY, ellipse, shift, turn
from sample_shop.palette import Colour, companions, darker, lighter, luma, mix
from sample_shop.shading import Field, noise

TILE = 144
"""Side of a printed repeat in design units."""


@dataclass(frozen=True)
class Look:
    """What one colour variant is made of.

    `base` is the named colour; `accents` contrast with it. `paint` is the patterned fabric, the
    same pattern for every variant of a style.
    """

    base: Colour
    accents: tuple[Colour, ...]
    paint: Paint
    pattern: str
    seed: int


def make_look(pattern: str, base: Colour, seed: int) -> Look:
    """The look of a style (its seed fixes the pattern) in one base colour."""
    if pattern == "Washed":  # indigo is never as clean as a dyed colour
        base = mix(base, (luma(base), luma(base), luma(base)), 0.35)
    rng = np.random.default_rng([seed, 11])
    accents = tuple(companions(base, rng, 4))
    accents = (accents * 4)[:4]
    build = PATTERNS.get(pattern)
    draws = np.random.default_rng([seed, 12])
    paint = build(draws, base, accents) if build else solid(base)
    return Look(base, accents, paint, pattern, seed)


def solid(colour: Colour) -> Paint:
    """One colour."""
    flat = np.asarray(colour, np.float32).reshape(1, 1, 3)
    return lambda u, _v: np.asarray(np.broadcast_to(flat, (*u.shape, 3)))


def _blend(cover: Field, over: Colour, under: Pixels | Colour) -> Pixels:
    """`over` where cover is 1, `under` where it is 0."""
    c = cover[..., None]
    return np.asarray(c * np.asarray(over, np.float32) + (1 - c) * np.asarray(under, np.float32))


def _band(x: Field, period: float, width: float, at: float = 0.0) -> Field:
    """1 on bands `width` wide repeated every `period` units, one-unit soft edges."""
    distance = np.abs((x - at + period / 2) % period - period / 2)
    return np.asarray(np.clip(width / 2 - distance + 0.5, 0.0, 1.0), np.float32)


def _stripes(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Horizontal bands, evenly or in groups of two."""
    period, share, double = rng.uniform(16, 44), rng.uniform(0.22, 0.36), rng.random() < 0.35

    def paint(_u: Field, v: Field) -> Pixels:
        out = _blend(_band(v, period, period * share), accents[0], base)
        return _blend(_band(v, period, 2.5, period / 2), accents[1], out) if double else out

    return paint


def _pinstripes(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Thin vertical lines."""
    period, width = rng.uniform(8, 16), rng.uniform(0.9, 1.9)
    ink = mix(base, accents[0], rng.uniform(0.5, 0.8))
    return lambda u, _v: _blend(_band(u, period, width), ink, base)


def _diagonal(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Slanted club stripes, as on ties."""
    period, width = rng.uniform(18, 36), rng.uniform(4, 9)

    def paint(u: Field, v: Field) -> Pixels:
        along = np.asarray((v + 0.8 * u) * 0.78, np.float32)
        out = _blend(_band(along, period, width), accents[0], base)
        return _blend(_band(along, period, 1.6, width), accents[1], out)

    return paint


def _checks(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Gingham or tartan: bands both ways, darker where they cross."""
    period, tartan = rng.uniform(18, 46), rng.random() < 0.6
    ink = accents[0] if rng.random() < 0.6 else darker(base, 0.55)

    def paint(u: Field, v: Field) -> Pixels:
        out: Pixels = _blend(_band(u, period, period * 0.42) * 0.45, ink, base)
        out = _blend(_band(v, period, period * 0.42) * 0.45, ink, out)
        if tartan:
            for axis in (u, v):
                out = _blend(_band(axis, period, 1.7, period / 2) * 0.8, accents[1], out)
        return out

    return paint


def _dots(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Polka dots on a staggered grid."""
    period = rng.uniform(11, 24)
    radius = period * rng.uniform(0.17, 0.27)

    def paint(u: Field, v: Field) -> Pixels:
        row = np.floor(v / period)
        x = (u + row % 2 * period / 2) % period - period / 2
        y = v % period - period / 2
        return _blend(np.clip(radius - np.hypot(x, y) + 0.5, 0, 1), accents[0], base)

    return paint


def _zigzag(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Chevrons in two colours: the geometric print."""
    period, run = rng.uniform(16, 30), rng.uniform(18, 34)

    def paint(u: Field, v: Field) -> Pixels:
        wave = v + np.abs(u % run - run / 2) * 0.9
        out = _blend(_band(wave, period, period * 0.28), accents[0], base)
        return _blend(_band(wave, period, period * 0.10, period / 2), accents[2], out)

    return paint


def _camouflage(rng: np.random.Generator, base: Colour, _accents: tuple[Colour, ...]) -> Paint:
    """Blots in three tones of the base colour."""
    fields = [noise(rng, 480, 480, 14, 14) for _ in range(3)]
    tones = (darker(base, 0.45), lighter(base, 0.35), darker(base, 0.72))

    def paint(u: Field, v: Field) -> Pixels:
        x, y = (u.astype(int) + 240) % 480, (v.astype(int) + 240) % 480
        out: Pixels | Colour = base
        for field, tone in zip(fields, tones, strict=True):
            out = _blend(np.clip((field[y, x] - 0.45) * 12, 0, 1), tone, out)
        return np.asarray(out)

    return paint


def _melange(rng: np.random.Generator, base: Colour, _accents: tuple[Colour, ...]) -> Paint:
    """Mixed yarn: fine horizontal flecks."""
    flecks = np.asarray(noise(rng, 480, 480, 300, 110) * 0.5, np.float32)
    fleck = lighter(base, 0.55) if luma(base) < 0.6 else darker(base, 0.4)

    def paint(u: Field, v: Field) -> Pixels:
        x, y = (u.astype(int) + 240) % 480, (v.astype(int) + 240) % 480
        return _blend(np.clip(0.2 + flecks[y, x], 0, 0.7), fleck, base)

    return paint


def _denim(rng: np.random.Generator, base: Colour, _accents: tuple[Colour, ...]) -> Paint:
    """Washed denim: pale down the middle of each leg and mottled."""
    wash = rng.uniform(0.05, 0.5)
    mottle = noise(rng, 480, 480, 40, 26) * 0.05

    def paint(u: Field, v: Field) -> Pixels:
        x, y = (u.astype(int) + 240) % 480, (v.astype(int) + 240) % 480
        legs = np.exp(-(((np.abs(u) - 34) / 17) ** 2)) * np.exp(-(((v + 40) / 90) ** 2))
        return _blend(np.clip(wash * legs + mottle[y, x] + 0.05, 0, 1), lighter(base, 0.75), base)

    return paint


Flower = Callable[[ImageDraw.ImageDraw, float, float, float, float], None]


def _floral(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Flowers and leaves scattered over a repeat."""
    size = rng.uniform(8, 15)
    leaf = mix((0.20, 0.42, 0.25), base, 0.25) if luma(base) > 0.25 else (0.35, 0.55, 0.38)
    petals, heart = (accents[0], accents[2]), lighter(accents[3], 0.3)
    sprigs = _scatter(rng, size * 1.9)

    def stamp(draw: ImageDraw.ImageDraw, x: float, y: float, kind: float, angle: float) -> None:
        r = size * (0.55 + 0.45 * kind)
        for side in (angle, angle + 150):
            _oval(draw, (x, y), r * 1.25, (r * 0.36, r * 0.24), side, leaf)
        for k in range(5):
            _oval(
                draw,
                (x, y),
                r * 0.46,
                (r * 0.44, r * 0.38),
                angle + 72 * k,
                petals[int(kind > 0.6)],
            )
        _oval(draw, (x, y), 0, (r * 0.22, r * 0.22), 0, heart)

    return _tile(base, sprigs, stamp)


def _leaves(rng: np.random.Generator, base: Colour, accents: tuple[Colour, ...]) -> Paint:
    """Fern sprays, the tropical print."""
    size, ink = rng.uniform(16, 24), accents[0]
    second = mix(base, accents[2], 0.6)
    sprigs = _scatter(rng, size * 1.45)

    def stamp(draw: ImageDraw.ImageDraw, x: float, y: float, kind: float, angle: float) -> None:
        colour, along = ink if kind > 0.45 else second, np.deg2rad(angle)
        _oval(draw, (x, y), 0, (size, size * 0.05), angle, colour)
        for k in range(-3, 5):
            stem = k / 4 * size * 0.8
            leaf = size * (0.34 - 0.035 * abs(k - 0.5))
            for side in (52, -52):
                at = (x + stem * np.cos(along), y + stem * np.sin(along))
                _oval(draw, at, leaf, (leaf, leaf * 0.27), angle + side, colour)

    return _tile(base, sprigs, stamp)


def _scatter(rng: np.random.Generator, spacing: float) -> NDArray[np.float64]:
    """Rows (x, y, kind, angle) at least `spacing` apart on the wrapped repeat (dart throwing)."""
    darts = rng.random((160, 4)) * (TILE, TILE, 1, 360)
    kept: list[int] = []
    for i, dart in enumerate(darts):
        gap = np.abs(darts[kept, :2] - dart[:2])
        gap = np.minimum(gap, TILE - gap)
        if not kept or float(np.hypot(gap[:, 0], gap[:, 1]).min()) > spacing:
            kept.append(i)
    return np.asarray(darts[kept])


def _oval(
    draw: ImageDraw.ImageDraw, at: XY, out: float, radii: XY, angle: float, colour: Colour
) -> None:
    """An ellipse centred `out` units from a point in the direction `angle` (degrees)."""
    shape = shift(turn(ellipse(out, 0, *radii), angle), *at)
    draw.polygon((shape * 4).ravel().tolist(), fill=_bytes(colour))


def _bytes(colour: Colour) -> tuple[int, int, int]:
    """The colour as Pillow wants it."""
    return (round(colour[0] * 255), round(colour[1] * 255), round(colour[2] * 255))


def _tile(base: Colour, sprigs: NDArray[np.float64], stamp: Flower) -> Paint:
    """A seamless repeat: each sprig is stamped at its wrapped copies too; sampled bilinearly."""
    sheet = Image.new("RGB", (TILE * 4, TILE * 4), _bytes(base))
    draw = ImageDraw.Draw(sheet)
    for x, y, kind, angle in sprigs.tolist():
        for wrap_x in {0, TILE if x < TILE / 2 else -TILE}:
            for wrap_y in {0, TILE if y < TILE / 2 else -TILE}:
                stamp(draw, x + wrap_x, y + wrap_y, kind, angle)
    repeat = np.asarray(sheet.reduce(2), np.float32) / 255.0

    def paint(u: Field, v: Field) -> Pixels:
        x, y = np.floor(u * 2).astype(int), np.floor(v * 2).astype(int)
        side = 2 * TILE
        near = [repeat[(y + j) % side, (x + i) % side] for i in (0, 1) for j in (0, 1)]
        return np.asarray((near[0] + near[1] + near[2] + near[3]) / 4)

    return paint


PATTERNS: dict[str, Callable[[np.random.Generator, Colour, tuple[Colour, ...]], Paint]] = {
    "Striped": _stripes,
    "Pinstriped": _pinstripes,
    "Diagonal": _diagonal,
    "Checked": _checks,
    "Polka Dot": _dots,
    "Floral": _floral,
    "Tropical": _leaves,
    "Geometric": _zigzag,
    "Camouflage": _camouflage,
    "Melange": _melange,
    "Washed": _denim,
}
"""Woven and all-over patterns. "Solid", "Colour Block" and "Graphic" are drawn by the garment."""
