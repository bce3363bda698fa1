"""Magento 2 and Adobe Commerce: the export `catalog_product.csv`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick, plain_fields
from importer.sources.variants_of_product import Product, Variant, first_price, records_of
from importer.values.sale_time import is_on

_PAIR = re.compile(r'(?:^|,)([a-z][a-z0-9_]*)=("(?:[^"]|"")*"|.*?)(?=,[a-z][a-z0-9_]*=|$)', re.S)
_NOT_SHOWN = "not visible individually"
_NO_ATTRIBUTE = (
    "ts_",
    "meta_",
    "cost",
    "msrp",
    "gift_",
    "swatch",
    "has_options",
    "required_options",
)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products that a shop shows, with simple products below their configurable ones.

    Rows of further store views are translations of rows before them and are passed over.
    """
    rows = [(record, plain_fields(record.fields)) for record in records]
    rows = [(record, raw) for record, raw in rows if not raw.get("storeviewcode")]
    by_sku = {str(raw.get("sku")): raw for record, raw in rows if not record.fault}
    below = {sku for _, raw in rows for sku in _children(raw)}
    for record, raw in rows:
        if record.fault:
            yield record
            continue
        sku = str(raw.get("sku") or "")
        if sku in below and _visibility(raw) == _NOT_SHOWN:
            continue
        members = [
            (by_sku[child], options) for child, options in _children(raw).items() if child in by_sku
        ]
        yield from records_of(record, _product, raw, members)


def _visibility(raw: Mapping[str, Any]) -> str:
    return str(raw.get("visibility") or "").strip().lower()


def _children(raw: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The options of the simple products of a configurable one, by their SKU."""
    found = {}
    for part in str(raw.get("configurablevariations") or "").split("|"):
        pairs = dict(one.split("=", 1) for one in re.split(r",(?=\w+=)", part) if "=" in one)
        sku = pairs.pop("sku", None)
        if sku is not None:
            found[sku.strip()] = {n.strip(): v.strip() for n, v in pairs.items()}
    return found


def _product(raw: Mapping[str, Any], members: list[Any]) -> Product:
    fields: dict[str, Any] = {
        **_attributes(raw),
        "id": raw.get("sku"),
        "title": raw.get("name"),
        "description": pick(raw, "description", "shortdescription"),
        "category": leaf(_first_category(raw.get("categories"))) or raw.get("attributesetcode"),
        "price": _price(raw),
        "available": _available(raw),
        "image_path": _pictures(raw) or None,
        "link": raw.get("urlkey") if str(raw.get("urlkey") or "").startswith("http") else None,
        HIDDEN: str(raw.get("productonline") or "1").strip() in ("2", "0")
        or _visibility(raw) == _NOT_SHOWN,
    }  # fmt: skip
    return Product(fields, [_variant(one, options) for one, options in members])


def _price(raw: Mapping[str, Any]) -> Any:
    """The special price in its time, else the regular one."""
    times = raw.get("specialpricefromdate"), raw.get("specialpricetodate")
    less = raw.get("specialprice") if is_on(*times) else None
    return first_price(less, raw.get("price"))


def _variant(raw: Mapping[str, Any], options: dict[str, str]) -> Variant:
    attributes = _attributes(raw)
    named = {name: str(value) for name, value in attributes.items() if isinstance(value, str)}
    image = next(iter(_pictures(raw)), None)
    return Variant({**named, **options}, _price(raw), _available(raw), image)


def _pictures(raw: Mapping[str, Any]) -> list[str]:
    main = pick(raw, "baseimage", "image", "smallimage", "thumbnailimage")
    further = str(raw.get("additionalimages") or "").split(",")
    named = (str(one).strip() for one in (main, *further) if one)
    return list(dict.fromkeys(one for one in named if one and one != "no_selection"))


def _available(raw: Mapping[str, Any]) -> Any:
    if str(raw.get("managestock") or "1").strip() == "0" and raw.get("isinstock") != "0":
        return True
    if str(raw.get("allowbackorders") or "0").strip() in ("1", "2") and not is_no(
        raw.get("isinstock")
    ):
        return True
    stock = pick(raw, "isinstock")
    return pick(raw, "qty") if stock is None else stock


def _attributes(raw: Mapping[str, Any]) -> dict[str, Any]:
    text = str(raw.get("additionalattributes") or "")
    found: dict[str, Any] = {}
    for name, value in _PAIR.findall(text):
        parts = [part.strip() for part in value.strip('"').split("|") if part.strip()]
        if parts and not name.startswith(_NO_ATTRIBUTE):
            found[name] = parts[0] if len(parts) == 1 else parts
    return found


def _first_category(value: Any) -> str | None:
    """The deepest of the category paths: `Default Category/Women/Tops`."""
    paths = [part.strip() for part in re.split(r"[,|]", str(value or "")) if part.strip()]
    return max(paths, key=lambda path: path.count("/"), default=None)


MAGENTO = System(
    "Magento 2 export",
    lambda names: (
        {"sku", "producttype", "name"} <= names
        and bool({"attributesetcode", "productonline", "additionalattributes"} & names)
    ),
    products,
)
