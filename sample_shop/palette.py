"""The shop's colours under the names of the Kaggle fashion set, as sRGB in 0..1."""

from __future__ import annotations

import numpy as np

Colour = tuple[float, float, float]

_HEX = {
    "Black": "212124",
    "White": "f3f3f1",
    "Grey": "93969b",
    "Charcoal": "484b51",
    "Navy Blue": "1f2c57",
    "Blue": "2c66bd",
    "Turquoise Blue": "3fb6c6",
    "Teal": "0f7379",
    "Green": "2a8449",
    "Olive": "6a6c3b",
    "Yellow": "f3cb35",
    "Mustard": "cb9527",
    "Orange": "ec7625",
    "Rust": "ab4c2a",
    "Red": "c61f2b",
    "Maroon": "701a2b",
    "Magenta": "c12b7c",
    "Pink": "ec8fb0",
    "Peach": "f5bd9f",
    "Lavender": "b5a6da",
    "Purple": "6c3d95",
    "Brown": "6d452b",
    "Tan": "b98452",
    "Khaki": "a99c74",
    "Beige": "d9c5a3",
    "Cream": "f2e8d1",
    "Silver": "c3c6ca",
    "Gold": "cda552",
}

PALETTE: dict[str, Colour] = {
    name: (int(h[:2], 16) / 255, int(h[2:4], 16) / 255, int(h[4:], 16) / 255)
    for name, h in _HEX.items()
}

WHITE: Colour = (0.96, 0.96, 0.95)
INK: Colour = (0.11, 0.11, 0.13)
STEEL: Colour = (0.74, 0.75, 0.77)
BRASS: Colour = (0.80, 0.65, 0.33)


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """The colour a fraction `t` of the way from a to b."""
    return (a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t)


def darker(colour: Colour, t: float) -> Colour:
    """Towards black by `t`."""
    return mix(colour, (0.03, 0.03, 0.04), t)


def lighter(colour: Colour, t: float) -> Colour:
    """Towards white by `t`."""
    return mix(colour, (1.0, 1.0, 1.0), t)


def luma(colour: Colour) -> float:
    """Perceived brightness 0..1 (Rec. 709 weights)."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def thread(colour: Colour) -> Colour:
    """A stitching colour that can be seen on this fabric yet belongs to it."""
    return lighter(colour, 0.28) if luma(colour) < 0.3 else darker(colour, 0.32)


def companions(base: Colour, rng: np.random.Generator, count: int) -> list[Colour]:
    """Colours that stand out against the base, for prints and trims; the first contrasts most.

    The rng is drawn from the same number of times whatever the base, so every colour variant of
    a style leaves it in the same state.
    """
    order = rng.permutation(len(PALETTE))
    names = list(PALETTE)
    neutral = WHITE if luma(base) < 0.55 else PALETTE["Navy Blue"]
    far = [
        PALETTE[names[i]]
        for i in order
        if sum(abs(a - b) for a, b in zip(PALETTE[names[i]], base, strict=True)) > 0.75
    ]
    return [neutral, *far][:count]
