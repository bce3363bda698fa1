"""What a product's page shows, and the page of a product that is no longer there."""

from __future__ import annotations

from dataclasses import dataclass

from app.recommend.lists.places import rows_of_picture
from app.recommend.lists.removed_items import removed_row
from app.recommend.recommender import Recommender
from app.storefront.content.product_lists import (
    category_field,
    choice_address,
    compared,
    in_styles,
)
from app.storefront.content.product_tiles import Tile, Values, tile, values_of

_SIMILAR = 12
_MOST_VARIANTS = 12


@dataclass(frozen=True)
class Product:
    """One product, its variants, others with its picture, and what is similar to it."""

    tile: Tile
    values: Values
    category: tuple[str, str] | None
    variants: list[Tile]
    same_picture: list[Tile]
    similar: list[Tile]


async def product(recommender: Recommender, item_id: str) -> Product:
    """A product's page.

    Raises:
        NotFound: there is no such item.
    """
    row, version = recommender.row(item_id), recommender.version
    page = await recommender.similar(row, in_styles(recommender, _SIMILAR))
    values, variants = values_of(version, row), recommender.variants(row)
    others = [other for other in rows_of_picture(version, row) if other not in variants]
    return Product(
        tile=tile(version, row, variants=variants),
        values=values,
        category=_category_of(recommender, values),
        variants=[tile(version, other) for other in variants[:_MOST_VARIANTS]],
        same_picture=[tile(version, other) for other in others[:_MOST_VARIANTS]],
        similar=compared(recommender, page, "", [values]),
    )


def _category_of(recommender: Recommender, item: Values) -> tuple[str, str] | None:
    field = category_field(recommender)
    value = item.get(field) if field else None
    return (value, choice_address(field, value)) if field and isinstance(value, str) else None


async def like_removed(recommender: Recommender, item_id: str) -> list[Tile]:
    """What is most like a product that was removed; nothing if nobody knows what it was like."""
    row = removed_row(recommender.version, item_id)
    if row is None:
        return []
    page = await recommender.similar(row, in_styles(recommender, _SIMILAR))
    return [tile(recommender.version, hit.row, variants=hit.variants) for hit in page.hits]
