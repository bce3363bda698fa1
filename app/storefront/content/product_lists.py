"""What lists of products have in common: the style that groups them, and the reasons of a hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.recommend.query import STYLE, ListQuery, SearchQuery
from app.recommend.ranking import RankedPage
from app.recommend.recognition import recognised_values
from app.recommend.recommender import Recommender
from app.storefront.content.product_tiles import PREFERRED, Tile, Values, reference, tile
from app.storefront.page_state import PageState


def style_field(recommender: Recommender) -> str | None:
    """The field that joins the variants of a style, or None if the catalogue has no styles."""
    return STYLE if STYLE in recommender.version.items.columns else None


def noun_of(recommender: Recommender) -> str:
    """What a list counts: styles if the catalogue says which products are one, else products."""
    style = recommender.version.items.columns.get(STYLE)
    return "styles" if style is not None and style.present.any() else "products"


def compared(
    recommender: Recommender, page: RankedPage, words: str, items: Sequence[Values]
) -> list[Tile]:
    """The hits of a page, with what they share with words, `items`, and what was recognised."""
    version = recommender.version
    asked = reference(words, [*items, recognised_values(version, page)])
    tiles = (tile(version, hit.row, asked, hit.score, hit.variants) for hit in page.hits)
    return [
        replace(t, relevance=h.relevance, repeats=len(h.same_picture), view=h.view or 0)
        for t, h in zip(tiles, page.hits, strict=True)
    ]


def in_styles(recommender: Recommender, limit: int) -> SearchQuery:
    """A search for so many products, of each style one."""
    return SearchQuery(limit=limit, group_by=style_field(recommender))


def category_field(recommender: Recommender) -> str | None:
    """The field that says what kind of product an item is, or None if no field does."""
    version = recommender.version
    known = [version.category, *PREFERRED[:2]]
    return next((name for name in known if name and name in version.items.columns), None)


def choice_address(field: str, value: str) -> str:
    """Where the products with this value are."""
    return PageState(choices={field: (value,)}).address()


async def first_id(recommender: Recommender) -> str:
    """The id of the first product, or an empty text if the catalogue is empty."""
    found = await recommender.browse(ListQuery(limit=1))
    return next((tile(recommender.version, row).id for row, _ in found.entries), "")
