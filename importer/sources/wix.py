"""Wix Stores: the CSV export, with rows of variants below their product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no
from importer.sources.variants_of_product import Product, Variant, items_of

_MEDIA = "https://static.wixstatic.com/media/"
_OPTIONS = range(1, 7)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export; variants follow the row of their product."""
    for handle, group in groupby(records, key=lambda record: record.fields.get("handleId")):
        rows = list(group)
        if not handle or any(row.fault for row in rows):
            yield from rows
            continue
        first, *others = [row.fields for row in rows]
        variants = [_variant(row, first) for row in others if row.get("fieldType") == "Variant"]
        for fields in items_of(Product(_product(str(handle), first), variants)):
            yield replace(rows[0], fields=fields)


def _product(handle: str, raw: Any) -> dict[str, Any]:
    pictures = [part.strip() for part in str(raw.get("productImageUrl") or "").split(";")]
    collections = str(raw.get("collection") or "").split(";")
    return {
        "id": handle,
        "title": raw.get("name"),
        "description": raw.get("description"),
        "category": collections[0].strip() or None,
        "brand": raw.get("brand"),
        "ribbon": raw.get("ribbon"),
        "price": raw.get("price"),
        "available": raw.get("inventory"),
        "image_path": [_address(one) for one in pictures if one] or None,
        **_options(raw),
        HIDDEN: is_no(raw.get("visible")),
    }


def _variant(raw: Any, first: Any) -> Variant:
    options = {
        str(first.get(f"productOptionName{n}")): str(raw.get(f"productOptionDescription{n}"))
        for n in _OPTIONS
        if first.get(f"productOptionName{n}") and raw.get(f"productOptionDescription{n}")
    }
    try:
        price = float(first.get("price") or 0) + float(raw.get("surcharge") or 0)
    except ValueError:
        price = None
    return Variant(options, price or first.get("price"), raw.get("inventory"))


def _options(raw: Any) -> dict[str, Any]:
    found = {}
    for n in _OPTIONS:
        name, values = raw.get(f"productOptionName{n}"), raw.get(f"productOptionDescription{n}")
        if name and values:
            # A colour is written as its code and its name: `#ff0000:Red`.
            found[str(name)] = [part.rpartition(":")[2].strip() for part in str(values).split(";")]
    return found


def _address(name: str) -> str:
    return name if "/" in name else _MEDIA + name


WIX = System("Wix Stores export", lambda names: {"handleid", "fieldtype"} <= names, products)
