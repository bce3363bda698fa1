"""BigCommerce: the bulk export of products."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick
from importer.sources.variants_of_product import Product, Variant, items_of

_PICTURES = range(1, 10)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export; rows of SKUs and rules follow the row of their product."""
    open_record: Record | None = None
    variants: list[Variant] = []
    for record in records:
        kind = str(record.fields.get("Item Type") or "Product").strip().lower()
        if record.fault is None and kind in ("sku", "variant") and open_record is not None:
            variants.append(_variant(record.fields))
            continue
        if kind in ("rule", "image", "option"):
            continue
        if open_record is not None:
            yield from _items(open_record, variants)
        open_record, variants = record, []
    if open_record is not None:
        yield from _items(open_record, variants)


def _items(record: Record, variants: list[Variant]) -> Iterator[Record]:
    if record.fault:
        yield record
        return
    for fields in items_of(Product(_product(record.fields), variants)):
        yield replace(record, fields=fields)


def _product(raw: Any) -> dict[str, Any]:
    pictures = [
        pick(raw, f"Product Image URL - {n}", f"Product Image File - {n}", f"Image URL - {n}")
        for n in _PICTURES
    ]
    return {
        "id": pick(raw, "Product ID", "Product Code/SKU", "ID", "SKU"),
        "title": pick(raw, "Product Name", "Name"),
        "description": pick(raw, "Product Description", "Description"),
        "brand": pick(raw, "Brand Name", "Brand"),
        "category": leaf(str(pick(raw, "Category", "Categories") or "").split(";")[0]),
        "price": pick(raw, "Sale Price", "Calculated Price", "Price"),
        "available": _available(raw),
        "image_path": [one for one in pictures if one] or None,
        "link": pick(raw, "Product URL"),
        HIDDEN: is_no(pick(raw, "Product Visible?", "Is Visible", "Visible")),
    }


def _available(raw: Any) -> Any:
    tracks = str(pick(raw, "Track Inventory", "Inventory Tracking") or "none").strip().lower()
    if tracks in ("none", "false", "no", ""):
        return pick(raw, "Allow Purchases?", "Allow Purchases") or True
    return pick(raw, "Current Stock Level", "Stock Level", "Current Stock")


def _variant(raw: Any) -> Variant:
    # `[S]Size=Small,[CS]Colour=Red:#ff0000`
    text = str(pick(raw, "Product Name", "Options") or "")
    pairs = [part.split("=", 1) for part in text.split(",") if "=" in part]
    options = {
        name.rpartition("]")[2].strip(): value.partition(":")[0].strip() for name, value in pairs
    }
    image = pick(raw, "Product Image URL - 1", "Product Image File - 1")
    stock = pick(raw, "Current Stock Level", "Stock Level")
    return Variant(options, pick(raw, "Price"), stock, image, pick(raw, "Product Code/SKU"))


BIGCOMMERCE = System(
    "BigCommerce export",
    lambda names: (
        {"productname", "productid"} <= names
        and bool({"itemtype", "productcodesku", "productvisible"} & names)
    ),
    products,
)
