"""Magento 2 and Adobe Commerce: the export `catalog_product.csv`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, leaf, pick
from importer.sources.variants_of_product import Product, Variant, items_of

_PAIR = re.compile(r'(?:^|,)([a-z][a-z0-9_]*)=("(?:[^"]|"")*"|.*?)(?=,[a-z][a-z0-9_]*=|$)', re.S)
_NOT_SHOWN = "not visible individually"


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products that a shop shows, with simple products below their configurable ones."""
    rows = [record for record in records if not record.fields.get("store_view_code")]
    by_sku = {str(row.fields.get("sku")): row.fields for row in rows if not row.fault}
    below = {sku for row in rows for sku in _children(row.fields)}
    for row in rows:
        if row.fault:
            yield row
            continue
        sku, raw = str(row.fields.get("sku") or ""), row.fields
        if sku in below and str(raw.get("visibility") or "").strip().lower() == _NOT_SHOWN:
            continue
        members = [by_sku[child] for child in _children(raw) if child in by_sku]
        for fields in items_of(_product(raw, members)):
            yield replace(row, fields=fields)


def _children(raw: Any) -> list[str]:
    text = str(raw.get("configurable_variations") or "")
    return re.findall(r"(?:^|\|)sku=([^,|]+)", text)


def _product(raw: Any, members: list[Any]) -> Product:
    visibility = str(raw.get("visibility") or "").strip().lower()
    fields: dict[str, Any] = {
        "id": raw.get("sku"),
        "title": raw.get("name"),
        "description": pick(raw, "description", "short_description"),
        "category": leaf(_first_category(raw.get("categories"))) or raw.get("attribute_set_code"),
        "price": pick(raw, "special_price", "price"),
        "available": _available(raw),
        "image_path": pick(raw, "base_image", "image", "small_image"),
        "link": raw.get("url_key") if str(raw.get("url_key") or "").startswith("http") else None,
        **_attributes(raw),
        HIDDEN: str(raw.get("product_online") or "1").strip() in ("2", "0")
        or visibility == _NOT_SHOWN,
    }  # fmt: skip
    return Product(fields, [_variant(one) for one in members])


def _variant(raw: Any) -> Variant:
    attributes = _attributes(raw)
    options = {name: str(value) for name, value in attributes.items() if value}
    image = pick(raw, "base_image", "image")
    return Variant(options, pick(raw, "special_price", "price"), _available(raw), image)


def _available(raw: Any) -> Any:
    stock = pick(raw, "is_in_stock")
    return pick(raw, "qty") if stock is None else stock


def _attributes(raw: Any) -> dict[str, Any]:
    text = str(raw.get("additional_attributes") or "")
    found: dict[str, Any] = {}
    for name, value in _PAIR.findall(text):
        parts = [part.strip() for part in value.strip('"').split("|") if part.strip()]
        if parts and not name.startswith(("ts_", "meta_", "cost")):
            found[name] = parts[0] if len(parts) == 1 else parts
    return found


def _first_category(value: Any) -> str | None:
    """The deepest of the category paths: `Default Category/Women/Tops`."""
    paths = [part.strip() for part in str(value or "").split(",") if part.strip()]
    return max(paths, key=lambda path: path.count("/"), default=None)


MAGENTO = System(
    "Magento 2 export",
    lambda names: (
        {"sku", "producttype", "name"} <= names
        and bool({"attributesetcode", "productonline", "additionalattributes"} & names)
    ),
    products,
)
