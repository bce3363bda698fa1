"""Shopify: the CSV export (one row a variant or picture) and `/products.json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, pick
from importer.sources.variants_of_product import Product, Variant, items_of

_OPTIONS = (1, 2, 3)
_DEFAULT = "Default Title"  # what Shopify calls the one variant of a product without options
_SHOWN = ("", "active")


def csv_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export: rows of one handle follow each other."""
    for handle, group in groupby(records, key=lambda record: record.fields.get("Handle")):
        rows = list(group)
        if not handle or any(row.fault for row in rows):
            yield from rows
            continue
        product = _csv_product(str(handle), [row.fields for row in rows])
        for fields in items_of(product):
            yield replace(rows[0], fields=fields)


def _csv_product(handle: str, rows: list[Any]) -> Product:
    first = rows[0]
    names = {n: pick(first, f"Option{n} Name") for n in _OPTIONS}
    pictures = [(_place(row), pick(row, "Image Src")) for row in rows if pick(row, "Image Src")]
    fields: dict[str, Any] = {
        "id": handle,
        "title": first.get("Title"),
        "description": pick(first, "Body (HTML)", "Body HTML"),
        "brand": first.get("Vendor"),
        "category": pick(first, "Type", "Product Type") or _last(first.get("Product Category")),
        "tags": _tags(first.get("Tags")),
        "image_path": [source for _, source in sorted(pictures, key=lambda one: one[0])] or None,
        HIDDEN: is_no(first.get("Published"))
        or str(first.get("Status") or "").strip().lower() not in _SHOWN,
    }
    fields |= {name: value for name, value in first.items() if "product.metafields" in name}
    return Product(fields, [_csv_variant(row, names) for row in rows if _is_variant(row)])


def _csv_variant(row: Any, names: dict[int, Any]) -> Variant:
    options = {
        str(name): str(row.get(f"Option{n} Value") or "").strip()
        for n, name in names.items()
        if name and row.get(f"Option{n} Value") not in (None, "", _DEFAULT)
    }
    quantity = pick(row, "Variant Inventory Qty")
    # A variant without a tracker, or sold beyond its stock, can always be bought.
    policy = str(row.get("Variant Inventory Policy") or "").lower()
    available = True if quantity is None or policy == "continue" else quantity
    price = pick(row, "Variant Price", "Price")
    return Variant(options, price, available, pick(row, "Variant Image"), row.get("Variant SKU"))


def _is_variant(row: Any) -> bool:
    return pick(row, "Variant Price", "Variant SKU", "Option1 Value", "Price") is not None


def _place(row: Any) -> int:
    text = str(row.get("Image Position") or "")
    return int(text) if text.isdigit() else 1_000


def json_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of `/products.json`, which the storefront of every Shopify shop answers."""
    for record in records:
        if record.fault:
            yield record
            continue
        for fields in items_of(_json_product(record.fields)):
            yield replace(record, fields=fields)


def _json_product(raw: Any) -> Product:
    pictures = [one.get("src") for one in raw.get("images") or () if isinstance(one, dict)]
    names = [one.get("name") if isinstance(one, dict) else one for one in raw.get("options") or ()]
    fields: dict[str, Any] = {
        "id": pick(raw, "handle", "id"),
        "title": raw.get("title"),
        "description": pick(raw, "body_html", "description"),
        "brand": raw.get("vendor"),
        "category": raw.get("product_type"),
        "tags": _tags(raw.get("tags")),
        "image_path": [one for one in pictures if one] or raw.get("image.src"),
        HIDDEN: str(raw.get("status") or "").lower() not in _SHOWN,
    }
    variants = [one for one in raw.get("variants") or () if isinstance(one, dict)]
    return Product(fields, [_json_variant(one, names, raw) for one in variants])


def _json_variant(raw: Any, names: list[Any], product: Any) -> Variant:
    options = {
        str(names[n - 1] if n <= len(names) and names[n - 1] else f"option{n}"): str(value)
        for n in _OPTIONS
        if (value := raw.get(f"option{n}")) not in (None, "", _DEFAULT)
    }
    if "available" in raw:
        available = raw["available"]
    elif raw.get("inventory_policy") == "continue" or not raw.get("inventory_management", True):
        available = True
    else:
        available = raw.get("inventory_quantity")
    image = raw.get("featured_image") or {}
    own = image.get("src") if isinstance(image, dict) else None
    if own is None and raw.get("image_id"):
        pictures = product.get("images") or ()
        own = next((one.get("src") for one in pictures if one.get("id") == raw["image_id"]), None)
    return Variant(options, raw.get("price"), available, own, raw.get("sku"))


def _tags(value: Any) -> list[str] | None:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()] or None


def _last(path: Any) -> str | None:
    return str(path).split(">")[-1].strip() if path else None


SHOPIFY_CSV = System(
    "Shopify CSV export",
    lambda names: (
        {"handle", "title"} <= names
        and bool({"variantprice", "variantsku", "option1value", "bodyhtml"} & names)
    ),
    csv_products,
)
SHOPIFY_JSON = System(
    "Shopify products.json",
    lambda names: {"variants", "title"} <= names and bool({"bodyhtml", "handle"} & names),
    json_products,
)
