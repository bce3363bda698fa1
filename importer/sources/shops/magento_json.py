"""Magento 2 over HTTP: the answers of its REST and its GraphQL interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, objects_in, pick
from importer.sources.variants_of_product import Product, Variant, first_price, items_of_each

_DISABLED, _NOT_SHOWN = "2", "1"  # of `status` and of `visibility`
_NO_ATTRIBUTE = (
    "meta_", "url_", "options_", "msrp", "cost", "tax_", "gift_", "category_ids", "small_image",
    "required_options", "has_options", "thumbnail", "swatch_", "image", "description",
    "short_description", "special_", "page_layout", "custom_", "ts_", "country_of", "links_",
)  # fmt: skip


def rest_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of `/rest/V1/products`; simple products stand below their configurable one."""
    kept = list(records)
    by_id = {str(one.fields.get("id")): one.fields for one in kept if not one.fault}
    return items_of_each(kept, lambda fields: _rest_product(fields, by_id))


def _rest_product(raw: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> Product:
    below = raw.get("extension_attributes.configurable_product_links")
    keys = map(str, below if isinstance(below, list) else ())
    members = [by_id[key] for key in keys if key in by_id]
    custom = _custom(raw)
    fields = {
        **_shown(custom),
        "id": raw.get("sku"),
        "title": raw.get("name"),
        "description": pick(custom, "description", "short_description"),
        "price": first_price(custom.get("special_price"), raw.get("price")),
        "available": _stock(raw),
        "image_path": _pictures(raw, custom) or None,
        HIDDEN: str(raw.get("status")) == _DISABLED or str(raw.get("visibility")) == _NOT_SHOWN,
    }
    return Product(fields, [_rest_variant(one) for one in members])


def _rest_variant(raw: Mapping[str, Any]) -> Variant:
    custom = _custom(raw)
    options = {name: str(value) for name, value in _shown(custom).items()}
    price = first_price(custom.get("special_price"), raw.get("price"))
    image = next(iter(_pictures(raw, custom)), None)
    return Variant(options, price, _stock(raw), image)


def _stock(raw: Mapping[str, Any]) -> Any:
    inside = "extension_attributes.stock_item"
    return pick(raw, f"{inside}.is_in_stock", f"{inside}.qty")


def _custom(raw: Mapping[str, Any]) -> dict[str, Any]:
    listed = objects_in(raw.get("custom_attributes"))
    return {str(one.get("attribute_code")): one.get("value") for one in listed}


def _shown(custom: Mapping[str, Any]) -> dict[str, Any]:
    return {
        n: v for n, v in custom.items() if v not in (None, "") and not n.startswith(_NO_ATTRIBUTE)
    }


def _pictures(raw: Mapping[str, Any], custom: Mapping[str, Any]) -> list[str]:
    """The main picture and the gallery; paths start at the folder of the shop's media."""
    entries = objects_in(raw.get("media_gallery_entries"))
    shown = [one for one in entries if not one.get("disabled")]
    ordered = sorted(shown, key=_place)
    found = [custom.get("image"), *(one.get("file") for one in ordered)]
    return list(dict.fromkeys(str(one) for one in found if one and one != "no_selection"))


def _place(entry: Mapping[str, Any]) -> float:
    text = str(entry.get("position") or "")
    return float(text) if text.isdecimal() else 0.0


def graphql_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of a GraphQL answer, with their variants folded."""
    return items_of_each(records, _graphql_product)


def _graphql_product(raw: Mapping[str, Any]) -> Product:
    named = raw.get("categories")
    parts = named if isinstance(named, list) else ()
    categories = [one.get("name") if isinstance(one, Mapping) else one for one in parts]
    gallery = raw.get("media_gallery")
    pictures = [raw.get("image.url"), *(gallery if isinstance(gallery, list) else ())]
    fields = {
        "id": raw.get("sku"),
        "title": raw.get("name"),
        "description": pick(raw, "description.html", "short_description.html"),
        "category": categories[-1] if categories else None,
        "price": _final(raw),
        "available": raw.get("stock_status"),
        "link": raw.get("canonical_url"),
        "image_path": [one for one in pictures if one] or None,
        **{n: raw[n] for n in ("color", "size", "material") if raw.get(n)},
        HIDDEN: False,
    }
    return Product(fields, [_graphql_variant(one) for one in objects_in(raw.get("variants"))])


def _graphql_variant(raw: Mapping[str, Any]) -> Variant:
    inner = next(iter(objects_in([raw.get("product")])), {})
    chosen = objects_in(raw.get("attributes"))
    options = {str(one.get("code")): str(one.get("label")) for one in chosen}
    image = next((one.get("url") for one in objects_in([inner.get("image")])), None)
    return Variant(options, _final(inner), inner.get("stock_status"), image)


def _final(raw: Mapping[str, Any]) -> Any:
    """The lowest price that is to be paid, from an object or from its flattened fields."""
    lowest = "price_range.minimum_price"
    found = pick(raw, f"{lowest}.final_price", f"{lowest}.regular_price")
    if found is None and isinstance(raw.get("price_range"), Mapping):
        for inner in objects_in([raw["price_range"].get("minimum_price")]):
            found = pick(inner, "final_price", "regular_price")
    return found


MAGENTO_REST = System(
    "Magento 2 REST answer",
    lambda names: {"sku", "name", "customattributes", "typeid"} <= names,
    rest_products,
)
MAGENTO_GRAPHQL = System(
    "Magento 2 GraphQL answer",
    lambda names: (
        {"sku", "name"} <= names
        and any(name.startswith("pricerangeminimumprice") for name in names)
    ),
    graphql_products,
)
