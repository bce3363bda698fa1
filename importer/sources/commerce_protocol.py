"""Product feeds of the commerce protocols of OpenAI (ACP) and Google (UCP), with nested variants.

Amounts are whole numbers of the currency's smallest unit, as both specifications say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, leaf, objects_in, pick
from importer.sources.variants_of_product import Product, Variant, items_of_each

# Currencies of ISO 4217 that have no smaller unit, and those whose unit has a thousand parts.
_NO_PARTS = frozenset(
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
     "XAF", "XOF", "XPF"]
)  # fmt: skip
_IDS = ("id", "item_id", "product_id", "productId", "sku", "handle")
# Options that a variant may have as fields of its own.
_NAMED = ("color", "colour", "size", "material", "pattern")
_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of a feed, with their variants folded."""
    return items_of_each(records, _product)


def _product(raw: Mapping[str, Any]) -> Product:
    pictures = _pictures(raw)
    fields: dict[str, Any] = {
        "id": pick(raw, *_IDS),
        "title": pick(raw, "title", "name"),
        "description": _words(raw, "description"),
        "brand": pick(raw, "brand", "brand.name", "vendor"),
        "category": _category(pick(raw, "categories", "category", "product_category")),
        "price": _price(pick(raw, "price", "price_range.min", "price_range.minimum")),
        "available": _available(raw),
        "link": pick(raw, "url", "link"),
        "tags": raw.get("tags"),
        "group_id": pick(raw, "group_id", "item_group_id"),
        "image_path": pictures or None,
        **_options(pick(raw, "attributes", "variant_options")),
        HIDDEN: raw.get("is_eligible_search") is False,
    }
    return Product(
        {name: value for name, value in fields.items() if value is not None},
        [_variant(one) for one in objects_in(raw.get("variants"))],
    )


def _variant(raw: Mapping[str, Any]) -> Variant:
    pairs = pick(
        raw, "variant_options", "selected_options", "options", "attributes", "variant_dict"
    )
    named = {name: raw[name] for name in _NAMED if raw.get(name) not in (None, "")}
    options = {name: str(value) for name, value in {**named, **_options(pairs)}.items()}
    image = next(iter(_pictures(raw)), None)
    return Variant(options, _price(raw.get("price")), _available(raw), image)


def _options(pairs: Any) -> dict[str, Any]:
    """Options by name, from an object or a list of `{"name": ..., "value": ...}`."""
    if isinstance(pairs, Mapping):
        return {str(name): value for name, value in pairs.items() if value not in (None, "")}
    found = {}
    for one in pairs if isinstance(pairs, list) else ():
        if isinstance(one, Mapping) and pick(one, "value", "label") is not None:
            found[str(pick(one, "name", "key") or "option")] = pick(one, "value", "label")
    return found


def _pictures(raw: Mapping[str, Any]) -> list[str]:
    listed = pick(raw, "media", "images")
    sources = [
        one if isinstance(one, str) else pick(one, "url", "src")
        for one in (listed if isinstance(listed, list) else [listed])
        if isinstance(one, str)
        or (isinstance(one, Mapping) and str(one.get("type") or "image") == "image")
    ]
    return [one for one in (raw.get("image_url"), *sources) if one]


def _words(raw: Mapping[str, Any], name: str) -> Any:
    value = raw.get(name)
    inner = value if isinstance(value, Mapping) else {}
    kinds = ("plain", "markdown", "html")
    return pick({**inner, **{k: raw.get(f"{name}.{k}", inner.get(k)) for k in kinds}}, *kinds) or (
        None if inner else value
    )


def _category(value: Any) -> str | None:
    first = value[0] if isinstance(value, list) and value else value
    return leaf(pick(first, "value", "name", "title") if isinstance(first, Mapping) else first)


def _price(value: Any) -> Any:
    """A price with its currency; a whole amount counts the currency's smallest units."""
    if not isinstance(value, Mapping) or not isinstance(value.get("amount"), int):
        return value
    currency = str(pick(value, "currency", "currency_code") or "")
    parts = 1 if currency in _NO_PARTS else 1000 if currency in _THOUSANDTHS else 100
    return {"value": value["amount"] / parts, "currency": currency or None}


def _available(raw: Mapping[str, Any]) -> Any:
    found = pick(
        raw,
        "availability.available",
        "availability.status",
        "availability",
        "available",
        "in_stock",
        "stock.quantity",
        "stock",
        "quantity",
        "inventory_quantity",
    )
    return pick(found, "available", "status") if isinstance(found, Mapping) else found


def _is_protocol(columns: Sequence[str], first: Mapping[str, Any]) -> bool:
    price = first.get("price")
    whole = isinstance(price, Mapping) and isinstance(price.get("amount"), int)
    return (_is_nested(columns, first) and bool({"id", "item_id"} & set(columns))) or whole


def _is_nested(columns: Sequence[str], first: Mapping[str, Any]) -> bool:
    named = set(_IDS) & set(columns) and {"title", "name"} & set(columns)
    return bool(named) and bool(objects_in(first.get("variants")))


COMMERCE_PROTOCOL = System("OpenAI or UCP product feed", None, products, _is_protocol)
NESTED = System("products with nested variants", None, products, _is_nested)
