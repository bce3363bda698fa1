"""From a planned style to catalogue rows: words, price, stock, and the picture."""

from __future__ import annotations

import numpy as np

from sample_shop.canvas import Canvas, Pose
from sample_shop.palette import PALETTE
from sample_shop.patterns import make_look
from sample_shop.styles import Style, plan_styles

PlannedRow = tuple[dict[str, object], Style, str]

_AVAILABLE = 0.88
_OPENINGS = {
    "Casual": "An easy everyday",
    "Formal": "A sharp, office-ready",
    "Sports": "A light training",
    "Ethnic": "A graceful festive",
    "Party": "An eye-catching evening",
    "Travel": "A practical travel",
    "Smart Casual": "A relaxed yet tailored",
}
_CLOSINGS = (
    "Made to be worn often and cared for easily.",
    "Pairs well with neutral basics.",
    "True to size.",
    "A reliable choice from morning to night.",
    "Designed for comfort all day.",
    "Lightly finished for a clean look.",
    "",
)
_PATTERN_WORDS = {
    "Solid": "",
    "Washed": "",
    "Graphic": "Graphic Print",
    "Geometric": "Chevron",
    "Diagonal": "Striped",
    "Tropical": "Tropical Print",
}


def plan_rows(items: int, seed: int) -> list[PlannedRow]:
    """Rows without pictures, each with the style and colour to draw, in shuffled order."""
    variants = [(style, colour) for style in plan_styles(items, seed) for colour in style.colours]
    rng = np.random.default_rng([seed, 3])
    order = rng.permutation(len(variants))
    in_stock = rng.random(len(variants)) < _AVAILABLE
    rows: list[PlannedRow] = []
    for n, i in enumerate(order):
        style, colour = variants[i]
        rows.append((_row(f"S{n + 1:04d}", style, colour, bool(in_stock[n])), style, colour))
    return rows


def render(style: Style, colour: str) -> bytes:
    """The product photo of one variant, JPEG; the pose is the style's, so variants match."""
    rng = np.random.default_rng([style.seed, 4])
    pose = Pose(
        scale=style.product.scale * float(rng.uniform(0.96, 1.02)),
        angle=float(rng.normal(0, 1.0)),
        dx=float(rng.uniform(-4, 4)),
        dy=float(rng.uniform(-4, 4)),
        flip=style.type.master == "Footwear" and bool(rng.random() < 0.25),
    )
    canvas = Canvas(pose, [style.seed, 5], style.product.folds_along)
    style.product.draw(canvas, make_look(style.pattern, PALETTE[colour], style.seed))
    return canvas.photograph()


def _row(item_id: str, style: Style, colour: str, available: bool) -> dict[str, object]:
    """One catalogue row, all but the picture."""
    pattern = "Printed" if style.pattern in ("Geometric", "Tropical") else style.pattern
    return {
        "id": item_id,
        "title": _title(style, colour),
        "description": _description(style, colour),
        "group_id": f"G{style.number + 1:04d}",
        "price": style.price,
        "available": available,
        "gender": style.gender,
        "masterCategory": style.type.master,
        "subCategory": style.type.sub,
        "articleType": style.type.name,
        "baseColour": colour,
        "season": style.season,
        "year": style.year,
        "usage": style.usage,
        "pattern": pattern,
        "brand": style.brand,
    }


def _pattern_word(style: Style) -> str:
    """How the pattern is called in a title."""
    return _PATTERN_WORDS.get(style.pattern, style.pattern)


def _title(style: Style, colour: str) -> str:
    """Brand, gender, colour, pattern and what it is: "Norvane Women Red Floral Wrap Dress"."""
    words = (style.brand, style.gender, colour, _pattern_word(style), style.product.name)
    return " ".join(word for word in words if word)


def _description(style: Style, colour: str) -> str:
    """One or two sentences."""
    pattern = _pattern_word(style).lower()
    what = " ".join(w for w in (colour.lower(), pattern, style.product.name.lower()) if w)
    plural = style.product.name.endswith("s") and not style.product.name.endswith("ss")
    opening = _OPENINGS[style.usage]
    if plural:
        opening = opening.split(" ", 1)[1].capitalize()
    notes = [n for n in style.product.notes if n]
    body = f"{opening} {what} with {' and '.join(notes)}." if notes else f"{opening} {what}."
    closing = _CLOSINGS[style.seed % len(_CLOSINGS)]
    return f"{body} {closing}".strip()
