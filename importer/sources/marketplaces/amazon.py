"""Amazon: inventory files, from the templates of before 2024 and of today.

`CsvSource` passes over the lines above their names of fields. Those of today look like
`item_name[marketplace_id=ATVPDKIKX0DER][language_tag=en_US]#1.value`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, Fields, System, pick, plain_fields
from importer.sources.variants_of_product import Product, Variant, first_price, records_of
from importer.values.sale_time import is_on

# Today's names, without what stands in brackets, by those of before.
_NAMES = {
    "contribution_sku": "item_sku", "brand": "brand_name", "product_type": "feed_product_type",
    "main_product_image_locator": "main_image_url", "parentage_level": "parent_child",
    "child_parent_sku_relationship": "parent_sku", "color": "color_name",
    "::record_action": "update_delete", "fulfillment_availability": "quantity",
    "department": "department_name", "material": "material_type",
    "style": "style_name", "pattern": "pattern_name",
}  # fmt: skip
_MARKS = re.compile(r"\[[^\]]*\]")
_PLACE = re.compile(r"#(\d+)\.(\w+)")
_OTHER_IMAGE = re.compile(r"other_product_image_locator_(\d)")
_OUR_PRICE = "our_price"
_LESS = re.compile(r"discounted_price.*\.(value_with_tax|start_at|end_at)\b")
_SALE = {
    "value_with_tax": "sale_price", "start_at": "sale_from_date", "end_at": "sale_end_date",
}  # fmt: skip
# Of the marketplaces by the ids that stand in the names of fields.
_CURRENCIES = {
    "ATVPDKIKX0DER": "USD", "A2EUQ1WTGCTBG2": "CAD", "A1AM78C64UM0Y8": "MXN",
    "A2Q3Y263D00KWC": "BRL", "A1F83G8C2ARO7P": "GBP", "A1PA6795UKMFR9": "EUR",
    "A13V1IB3VIYZZH": "EUR", "APJ6JRA9NG5V4": "EUR", "A1RKKUPIHCS9HS": "EUR",
    "A1805IZSGTT6HS": "EUR", "AMEN7PMS3EDWL": "EUR", "A28R8C7NBKEWEA": "EUR",
    "A2NODRKZP88ZB9": "SEK", "A1C3SOZRARQ6R3": "PLN", "A33AVAJ2PDY3EV": "TRY",
    "A21TJRUUN4KGV": "INR", "A1VC38T7YXB528": "JPY", "A39IBJ37TRP1C6": "AUD",
    "A19VAU5U5O7RUS": "SGD", "A2VIGQ35RCS4UG": "AED", "A17E79C6D8DWNP": "SAR",
    "ARBP9OOSHTCHU": "EGP", "AE08WJ6YKNBMC": "ZAR",
}  # fmt: skip
# A line below the names of fields that some tools write, and the example of today's templates.
_NO_PRODUCTS = ("required", "optional", "desired", "preferred", "recommended", "abc123")
_IMAGES = range(1, 9)
_ATTRIBUTES = {
    "brand": ("brand_name",), "color": ("color_name", "color_map"),
    "size": ("size_name", "apparel_size", "footwear_size", "shirt_size", "bottoms_size", "size"),
    "department": ("department_name",), "gender": ("target_gender",),
    "material": ("material_type", "material_type1", "fabric_type", "outer_material_type"),
    "style": ("style_name",), "pattern": ("pattern_name", "pattern_type"),
    "sleeve": ("sleeve_type",), "neck": ("neck_style", "collar_style"), "fit": ("fit_type",),
    "season": ("seasons", "season"), "closure": ("closure_type",),
}  # fmt: skip


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of a file, each with the variants that name it folded into it."""
    parents: dict[str, tuple[Record, dict[str, Any]]] = {}
    children: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        if record.fault:
            yield record
            continue
        raw = _by_old_names(record.fields)
        sku = str(raw.get("item_sku") or "")
        above = str(raw.get("parent_sku") or "").strip()
        if sku.lower() in _NO_PRODUCTS:
            continue
        if above:
            children.setdefault(above, []).append(raw)
            parents.setdefault(above, (record, raw))
        else:
            # A child above its parent held the place of it.
            parents[sku or f"line {record.line}"] = (record, raw)
    for key, (record, raw) in parents.items():
        below = [one for one in children.get(key, ()) if not _is_deleted(one)]
        fields = {"id": key} if raw.get("item_sku") else {}
        yield from records_of(record, _whole, raw, below, fields)


def listings(records: Iterable[Record]) -> Iterator[Record]:
    """The offers of a report on listings; those that are not active are hidden."""
    for record in records:
        raw = plain_fields(record.fields)
        fields = {
            "id": pick(raw, "sellersku", "listingid"),
            "title": raw.get("itemname"),
            "description": raw.get("itemdescription"),
            "price": raw.get("price"),
            "available": raw.get("quantity"),
            "image_path": raw.get("imageurl"),
            HIDDEN: str(raw.get("status") or "active").strip().lower() != "active",
        }
        yield record if record.fault else replace(record, fields=fields)


def _by_old_names(whole: Fields) -> dict[str, Any]:
    """The fields that have a value by the names of before 2024."""
    found: dict[str, Any] = {}
    for column, value in whole.items():
        if value in (None, ""):
            continue
        plain = _MARKS.sub("", column)
        if _OUR_PRICE in plain:
            market = next((one for one in _CURRENCIES if one in column), None)
            found.setdefault("standard_price", value)
            found.setdefault("currency", _CURRENCIES.get(market or ""))
            continue
        less = _LESS.search(plain)
        if less is not None:
            found.setdefault(_SALE[less[1]], value)
            continue
        name, place, part = _parts(plain)
        if name == "fulfillment_availability" and part != "quantity":
            continue
        other = _OTHER_IMAGE.fullmatch(name)
        name = f"other_image_url{other[1]}" if other else _NAMES.get(name, name)
        found.setdefault(name if place == 1 else f"{name}{place}", value)
    return found


def _parts(plain: str) -> tuple[str, int, str]:
    """Of `bullet_point#2.value` the name, the place and what is said there."""
    match = _PLACE.search(plain)
    if match is None:
        return plain.strip(), 1, ""
    return plain[: match.start()], int(match[1]), match[2]


def _whole(raw: Fields, below: list[dict[str, Any]], own: Fields) -> Product:
    is_parent = str(raw.get("parent_child") or "").strip().lower() == "parent"
    hidden = _is_deleted(raw) or (is_parent and not below)
    return Product({**_product(raw), **own, HIDDEN: hidden}, [_variant(one) for one in below])


def _product(raw: Fields) -> dict[str, Any]:
    images = [raw.get("main_image_url"), *(raw.get(f"other_image_url{n}") for n in _IMAGES)]
    kind = str(pick(raw, "feed_product_type", "item_type") or "").replace("_", " ").strip()
    points = [raw.get(name) for name in raw if name.startswith("bullet_point")]
    attributes = {name: pick(raw, *columns) for name, columns in _ATTRIBUTES.items()}
    return {
        **{name: value for name, value in attributes.items() if value is not None},
        "id": raw.get("item_sku"),
        "title": raw.get("item_name"),
        "description": raw.get("product_description") or ". ".join(str(one) for one in points),
        "category": kind.capitalize() or None,
        "price": _price(raw),
        "available": raw.get("quantity"),
        "image_path": [one for one in images if one] or None,
    }


def _variant(raw: Mapping[str, Any]) -> Variant:
    options = {name: pick(raw, *_ATTRIBUTES[name]) for name in ("color", "size")}
    chosen = {name: str(value) for name, value in options.items() if value is not None}
    image = raw.get("main_image_url")
    return Variant(chosen, _price(raw), raw.get("quantity"), image)


def _price(raw: Fields) -> Any:
    less = raw.get("sale_price")
    is_sale = less is not None and is_on(raw.get("sale_from_date"), raw.get("sale_end_date"))
    regular = pick(raw, "standard_price", "list_price")
    price = first_price(less if is_sale else None, regular)
    return price if price is None else f"{price} {raw.get('currency') or ''}".strip()


def _is_deleted(raw: Fields) -> bool:
    return str(raw.get("update_delete") or "").strip().lower() == "delete"


AMAZON = System(
    "Amazon inventory file",
    lambda names: {"itemsku", "itemname"} <= names or "contributionsku1value" in names,
    products,
)
AMAZON_LISTINGS = System(
    "Amazon listings report",
    lambda names: {"itemname", "sellersku", "listingid"} <= names,
    listings,
)
