"""WooCommerce products in WordPress's own export (WXR), with their pictures and variations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, pick
from importer.sources.variants_of_product import Product, Variant, records_of

# An entry of PHP's serialised `_product_attributes`: name, value and whether it is a taxonomy.
_LOCAL = re.compile(r's:4:"name";s:\d+:"(?P<name>[^"]*)";s:5:"value";s:\d+:"(?P<value>[^"]*)"')
_ATTRIBUTE = "pa_"


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The published products of an export; pictures are entries of their own."""
    entries = list(records)
    pictures: dict[str, str] = {}
    variations: dict[str, list[Any]] = {}
    for record in entries:
        kind, number = record.fields.get("post_type"), str(record.fields.get("post_id"))
        if kind == "attachment":
            pictures[number] = str(pick(record.fields, "attachment_url", "guid") or "")
        elif kind == "product_variation":
            parent = str(record.fields.get("post_parent"))
            variations.setdefault(parent, []).append(record.fields)
    for record in entries:
        if record.fault:
            yield record
        elif record.fields.get("post_type") == "product":
            below = variations.get(str(record.fields.get("post_id")), [])
            yield from records_of(record, _product, record.fields, below, pictures)


def _product(raw: Mapping[str, Any], below: list[Any], pictures: Mapping[str, str]) -> Product:
    meta, terms = _meta(raw), _terms(raw)
    texts = raw.get("encoded")
    numbers = [meta.get("_thumbnail_id"), *str(meta.get("_product_image_gallery") or "").split(",")]
    found = [pictures.get(str(one).strip()) for one in numbers if one]
    fields: dict[str, Any] = {
        "id": raw.get("post_id"),
        "title": raw.get("title"),
        "description": next((t for t in texts if t), None) if isinstance(texts, list) else texts,
        "link": raw.get("link"),
        "category": next(iter(terms.get("product_cat", ())), None),
        "tags": terms.get("product_tag"),
        "brand": next(iter(terms.get("product_brand", ())), None),
        "price": pick(meta, "_sale_price", "_price", "_regular_price"),
        "available": _available(meta),
        "image_path": [one for one in found if one] or None,
        **_attributes(meta, terms),
        HIDDEN: str(raw.get("status") or "publish") != "publish"
        or "exclude-from-catalog" in terms.get("product_visibility", ()),
    }  # fmt: skip
    return Product(fields, [_variant(_meta(one), terms, pictures) for one in below])


def _variant(meta: Mapping[str, Any], terms: Any, pictures: Mapping[str, str]) -> Variant:
    options = {}
    for name, value in meta.items():
        if name.startswith("attribute_") and value:
            plain = name.removeprefix("attribute_").removeprefix(_ATTRIBUTE)
            labels = terms.get(_ATTRIBUTE + plain, ())
            slug = str(value).casefold()
            same = (one for one in labels if one.casefold().replace(" ", "-") == slug)
            options[plain] = next(same, str(value))
    image = pictures.get(str(meta.get("_thumbnail_id")))
    price = pick(meta, "_sale_price", "_price", "_regular_price")
    return Variant(options, price, _available(meta), image)


def _available(meta: Mapping[str, Any]) -> Any:
    return pick(meta, "_stock_status", "_stock")


def _meta(raw: Mapping[str, Any]) -> dict[str, Any]:
    keys, values = _list(raw.get("postmeta.meta_key")), _list(raw.get("postmeta.meta_value"))
    return {str(key): value for key, value in zip(keys, values, strict=False) if key}


def _terms(raw: Mapping[str, Any]) -> dict[str, list[str]]:
    """Terms by taxonomy: `product_cat`, `pa_color`."""
    found: dict[str, list[str]] = {}
    names, domains = _list(raw.get("category")), _list(raw.get("category.@domain"))
    for name, domain in zip(names, domains, strict=False):
        if name:
            found.setdefault(str(domain), []).append(str(name))
    return found


def _attributes(meta: Mapping[str, Any], terms: Mapping[str, list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        domain.removeprefix(_ATTRIBUTE): names[0] if len(names) == 1 else names
        for domain, names in terms.items()
        if domain.startswith(_ATTRIBUTE)
    }
    for one in _LOCAL.finditer(str(meta.get("_product_attributes") or "")):
        parts = [part.strip() for part in one["value"].split("|") if part.strip()]
        if parts and not one["name"].startswith(_ATTRIBUTE):
            found[one["name"]] = parts[0] if len(parts) == 1 else parts
    return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


WORDPRESS = System(
    "WordPress export (WXR)", lambda names: {"posttype", "postid", "title"} <= names, products
)
