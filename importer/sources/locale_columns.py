"""Akeneo and Spryker: exports whose columns carry a language, a channel or a currency."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick

_LOCALE = re.compile(r"^(?P<name>.+?)[-.](?P<locale>[a-z]{2}_[A-Z]{2})(-\w+)?$")
_PRICE = re.compile(r"^(?P<name>\w*price\w*)-(?P<currency>[A-Z]{3})$", re.IGNORECASE)
_PAIRS = range(1, 30)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each row in the language that comes first, English if it is there."""
    for record in records:
        yield record if record.fault else replace(record, fields=_product(record.fields))


def _product(raw: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, value in raw.items():
        if value in (None, ""):
            continue
        priced, localised = _PRICE.match(column), _LOCALE.match(column)
        if priced is not None:
            fields.setdefault(priced["name"], f"{value} {priced['currency'].upper()}")
        elif localised is not None:
            if localised["locale"].startswith("en") or localised["name"] not in fields:
                fields[localised["name"]] = value
        else:
            fields.setdefault(column, value)
    fields |= _attributes(fields)
    known = {
        "id": pick(fields, "sku", "identifier", "abstract_sku", "concrete_sku", "uuid"),
        "title": pick(fields, "name", "label", "title"),
        "category": leaf(pick(fields, "family", "category_key", "categories")),
        "group_id": pick(fields, "parent", "groups") or fields.get("abstract_sku"),
        "image_path": pick(fields, "image", "picture", "main_image", "external_url_large"),
        HIDDEN: is_no(pick(fields, "enabled", "is_active")),
    }
    return fields | {name: value for name, value in known.items() if value is not None}


def _attributes(fields: dict[str, Any]) -> dict[str, Any]:
    """Spryker's pairs of columns: `attribute_key_1` and `value_1`."""
    found = {}
    for number in _PAIRS:
        name = fields.pop(f"attribute_key_{number}", None)
        value = fields.pop(f"value_{number}", None)
        if name and value:
            found[str(name)] = value
    return found


AKENEO = System(
    "Akeneo export",
    lambda names: (
        bool({"sku", "identifier", "uuid"} & names)
        and bool({"family", "enabled"} & names)
        and any(re.fullmatch(r"(name|label|title)[a-z]{4}\w*", name) for name in names)
    ),
    products,
)
SPRYKER = System(
    "Spryker export",
    lambda names: bool({"abstractsku", "concretesku"} & names),
    products,
)
