"""Products as pages show them, with the reasons why each is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from app.recommend.thumbnails import Width
from twinset.index.index_versions import IndexVersion
from twinset.relevance.relevance_curves import FITS, UNLIKELY

Values = Mapping[str, Any]

# Attributes in the order in which they say most about a product.
PREFERRED = (
    "articleType", "category", "baseColour", "colour", "color", "pattern", "gender", "brand",
    "usage", "season",
)  # fmt: skip
_NOT_ATTRIBUTES = frozenset(
    {
        "id",
        "title",
        "description",
        "image_path",
        "group_id",
        "price",
        "currency",
        "available",
        "link",
    }
)
_MOST_REASONS = 3
_WIDTHS = tuple(map(int, Width))


@dataclass(frozen=True)
class Tile:
    """A product on a grid, with how many `variants` and `repeats` of its picture it stands for.

    `score` is None if the list is not ranked, `relevance` is None too if nobody knows what scores
    mean. `view` is the picture that is shown: 0 is the main one, a photo may have found another.
    """

    id: str
    title: str
    picture: str | None
    price: float | None
    currency: str | None
    sold_out: bool
    variants: int
    score: float | None
    reasons: tuple[str, ...]
    relevance: float | None = None
    repeats: int = 0
    view: int = 0

    def sized(self, width: int) -> str:
        """Where the shown picture is, no wider than `width` pixels; only if there is a picture."""
        view = f"view={self.view}&" if self.view else ""
        return f"{self.picture}?{view}width={width}"

    @property
    def srcset(self) -> str:
        """The picture in every width, for a browser to choose from."""
        return ", ".join(f"{self.sized(width)} {width}w" for width in _WIDTHS)

    @property
    def close(self) -> bool:
        """False if the product is rather not what was asked for."""
        return self.relevance is None or self.relevance >= FITS

    @property
    def unlikely(self) -> bool:
        """True if the product has little to do with what was asked for."""
        return self.relevance is not None and self.relevance < UNLIKELY

    @property
    def address(self) -> str:
        return f"/product/{quote(self.id, safe='')}"


@dataclass(frozen=True)
class Reference:
    """What a shopper asked for: words, and items whose attributes the results should share."""

    words: frozenset[str]
    items: Sequence[Mapping[str, str]]

    def reasons(self, item: Values) -> tuple[str, ...]:
        """The values of an item that it shares with what was asked for, most telling first."""
        values = attributes(item)
        told = {name: values[name] for name in PREFERRED if name in values} or values
        shared = {
            stems(value): value
            for name, value in reversed(told.items())
            if any(other.get(name) == value for other in self.items) or stems(value) & self.words
        }
        return tuple(reversed(shared.values()))[:_MOST_REASONS]


def tile(
    version: IndexVersion,
    row: int,
    asked: Reference | None = None,
    score: float | None = None,
    variants: Sequence[int] | None = None,
) -> Tile:
    """The product in a row, with reasons if it is compared with what was `asked` for."""
    values = values_of(version, row)
    item_id, price = str(values["id"]), values.get("price")
    picture = f"/items/{quote(item_id, safe='')}/image"
    return Tile(
        id=item_id,
        title=values.get("title") or item_id,
        picture=picture if version.images.has_image[row] else None,
        price=price if isinstance(price, int | float) else None,
        currency=values.get("currency"),
        sold_out=values.get("available") is False,
        variants=len(variants or ()),
        score=score,
        reasons=asked.reasons(values) if asked is not None else (),
    )


def values_of(version: IndexVersion, row: int) -> Values:
    """The catalogue's fields of a row by name."""
    return version.items.item(row)


def attributes(item: Values) -> dict[str, str]:
    """The textual attributes of an item, most telling first."""
    names = [*(n for n in PREFERRED if n in item), *(n for n in item if n not in PREFERRED)]
    found = {name: item[name] for name in names if name not in _NOT_ATTRIBUTES}
    texts = {n: ", ".join(v) if isinstance(v, list) else v for n, v in found.items()}
    return {name: value for name, value in texts.items() if isinstance(value, str) and value}


def facts(item: Values) -> dict[str, str]:
    """Every attribute of an item that has a value, by its field."""
    shown = {name: value for name, value in item.items() if name not in _NOT_ATTRIBUTES}
    shown = attributes(item) | {n: v for n, v in shown.items() if v is not None and v != ""}
    return {name: str(value) for name, value in shown.items()}


def stems(text: str) -> frozenset[str]:
    """The words of a text, without the plural's ending, for comparing them."""
    return frozenset(map(_stem, re.findall(r"\w+", text.lower().replace("t-shirt", "tshirt"))))


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word


def reference(words: str, items: Iterable[Values]) -> Reference:
    """What results are compared with."""
    return Reference(stems(words), tuple(map(attributes, items)))
