"""Shopware 6: the CSV export of products, with variants as rows that name their parent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from importer.sources.system import (
    HIDDEN,
    Fields,
    System,
    is_no,
    leaf,
    pick,
    plain_name,
)
from importer.sources.variants_of_product import RowsBelow, Variant, first_price

# Keys of the database, and what is for accounts and other channels.
_LEFT_OUT = re.compile(
    r"id$|ids$|^productnumber$|^tax|^purchase|^price|^cover|^media|^options?$|^saleschannel|^visibilit|^active|"
    r"^stock$|^properties$|^availablestock|^parent|^name$|^description$|^translations|^categor|"
    r"^manufacturername$|^manufacturer$|^keywords|^seo|^meta|^createdat|^updatedat|^shippingfree"
)
_KEY = re.compile(r"[0-9a-f]{32}")


def _above(fields: Fields) -> str:
    return "" if fields.get("name") else str(fields.get("parentid") or "").strip()


def _product(raw: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    own = {n: v for n, v in whole.items() if not _LEFT_OUT.search(plain_name(n))}
    return {
        **own,
        **_named(raw.get("properties")),
        **_options(raw),
        "id": pick(raw, "productnumber", "id"),
        "title": raw.get("name"),
        "description": raw.get("description"),
        "brand": pick(raw, "manufacturername", "manufacturer"),
        "category": _category(pick(raw, "categories", "categoryname", "categorynames")),
        "price": pick(raw, "pricegross", "pricedefaultgross", "price"),
        "available": raw.get("stock"),
        "image_path": _pictures(raw),
        HIDDEN: is_no(raw.get("active")),
    }


def _variant(raw: Mapping[str, Any], parent: Mapping[str, Any]) -> Variant:
    names = ("pricegross", "pricedefaultgross")
    price = first_price(pick(raw, *names), pick(parent, *names))
    first = next(iter(_pictures(raw)), None)
    return Variant(_options(raw), price, raw.get("stock"), first)


def _category(value: Any) -> str | None:
    """The last part of the first path; exports may hold keys alone, which say nothing."""
    names = [one for one in str(value or "").split("|") if not _KEY.fullmatch(one.strip())]
    return leaf(names[0]) if names else None


def _named(value: Any) -> dict[str, Any]:
    """`Material: Leinen|Passform: Slim` by their names; of keys of the database nothing."""
    found: dict[str, Any] = {}
    for part in str(value or "").split("|"):
        name, colon, said = (one.strip() for one in part.partition(":"))
        if colon and said:
            before = found.get(name, [])
            found[name] = [*before, said] if before else [said]
    return {name: said[0] if len(said) == 1 else said for name, said in found.items()}


def _options(raw: Mapping[str, Any]) -> dict[str, str]:
    """`Farbe: Weiß|Größe: M` by their names; values alone by their place, keys not at all."""
    found: dict[str, str] = {}
    for number, part in enumerate(re.split(r"[|,]", str(raw.get("options") or "")), 1):
        name, colon, value = part.partition(":")
        if colon and value.strip():
            found[name.strip()] = value.strip()
        elif part.strip() and not _KEY.fullmatch(part.strip()):
            found[f"option {number}"] = part.strip()
    return found


def _pictures(raw: Mapping[str, Any]) -> list[str]:
    cover = pick(raw, "covermediaurl", "coverurl", "cover")
    further = pick(raw, "media", "mediaurl", "mediaurls")
    parts = [cover, *str(further or "").split("|")]
    return list(dict.fromkeys(str(one).strip() for one in parts if one and "/" in str(one)))


SHOPWARE = System(
    "Shopware export",
    lambda names: (
        {"productnumber", "parentid", "active", "name"} <= names
        and bool({"pricegross", "pricenet", "covermediaurl", "coverurl"} & names)
    ),
    RowsBelow("id", "active", _above, _product, _variant).products,
)
