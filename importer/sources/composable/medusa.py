"""Medusa: the CSV export of both generations, with a row for each variant, and its JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import (
    HIDDEN,
    Fields,
    System,
    is_no,
    kind_in,
    objects_in,
    pick,
    plain_fields,
)
from importer.sources.variants_of_product import Product, Variant, items_of_each, records_of
from importer.values.one_currency import Money, OneCurrency
from importer.values.prices import of_smallest_unit

_OPTIONS = range(1, 11)
_MOST_PICTURES = 20
_SHOWN = ("", "published")
# `Price EUR`, `Variant Price EUR`; those of a region, `Price france [EUR]`, come after them.
_PRICE = re.compile(
    r"(?:variant )?price (?:(?P<plain>[a-z]{3})|.+\[(?P<regional>[a-z]{3})\])", re.IGNORECASE
)


def csv_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export, whose variants are rows of their own."""
    first: dict[str, Record] = {}
    rows: dict[str, list[tuple[Fields, Fields]]] = {}
    for record in records:
        if record.fault:
            yield record
            continue
        raw = plain_fields(record.fields)
        key = str(pick(raw, "producthandle", "productid") or f"line {record.line}")
        first.setdefault(key, record)
        rows.setdefault(key, []).append((raw, record.fields))
    for key, record in first.items():
        yield from records_of(record, _csv_rows, rows[key])


def _csv_rows(rows: Sequence[tuple[Fields, Fields]]) -> Product:
    return Product(_csv_product(rows[0][0]), [_csv_variant(raw, whole) for raw, whole in rows])


def _csv_product(raw: Fields) -> dict[str, Any]:
    tags = [raw.get(f"producttag{n}") for n in _OPTIONS]
    images = [
        raw.get(f"{name}{n}{end}")
        for n in range(1, _MOST_PICTURES)
        for name in ("image", "productimage")
        for end in ("", "url")
    ]
    fields = {
        "id": pick(raw, "producthandle", "productid"),
        "title": raw.get("producttitle"),
        "subtitle": raw.get("productsubtitle"),
        "description": raw.get("productdescription"),
        "material": raw.get("productmaterial"),
        "collection": raw.get("productcollectiontitle"),
        "tags": [one for one in tags if one] or raw.get("producttags"),
        "category": pick(
            raw, "producttype", "producttypevalue", "productcategory1", "productcategoryname1"
        ),
        "image_path": [one for one in images if one] or raw.get("productthumbnail"),
    }
    hidden = str(raw.get("productstatus") or "").lower() not in _SHOWN
    return {name: value for name, value in fields.items() if value} | {HIDDEN: hidden}


def _csv_variant(raw: Fields, whole: Fields) -> Variant:
    options: dict[str, str] = {}
    for number in _OPTIONS:
        name = pick(raw, f"variantoption{number}name", f"option{number}name")
        value = pick(raw, f"variantoption{number}value", f"option{number}value")
        if name and value:
            options[str(name)] = str(value)
    has_stock = "variantinventoryquantity" in raw
    stock = _stock(raw, "variant", raw.get("variantinventoryquantity") if has_stock else None)
    return Variant(options, _csv_price(whole), stock)


def _csv_price(whole: Fields) -> str | None:
    """The first price that is not of one region alone, with the currency of its column."""
    found = [(_PRICE.fullmatch(name.strip()), value) for name, value in whole.items() if value]
    priced = [(match, value) for match, value in found if match]
    priced.sort(key=lambda one: one[0]["plain"] is None)
    if not priced:
        return None
    match, value = priced[0]
    return f"{value} {(match['plain'] or match['regional']).upper()}"


def _stock(raw: Fields, prefix: str, count: Any) -> Any:
    """How many there are; True if that is not counted, or more can be ordered than there are."""
    is_counted = pick(raw, f"{prefix}manageinventory", "manage_inventory")
    is_ordered = pick(raw, f"{prefix}allowbackorder", "allow_backorder")
    endless = (is_counted is not None and is_no(is_counted)) or not is_no(is_ordered or "no")
    return True if endless else count


def json_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of the store's and the administration's answers."""
    currency = OneCurrency()
    return items_of_each(records, lambda fields: _json_product(fields, currency))


def _json_product(raw: Fields, currency: OneCurrency) -> Product:
    names = {one["id"]: one.get("title") for one in objects_in(raw.get("options")) if "id" in one}
    pictures = [one.get("url") for one in objects_in(raw.get("images"))]
    tags = [one.get("value") for one in objects_in(raw.get("tags"))]
    fields = {
        "id": pick(raw, "handle", "id"),
        "title": raw.get("title"),
        "subtitle": raw.get("subtitle"),
        "description": raw.get("description"),
        "material": raw.get("material"),
        "collection": raw.get("collection.title"),
        "tags": [one for one in tags if one] or None,
        "category": _category(raw),
        "image_path": [one for one in pictures if one] or raw.get("thumbnail"),
    }
    hidden = str(raw.get("status") or "").lower() not in _SHOWN
    in_cents = "profile_id" in raw  # the first generation, which counts the smallest unit
    variants = [
        replace(_json_variant(one, names), price=currency.of(_json_prices(one, in_cents)))
        for one in objects_in(raw.get("variants"))
    ]
    shown = {name: value for name, value in fields.items() if value}
    return Product(shown | {HIDDEN: hidden}, variants)


def _category(raw: Fields) -> Any:
    named = raw.get("categories")
    names = [one.get("name") for one in objects_in(named)] or named
    return raw.get("type.value") or kind_in(names)


def _json_variant(raw: Fields, names: Mapping[Any, Any]) -> Variant:
    options = raw.get("options")
    found = dict(options) if isinstance(options, Mapping) else {}
    for one in objects_in(options):
        option = one.get("option")
        title = option.get("title") if isinstance(option, Mapping) else None
        found[str(title or names.get(one.get("option_id")) or "option")] = one.get("value")
    shown = {str(name): str(value) for name, value in found.items() if value}
    stock = _stock(raw, "", raw.get("inventory_quantity"))
    return Variant(shown, available=stock)


def _json_prices(raw: Fields, in_cents: bool) -> list[Money]:
    """The price that is worked out for a region, or else all that are listed."""
    worked_out = raw.get("calculated_price")
    if isinstance(worked_out, Mapping):
        found = [(worked_out.get("calculated_amount"), worked_out.get("currency_code"))]
    else:
        listed = objects_in(raw.get("prices"))
        found = [(one.get("amount"), one.get("currency_code")) for one in listed]
    prices = []
    for amount, currency in found:
        code = str(currency or "").upper()
        if amount is not None:
            text = of_smallest_unit(amount, code) if in_cents else f"{amount} {code}".strip()
            prices.append(Money(text, code))
    return prices


MEDUSA_CSV = System(
    "Medusa product export",
    lambda names: {"producthandle", "producttitle"} <= names,
    csv_products,
)
MEDUSA_JSON = System(
    "Medusa products",
    lambda names: (
        {"title", "handle", "thumbnail", "variants"} <= names
        and bool({"discountable", "isgiftcard", "collectionid", "profileid"} & names)
    ),
    json_products,
)
