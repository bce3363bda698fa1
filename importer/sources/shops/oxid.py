"""OXID eShop: exports of its table of articles, with variants as rows that name their parent."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from importer.reading.records import Record
from importer.sources.system import (
    HIDDEN,
    Fields,
    System,
    is_no,
    leaf,
    pick,
    plain_fields,
    read_one,
)
from importer.sources.variants_of_product import Product, Variant, first_price, records_of

_PICTURES = range(1, 13)
_KEY = re.compile(r"[0-9a-f]{32}")  # of the database, which says nothing to shoppers
# How an article is sold whose stock is used up: as before, or from elsewhere.
_ENDLESS = ("1", "4")
_BETWEEN = re.compile(r"\s*\|\s*")


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The articles with their variants folded; a variant without its article stays one."""
    parents: dict[str, Record] = {}
    children: dict[str, list[Record]] = {}
    for record in records:
        fields = plain_fields(record.fields)
        above = str(fields.get("oxparentid") or "").strip()
        if record.fault:
            yield record
        elif above:
            children.setdefault(above, []).append(record)
        else:
            parents[str(fields.get("oxid") or record.line)] = record
    for key, record in parents.items():
        raw = plain_fields(record.fields)
        below = [plain_fields(one.fields) for one in children.pop(key, ())]
        yield from records_of(record, _with_variants, raw, record.fields, below)
    for record in (one for rows in children.values() for one in rows):
        yield read_one(record, _product, plain_fields(record.fields), record.fields)


def _with_variants(raw: Fields, whole: Fields, below: list[dict[str, Any]]) -> Product:
    shown = [_variant(one, raw) for one in below if not is_no(one.get("oxactive"))]
    return Product(_product(raw, whole), shown)


def _product(raw: Fields, whole: Fields) -> dict[str, Any]:
    own = {name: value for name, value in whole.items() if not name.upper().startswith("OX")}
    return {
        **own,
        "id": pick(raw, "oxartnum", "oxid"),
        "title": raw.get("oxtitle"),
        "description": pick(raw, "oxlongdesc", "oxshortdesc"),
        "brand": _named(pick(raw, "oxmanufacturer", "oxmanutitle", "oxmanufacturerid")),
        "category": leaf(_named(pick(raw, "oxcategory", "oxcattitle", "oxcatnid"))),
        "price": first_price(raw.get("oxprice"), raw.get("oxvarminprice")),
        "available": _available(raw),
        "image_path": _pictures(raw) or None,
        HIDDEN: is_no(raw.get("oxactive")),
    }


def _variant(raw: Fields, parent: Fields) -> Variant:
    names = _BETWEEN.split(str(parent.get("oxvarname") or ""))
    values = _BETWEEN.split(str(raw.get("oxvarselect") or ""))
    options = {
        (names[place] if place < len(names) and names[place] else f"option {place + 1}"): value
        for place, value in enumerate(values)
        if value
    }
    pictures = _pictures(raw)
    price = first_price(raw.get("oxprice"), parent.get("oxprice"))
    return Variant(options, price, _available(raw), pictures[0] if pictures else None)


def _available(raw: Fields) -> Any:
    return True if str(raw.get("oxstockflag") or "").strip() in _ENDLESS else raw.get("oxstock")


def _pictures(raw: Fields) -> list[str]:
    found = [str(raw.get(f"oxpic{number}") or "").strip() for number in _PICTURES]
    return [one for one in found if one and one != "nopic.jpg"]


def _named(value: Any) -> str | None:
    text = str(value or "").strip()
    return text if text and not _KEY.fullmatch(text) else None


OXID = System("OXID eShop export", lambda names: {"oxid", "oxtitle", "oxprice"} <= names, products)
