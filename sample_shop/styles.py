"""The plan of a catalogue: which styles there are, and what each is, before any is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sample_shop.assortment import DENIM_COLOURS, TYPES, ArticleType, Product, pick


@dataclass(frozen=True)
class Style:
    """One design, sold in one or more colours; `seed` fixes everything about how it looks."""

    type: ArticleType
    number: int
    seed: int
    product: Product
    gender: str
    pattern: str
    colours: tuple[str, ...]
    brand: str
    price: float
    season: str
    year: int
    usage: str


_BRANDS = (
    "Ardenvale",
    "Bexmoor",
    "Calloway Finch",
    "Corvane",
    "Dunmarrow",
    "Elmswick",
    "Fernhollow",
    "Galdane",
    "Harrowby Lane",
    "Ilvane",
    "Juniper Row",
    "Kestrelmoor",
    "Larkhollow",
    "Mirravale",
    "Norvane",
    "Oakhurst Mill",
    "Pellworth",
    "Quillmere",
    "Rowanstead",
    "Saltmarsh Co",
    "Tarnbrook",
    "Umbervale",
    "Veldmoor",
    "Wrenfield",
    "Yarrowgate",
    "Zephyrine",
)
_BRANDS_PER_MASTER = {
    "Apparel": _BRANDS[:15],
    "Footwear": _BRANDS[10:21],
    "Accessories": _BRANDS[15:],
}
_YEARS = (2022, 2023, 2024, 2025)
_VARIANTS = (1, 2, 2, 3, 3, 4)


def plan_styles(items: int, seed: int) -> list[Style]:
    """Styles whose colours add up to `items`, no type left out before another has two.

    Small catalogues get fewer colours per style, so that they still cover the types.
    """
    if items < 1:
        raise ValueError(f"items must be at least 1, not {items}")
    rng = np.random.default_rng([seed, 1])
    most = 1 if items < 2 * len(TYPES) else 2 if items < 5 * len(TYPES) else 4
    styles: list[Style] = []
    taken: set[str] = set()
    left = items
    queue: list[ArticleType] = []
    while left:
        if not queue:
            extra = [t for t in TYPES if t.popular] if styles else []
            pool = [*TYPES, *extra]
            queue = [pool[i] for i in rng.permutation(len(pool))]
        wanted = int(rng.choice(_VARIANTS))
        style = _make_style(queue.pop(), len(styles), seed, min(wanted, most, left), taken)
        styles.append(style)
        left -= len(style.colours)
    return styles


def _make_style(kind: ArticleType, number: int, seed: int, variants: int, taken: set[str]) -> Style:
    """One style from a generator of its own, so that it does not depend on its neighbours."""
    rng = np.random.default_rng([seed, 2, number])
    gender = pick(rng, *kind.genders)
    product = kind.cut(rng, gender)
    pattern = _pattern(rng, kind, product)
    palette = DENIM_COLOURS if pattern == "Washed" else kind.colours
    shuffled = [palette[i] for i in rng.permutation(len(palette))]
    colours = tuple(dict.fromkeys(shuffled))[:variants]
    low, high = kind.price
    price = float(np.floor(low + (high - low) * rng.beta(1.6, 2.4))) + float(
        rng.choice([0.0, 0.5, 0.9, 0.95, 0.99])
    )
    brands = _BRANDS_PER_MASTER[kind.master]
    order = [brands[i] for i in rng.permutation(len(brands))]
    brand = next((b for b in order if f"{b}{gender}{pattern}{product.name}" not in taken), order[0])
    taken.add(f"{brand}{gender}{pattern}{product.name}")
    season = (
        kind.season
        if kind.season and rng.random() < 0.75
        else pick(rng, *("Summer", "Fall", "Winter", "Spring"))
    )
    return Style(
        type=kind,
        number=number,
        seed=int(rng.integers(2**31)),
        product=product,
        gender=gender,
        pattern=pattern,
        colours=colours,
        brand=brand,
        price=round(price, 2),
        season=season,
        year=int(rng.choice(_YEARS)),
        usage=pick(rng, *kind.usages),
    )


def _pattern(rng: np.random.Generator, kind: ArticleType, product: Product) -> str:
    """A pattern the type comes in; denim is always washed and prints stay off placket fronts."""
    pattern = pick(rng, *kind.patterns)
    if product.name in ("Denim Shorts", "Denim Skirt", "Trucker Jacket"):
        return "Washed"
    if pattern == "Graphic" and product.name in ("Polo T-shirt", "Zip Hoodie"):
        return "Solid"
    return pattern
