"""Lightspeed: the product export of its web shops (eCom, C-Series), and that of its tills (Retail,
R-Series)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.registers.rows_of_product import products_of
from importer.sources.system import HIDDEN, System, is_no, pick, plain_fields, plain_name
from importer.sources.variants_of_product import Product, Variant

# `NL_Title_Short`: what is said in a language stands in a column of its own for each.
_IN_LANGUAGE = re.compile(r"([A-Z]{2})_(.+)")
_TOLD = frozenset(
    """internalid internalvariantid visible brand sku ean articlecode price priceold
    stocklevel images titleshort titlelong descriptionshort descriptionlong variant""".split()  # noqa: SIM905
)
_UNTOLD = re.compile(
    r"category\d|subcategory\d|(buy|price(?!cost)|stock)[a-z]+|tax|internal|meta|url|defaultvariant"
)
_TILL = frozenset(
    """systemid customsku manufactsku item qty price tax brand category matrixdescription
    matrixattributeset vendorid""".split()  # noqa: SIM905
)
_TILL_OPTIONS = ("size", "color", "attribute3")
_MOST_SUBCATEGORIES = 9
_CATEGORIES = ("category3", "category2", "category1")  # from the narrow to the wide


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of a web shop's export; further variants repeat the product's number."""
    yield from products_of(records, lambda fields: _key(fields, "internalid"), _product)


def _key(fields: Mapping[str, Any], name: str) -> str:
    return str(plain_fields(fields).get(name) or "").strip()


def _product(rows: list[Record]) -> Product:
    given = [_in_one_language(row.fields) for row in rows]
    raw = plain_fields(given[0])
    own = {
        name: value
        for name, value in given[0].items()
        if plain_name(name) not in _TOLD and not _UNTOLD.match(plain_name(name))
    }
    fields = {
        **own,
        "id": pick(raw, "internalid", "articlecode"),
        "title": pick(raw, "titleshort", "titlelong"),
        "description": pick(raw, "descriptionlong", "descriptionshort"),
        "brand": raw.get("brand"),
        "category": pick(raw, "subcategory2", "subcategory1", *_CATEGORIES),
        "sku": pick(raw, "articlecode", "sku"),
        "price": raw.get("price"),
        "available": raw.get("stocklevel"),
        "image_path": raw.get("images"),
        HIDDEN: is_no(raw.get("visible")),
    }
    return Product(fields, [_variant(plain_fields(one)) for one in given])


def _variant(raw: Mapping[str, Any]) -> Variant:
    # `Maat: S, Kleur: Rood`, with quotation marks or without.
    parts = str(raw.get("variant") or "").replace('"', "").split(",")
    pairs = [[one.strip() for one in part.split(":", 1)] for part in parts]
    options = {pair[0]: pair[1] for pair in pairs if len(pair) > 1 and all(pair)}
    return Variant(options, raw.get("price"), raw.get("stocklevel"))


def _in_one_language(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without the languages in their names: English, else the first that names it."""
    found: dict[str, Any] = {}
    english: dict[str, Any] = {}
    for name, value in fields.items():
        match = _IN_LANGUAGE.fullmatch(name)
        if match is None:
            found[name] = value
        elif match[1] in ("EN", "US") and value:
            english[match[2]] = value
        elif not found.get(match[2]):
            found[match[2]] = value
    return found | english


def till_products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of a till's export; rows of one matrix are variants of one product."""
    yield from products_of(records, lambda fields: _key(fields, "matrixdescription"), _till_product)


def _till_product(rows: list[Record]) -> Product:
    whole, raw = rows[0].fields, plain_fields(rows[0].fields)
    steps = [raw.get(f"subcategory{n}") for n in range(_MOST_SUBCATEGORIES, 0, -1)]
    own = {
        name: value
        for name, value in whole.items()
        if plain_name(name) not in _TILL and not plain_name(name).startswith("subcategory")
    }
    fields = {
        **own,
        "id": pick(raw, "systemid", "customsku"),
        "title": pick(raw, "matrixdescription", "item"),
        "sku": raw.get("customsku"),
        "brand": raw.get("brand"),
        "category": next((one for one in steps if one), raw.get("category")),
        "price": raw.get("price"),
        "available": raw.get("qty"),
    }
    return Product(fields, [_till_variant(row.fields) for row in rows] if len(rows) > 1 else ())


def _till_variant(whole: Mapping[str, Any]) -> Variant:
    options = {n: str(v) for n, v in whole.items() if v and plain_name(n) in _TILL_OPTIONS}
    raw = plain_fields(whole)
    return Variant(options, raw.get("price"), raw.get("qty"))


LIGHTSPEED = System(
    "Lightspeed eCom export",
    lambda names: {"internalid", "internalvariantid", "stocklevel"} <= names,
    products,
)
LIGHTSPEED_TILL = System(
    "Lightspeed Retail export",
    lambda names: {"systemid", "customsku", "item", "qty"} <= names,
    till_products,
)
