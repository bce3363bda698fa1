"""What the shop carries: every article type with its cuts, colours, patterns and prices."""

from __future__ import annotations

from sample_shop.assortment import accessories, bags, bottoms, footwear, layers, tops
from sample_shop.assortment.article import DENIM_COLOURS, ArticleType, Product, pick

TYPES: tuple[ArticleType, ...] = (
    *tops.TYPES,
    *layers.TYPES,
    *bottoms.TYPES,
    *footwear.TYPES,
    *bags.TYPES,
    *accessories.TYPES,
)

__all__ = ["DENIM_COLOURS", "TYPES", "ArticleType", "Product", "pick"]
