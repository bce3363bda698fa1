"""OXID eShop: exports of its table of articles, with variants as rows that name their parent."""

from __future__ import annotations

import re
from typing import Any

from importer.sources.system import (
    HIDDEN,
    Fields,
    System,
    is_no,
    leaf,
    pick,
)
from importer.sources.variants_of_product import RowsBelow, Variant, first_price

_PICTURES = range(1, 13)
_KEY = re.compile(r"[0-9a-f]{32}")  # of the database, which says nothing to shoppers
# How an article is sold whose stock is used up: as before, or from elsewhere.
_ENDLESS = ("1", "4")
_BETWEEN = re.compile(r"\s*\|\s*")


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


_ROWS = RowsBelow(
    "oxid",
    "oxactive",
    lambda fields: str(fields.get("oxparentid") or "").strip(),
    _product,
    _variant,
)
OXID = System(
    "OXID eShop export",
    lambda names: {"oxid", "oxtitle", "oxprice"} <= names,
    _ROWS.products,
)
