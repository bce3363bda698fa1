"""Salesforce Commerce Cloud: the catalogue export in XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick

_WITHOUT = re.compile(
    r"^(pageattributes|taxclass|sitemap|searchable|minorder|steppquantity|storetax|options|"
    r"variations|productsetproducts|bundledproducts|classification)"
)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each product with its display name, its large picture and its custom attributes."""
    for record in records:
        yield record if record.fault else replace(record, fields=_product(record.fields))


def _product(raw: Any) -> dict[str, Any]:
    return {
        "id": raw.get("@product-id"),
        "title": _first(raw.get("display-name")),
        "description": _first(pick(raw, "long-description", "short-description")),
        "brand": raw.get("brand"),
        "category": leaf(_first(pick(raw, "classification-category", "primary-category-id"))),
        "image_path": _first(pick(raw, "images.image-group.image.@path", "images.image.@path")),
        "price": _first(pick(raw, "price", "list-price", "sale-price")),
        "available": pick(raw, "available-flag", "in-stock"),
        **_custom(raw),
        HIDDEN: is_no(_first(raw.get("online-flag"))),
    }


def _custom(raw: Any) -> dict[str, Any]:
    names = raw.get("custom-attributes.custom-attribute.@attribute-id")
    values = raw.get("custom-attributes.custom-attribute")
    names = names if isinstance(names, list) else [names]
    values = values if isinstance(values, list) else [values]
    if len(names) != len(values):
        return {}
    return {str(name): value for name, value in zip(names, values, strict=True) if name and value}


def _first(value: Any) -> Any:
    return next((one for one in value if one), None) if isinstance(value, list) else value


SALESFORCE = System(
    "Salesforce Commerce catalogue",
    lambda names: "productid" in names and "displayname" in names,
    products,
)
