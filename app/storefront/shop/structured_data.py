"""A product's page for search engines: schema.org's Product as JSON-LD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.storefront.shop.shop_settings import ShopSettings

_SCHEMA = "https://schema.org"


def product_data(
    item: Mapping[str, Any], address: str, picture: str | None, shop: ShopSettings
) -> dict[str, Any]:
    """The fields that search engines read of a product; what the catalogue lacks is left out.

    `address` and `picture` are absolute. An offer needs a price and a currency.
    """
    brand = item.get("brand")
    data: dict[str, Any] = {
        "@context": _SCHEMA,
        "@type": "Product",
        "name": item.get("title") or item["id"],
        "sku": item["id"],
        "url": address,
        "image": picture,
        "description": item.get("description"),
        "brand": {"@type": "Brand", "name": brand} if brand else None,
    }
    price, currency = item.get("price"), item.get("currency") or shop.currency
    if isinstance(price, int | float) and currency:
        sold_out = item.get("available") is False
        data["offers"] = {
            "@type": "Offer",
            "url": address,
            "price": f"{price:.2f}",
            "priceCurrency": currency,
            "availability": f"{_SCHEMA}/{'OutOfStock' if sold_out else 'InStock'}",
        }
    return {name: value for name, value in data.items() if value is not None}
