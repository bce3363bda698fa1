"""WooCommerce over HTTP: the answers of its Store API and of its REST API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, objects_in, one_by_one, pick

# What the two interfaces say of every product.
_FIELDS = frozenset(
    """id name slug permalink type status featured catalog_visibility description short_description
    sku global_unique_id price regular_price sale_price on_sale purchasable total_sales virtual
    downloadable downloads download_limit download_expiry external_url button_text tax_status
    tax_class manage_stock stock_quantity stock_status backorders backorders_allowed backordered
    low_stock_amount low_stock_remaining sold_individually weight reviews_allowed average_rating
    rating_count review_count upsell_ids cross_sell_ids parent_id parent purchase_note categories
    tags brands images attributes default_attributes variations grouped_products menu_order
    price_html related_ids meta_data has_options post_password variation prices is_purchasable
    is_in_stock is_on_backorder is_password_protected formatted_weight
    formatted_dimensions quantity_limits extensions""".split()  # noqa: SIM905 - a line a word
)
_NO_ATTRIBUTE = (
    "date_", "dimensions", "shipping_", "_", "add_to_cart", "quantity_limits", "extensions",
    "stock_availability", "jetpack", "meta_data",
)  # fmt: skip


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an answer; each holds its variants' options itself, as lists."""
    return one_by_one(records, _product)


def _product(raw: Mapping[str, Any]) -> dict[str, Any]:
    categories = _names(raw.get("categories"))
    return {
        **_attributes(raw),
        "id": raw.get("id"),
        "title": raw.get("name"),
        "description": pick(raw, "description", "short_description"),
        "link": raw.get("permalink"),
        "category": categories[-1] if categories else None,
        "tags": _names(raw.get("tags")) or None,
        "brand": next(iter(_names(raw.get("brands"))), None),
        "price": _price(raw),
        "available": _available(raw),
        "image_path": raw.get("images"),
        HIDDEN: str(raw.get("status") or "publish") != "publish"
        or str(raw.get("catalog_visibility") or "visible") == "hidden"
        or raw.get("type") == "grouped",
    }


def _names(value: Any) -> list[str]:
    """Names, or objects that have one."""
    parts = value if isinstance(value, list) else []
    named = (one.get("name") if isinstance(one, Mapping) else one for one in parts)
    return [str(one) for one in named if one]


def _price(raw: Mapping[str, Any]) -> Any:
    """The Store API counts the currency's smallest unit and says how small that is."""
    prices = raw.get("prices")
    if not isinstance(prices, Mapping):
        return pick(raw, "sale_price", "price", "regular_price")
    try:
        unit = 10 ** int(prices.get("currency_minor_unit", 2))
        return {"value": int(prices["price"]) / unit, "currency": prices.get("currency_code")}
    except (KeyError, TypeError, ValueError):
        return None


def _available(raw: Mapping[str, Any]) -> Any:
    if raw.get("is_on_backorder"):
        return True
    return pick(raw, "is_in_stock", "stock_status", "stock_quantity", "in_stock")


def _attributes(raw: Mapping[str, Any]) -> dict[str, Any]:
    """`{"name": "Colour", "terms" or "options": [...]}` each; those that came as fields of their
    own are what the interface has no field for."""
    found = {n: v for n, v in raw.items() if n not in _FIELDS and not n.startswith(_NO_ATTRIBUTE)}
    for one in objects_in(raw.get("attributes")):
        values = _names(pick(one, "terms", "options"))
        if one.get("name") and values:
            found[str(one["name"]).removeprefix("pa_")] = values if len(values) > 1 else values[0]
    return found


def _is_answer(names: Any) -> bool:
    store = {"permalink", "name", "prices", "isinstock"} <= names
    return store or (
        {"permalink", "name", "stockstatus"} <= names
        and bool({"regularprice", "catalogvisibility", "saleprice"} & names)
    )


WOOCOMMERCE_JSON = System("WooCommerce API", _is_answer, products)
