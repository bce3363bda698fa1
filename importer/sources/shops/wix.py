"""Wix Stores: the CSV export, with rows of variants below their product, old and new columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, pick, plain_fields
from importer.sources.variants_of_product import Product, Variant, records_of

_MEDIA = "https://static.wixstatic.com/media/"
_OPTIONS = range(1, 7)
_SECTIONS = range(1, 7)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export; variants follow the row of their product."""
    for handle, group in groupby(records, key=_handle):
        rows = list(group)
        if not handle or any(row.fault for row in rows):
            yield from rows
            continue
        yield from records_of(rows[0], _whole, str(handle), rows)


def _whole(handle: str, rows: list[Record]) -> Product:
    first, *others = [plain_fields(row.fields) for row in rows]
    variants = [_variant(row, first) for row in others if _kind(row) == "variant"]
    return Product(_product(handle, first), variants)


def _handle(record: Record) -> Any:
    return pick(plain_fields(record.fields), "handleid", "handle")


def _kind(row: dict[str, Any]) -> str:
    return str(row.get("fieldtype") or "").strip().lower()


def _product(handle: str, raw: dict[str, Any]) -> dict[str, Any]:
    pictures = str(pick(raw, "productimageurl", "media", "mainmedia") or "").split(";")
    collections = str(pick(raw, "collection", "collections", "categories") or "").split(";")
    return {
        "id": handle,
        "title": raw.get("name"),
        "description": pick(raw, "description", "plaindescription"),
        "category": collections[0].strip() or None,
        "brand": raw.get("brand"),
        "ribbon": raw.get("ribbon"),
        "price": _discounted(raw.get("price"), raw),
        "available": raw.get("inventory"),
        "image_path": [_address(one.strip()) for one in pictures if one.strip()] or None,
        **_options(raw),
        HIDDEN: is_no(raw.get("visible")),
    }


def _discounted(price: Any, raw: dict[str, Any]) -> Any:
    """The price less the product's discount, which is a percentage or an amount."""
    try:
        amount, value = float(price or 0), float(raw.get("discountvalue") or 0)
    except (TypeError, ValueError):
        return price
    if not value:
        return price
    percent = str(raw.get("discountmode") or "").strip().upper() == "PERCENT"
    return f"{amount * (1 - value / 100) if percent else amount - value:.2f}"


def _variant(raw: dict[str, Any], first: dict[str, Any]) -> Variant:
    options = {}
    for n in _OPTIONS:
        name = pick(first, f"productoptionname{n}")
        value = pick(raw, f"productoptiondescription{n}", f"productoptionchoices{n}")
        if name and value:
            options[str(name).strip()] = _choice(str(value))
    price: Any = pick(raw, "price") or first.get("price")
    try:
        price = _discounted(float(price or 0) + float(raw.get("surcharge") or 0), first)
    except (TypeError, ValueError):
        price = first.get("price")
    image = str(pick(raw, "productimageurl", "media") or "").split(";")[0].strip()
    return Variant(options, price or None, raw.get("inventory"), _address(image) if image else None)


def _options(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for n in _OPTIONS:
        name = pick(raw, f"productoptionname{n}")
        values = pick(raw, f"productoptiondescription{n}", f"productoptionchoices{n}")
        if name and values:
            parts = [_choice(part) for part in str(values).split(";") if part.strip()]
            found[str(name).strip()] = parts
    return found


def _choice(text: str) -> str:
    # A colour is written as its code and its name: `#ff0000:Red`.
    return text.rpartition(":")[2].strip()


def _address(name: str) -> str:
    return name if "/" in name else _MEDIA + name


WIX = System(
    "Wix Stores export",
    lambda names: "fieldtype" in names and bool({"handleid", "handle"} & names) and "name" in names,
    products,
)
