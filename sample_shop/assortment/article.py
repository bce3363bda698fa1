"""What the shop buys: the shape of an article type, and colour and pattern sets they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sample_shop.canvas import Canvas
from sample_shop.patterns import Look

Rng = np.random.Generator


class Product(Protocol):
    """Anything that can be drawn; `name` ends its title and `notes` describe it."""

    @property
    def name(self) -> str: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def folds_along(self) -> float: ...
    @property
    def scale(self) -> float: ...
    def draw(self, canvas: Canvas, look: Look) -> None: ...


@dataclass(frozen=True)
class ArticleType:
    """One article type and what the shop buys of it; names are those of the Kaggle fashion set.

    Repeated entries in `genders`, `patterns`, `colours` and `usages` weigh more. `popular`
    types get twice as many styles.
    """

    name: str
    master: str
    sub: str
    cut: Callable[[np.random.Generator, str], Product]
    genders: tuple[str, ...]
    price: tuple[float, float]
    patterns: tuple[str, ...]
    colours: tuple[str, ...]
    usages: tuple[str, ...] = ("Casual",)
    season: str = ""
    popular: bool = False


VIVID = (
    "Black",
    "White",
    "Navy Blue",
    "Blue",
    "Red",
    "Green",
    "Grey",
    "Pink",
    "Yellow",
    "Maroon",
    "Purple",
    "Olive",
    "Teal",
    "Mustard",
    "Orange",
    "Turquoise Blue",
    "Beige",
    "Lavender",
    "Peach",
    "Rust",
    "Magenta",
    "Cream",
    "Black",
    "White",
    "Navy Blue",
    "Blue",
    "Red",
    "Grey",
)
DARK = (
    "Black",
    "Navy Blue",
    "Grey",
    "Charcoal",
    "Beige",
    "Olive",
    "Khaki",
    "Brown",
    "White",
    "Maroon",
)
LEATHER_COLOURS = (
    "Black",
    "Brown",
    "Tan",
    "Maroon",
    "Beige",
    "Red",
    "Navy Blue",
    "Olive",
    "Rust",
    "Grey",
)
BAG_COLOURS = (*LEATHER_COLOURS, "Pink", "Teal", "Mustard", "White", "Purple", "Yellow", "Green")
DENIM_COLOURS = ("Blue", "Blue", "Navy Blue", "Black", "Grey", "White", "Charcoal")
METAL_COLOURS = ("Black", "Brown", "Silver", "Gold", "Red", "Blue", "Tan", "White")
PRINTS = ("Floral", "Polka Dot", "Geometric", "Tropical", "Striped", "Checked")
ADULTS, ALL_AGES = ("Men", "Women"), ("Men", "Women", "Men", "Women", "Boys", "Girls")
MOSTLY_SOLID = ("Solid", "Solid", "Solid")


def pick(rng: Rng, *options: str) -> str:
    """One of the options, each equally likely."""
    return options[int(rng.integers(len(options)))]
