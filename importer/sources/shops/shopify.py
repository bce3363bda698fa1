"""Shopify: the CSV export (one row a variant or picture), old and new columns, and JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, objects_in, pick, plain_fields
from importer.sources.variants_of_product import Product, Variant, items_of_each, records_of

_OPTIONS = (1, 2, 3)
_DEFAULT = "Default Title"  # what Shopify calls the one variant of a product without options
_SHOWN = ("", "active", "published")  # the last one of Medusa, which has Shopify's fields
# `Color (product.metafields.shopify.color-pattern)`
_METAFIELD = re.compile(r"^(?P<name>.+?)\s*\(product\.metafields\.[^)]*\)$", re.IGNORECASE)


def csv_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export: rows of one handle follow each other."""
    for handle, group in groupby(records, key=_handle):
        rows = list(group)
        if not handle or any(row.fault for row in rows):
            yield from rows
            continue
        yield from records_of(rows[0], _csv_product, str(handle), [row.fields for row in rows])


def _handle(record: Record) -> Any:
    return pick(plain_fields(record.fields), "handle", "urlhandle")


def _csv_product(handle: str, rows: list[Any]) -> Product:
    plain = [plain_fields(row) for row in rows]
    # A product's own fields stand in its first row, wherever that was sorted to.
    first = {name: pick_of_rows(plain, name) for name in plain[0]}
    names = {n: first.get(f"option{n}name") for n in _OPTIONS}
    pictures = [(_place(row), one) for row in plain if (one := _picture(row))]
    fields: dict[str, Any] = {
        "id": handle,
        "title": first.get("title"),
        "description": pick(first, "bodyhtml", "description"),
        "brand": first.get("vendor"),
        "category": pick(first, "type", "customproducttype", "producttype")
        or leaf(pick(first, "productcategory", "standardproducttype")),
        "tags": _tags(first.get("tags")),
        "gender": pick(first, "googleshoppinggender"),
        "age_group": pick(first, "googleshoppingagegroup"),
        "image_path": [source for _, source in sorted(pictures, key=lambda one: one[0])] or None,
        HIDDEN: is_no(pick(first, "published", "publishedononlinestore"))
        or str(first.get("status") or "").strip().lower() not in _SHOWN,
    }
    fields |= _metafields(rows)
    return Product(fields, [_csv_variant(row, names) for row in plain if _is_variant(row)])


def pick_of_rows(rows: list[dict[str, Any]], name: str) -> Any:
    """The first value that any of a product's rows has in a column."""
    return next((row[name] for row in rows if row.get(name) not in (None, "")), None)


def _metafields(rows: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows:
        for column, value in row.items():
            metafield = _METAFIELD.match(column) if value else None
            if metafield is not None:
                parts = [part.strip() for part in str(value).split(";") if part.strip()]
                found.setdefault(metafield["name"], parts[0] if len(parts) == 1 else parts)
    return found


def _picture(row: dict[str, Any]) -> Any:
    return pick(row, "imagesrc", "productimageurl")


def _csv_variant(row: dict[str, Any], names: dict[int, Any]) -> Variant:
    options = {
        str(name).strip(): str(row.get(f"option{n}value") or "").strip()
        for n, name in names.items()
        if name and str(row.get(f"option{n}value") or "").strip() not in ("", _DEFAULT)
    }
    price = pick(row, "variantprice", "price")
    image = pick(row, "variantimage", "variantimageurl")
    return Variant(options, price, _stock(row), image)


def _stock(row: dict[str, Any]) -> Any:
    """What there is of a variant; one without a tracker, or sold beyond its stock, is there."""
    quantity = pick(row, "variantinventoryqty", "inventoryquantity", "variantinventoryquantity")
    policy = pick(row, "variantinventorypolicy", "continuesellingwhenoutofstock")
    if quantity is None or str(policy or "").strip().lower() in ("continue", "true", "yes"):
        return True
    trackers = [
        row[name] for name in ("variantinventorytracker", "inventorytracker") if name in row
    ]
    return quantity if not trackers or any(trackers) else True


def _is_variant(row: dict[str, Any]) -> bool:
    return pick(row, "variantprice", "variantsku", "option1value", "price", "sku") is not None


def _place(row: dict[str, Any]) -> float:
    text = str(row.get("imageposition") or "").strip()
    return float(text) if text.isdecimal() else 1e3


def json_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of `/products.json`, or of the answers of Shopify's administration API."""
    return items_of_each(records, _json_product)


def bulk_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of a bulk operation: variants and pictures follow as lines of their own."""
    parents: dict[str, tuple[Record, dict[str, list[Any]]]] = {}
    for record in records:
        fields = dict(record.fields)
        parent = str(fields.get("__parentId") or "")
        if not parent or record.fault:
            parents[str(fields.get("id") or f"line {record.line}")] = (record, {})
        elif parent in parents:
            kind = "variants" if "/ProductVariant/" in str(fields.get("id")) else "images"
            parents[parent][1].setdefault(kind, []).append(fields)
    for record, below in parents.values():
        yield from json_products([replace(record, fields={**record.fields, **below})])


def _json_product(raw: Any) -> Product:
    images = _nodes(pick(raw, "images", "images.edges", "images.nodes", "media.edges"))
    pictures = [_source(one) for one in images]
    options = _nodes(raw.get("options"))
    names = [one.get("name") if isinstance(one, dict) else one for one in options]
    fields: dict[str, Any] = {
        "id": pick(raw, "handle", "id"),
        "title": raw.get("title"),
        "description": pick(raw, "body_html", "bodyHtml", "descriptionHtml", "description"),
        "brand": raw.get("vendor"),
        "category": pick(raw, "product_type", "productType", "type") or raw.get("category.name"),
        "tags": _tags(raw.get("tags")),
        "link": pick(raw, "onlineStoreUrl", "url"),
        "image_path": [one for one in pictures if one]
        or pick(raw, "image.src", "featuredImage.url", "featured_image"),
        HIDDEN: str(raw.get("status") or "").lower() not in _SHOWN,
    }
    variants = objects_in(_nodes(pick(raw, "variants", "variants.edges", "variants.nodes")))
    return Product(fields, [_json_variant(one, names, images) for one in variants])


def _nodes(value: Any) -> list[Any]:
    """The objects of a list, or of a GraphQL connection."""
    if isinstance(value, dict):
        value = value.get("edges") or value.get("nodes")
    parts = value if isinstance(value, list) else []
    return [one.get("node", one) if isinstance(one, dict) else one for one in parts]


def _source(image: Any) -> Any:
    if isinstance(image, dict):
        inner = image.get("image")
        shown = inner if isinstance(inner, dict) else image
        return pick(shown, "src", "url", "originalSrc", "image.url")
    return image


def _json_variant(raw: Any, names: list[Any], images: list[Any]) -> Variant:
    options = {
        str(names[n - 1] if n <= len(names) and names[n - 1] else f"option{n}"): str(value)
        for n in _OPTIONS
        if (value := raw.get(f"option{n}")) not in (None, "", _DEFAULT)
    }
    for one in objects_in(raw.get("selectedOptions")):
        if one.get("value") not in (None, "", _DEFAULT):
            options[str(one.get("name"))] = str(one["value"])
    image = pick(raw, "featured_image", "image") or {}
    own = _source(image) if image else raw.get("image.url")
    if own is None:
        own = next((_source(one) for one in images if _shows(one, raw)), None)
    price = raw.get("price")
    # `/products/<handle>.js` has whole cents.
    price = price / 100 if isinstance(price, int) and "inventory_management" in raw else price
    return Variant(options, price, _json_stock(raw), own)


def _shows(image: Any, variant: Any) -> bool:
    if not isinstance(image, dict) or image.get("id") is None:
        return False
    named = image.get("variant_ids")
    shown = named if isinstance(named, list) else ()
    return variant.get("id") in shown or image["id"] == variant.get("image_id")


def _json_stock(raw: Any) -> Any:
    for name in ("available", "availableForSale"):
        if name in raw:
            return raw[name]
    policy = str(pick(raw, "inventory_policy", "inventoryPolicy") or "").lower()
    if policy == "continue" or not raw.get("inventory_management", True):
        return True
    return pick(raw, "inventory_quantity", "inventoryQuantity")


def _tags(value: Any) -> list[str] | None:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return [str(part).strip() for part in parts if str(part).strip()] or None


SHOPIFY_CSV = System(
    "Shopify CSV export",
    lambda names: (
        bool({"handle", "urlhandle"} & names)
        and "title" in names
        and bool({"variantprice", "variantsku", "option1value", "bodyhtml"} & names)
    ),
    csv_products,
)
SHOPIFY_JSON = System(
    "Shopify products.json",
    lambda names: (
        "title" in names
        and bool({"variants", "variantsedges", "variantsnodes"} & names)
        and bool({"bodyhtml", "handle"} & names)
        and not {"descriptionplain", "pricerange", "pricerangemin"} & names  # a commerce protocol's
    ),
    json_products,
)
SHOPIFY_BULK = System(
    "Shopify bulk operation",
    lambda names: {"parentid", "title", "handle"} <= names,
    bulk_products,
)
