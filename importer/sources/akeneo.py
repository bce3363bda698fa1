"""Akeneo: exports whose columns carry a language, a channel or a currency, and its JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, one_by_one, pick

_LOCALE = re.compile(r"^(?P<name>.+?)[-.](?P<locale>[a-z]{2,3}_[A-Z]{2})(-\w+)?$")
_CODES = re.compile(r"[^\W\d]\w*(,[^\W\d]\w*)+")
_PRICE = re.compile(r"^(?P<name>\w*price\w*)(-\w+)?-(?P<currency>[A-Z]{3})$", re.IGNORECASE)
_UNIT = re.compile(r"^.+-unit$")
_VALUES = "values."
_PICTURES = re.compile(
    r"^(main_?|packshot_?|product_?)?(image|picture|photo|visual|media)(_?\w*)?$", re.I
)
_LEFT_OUT = (
    "groups", "created", "updated", "associations", "quantified_associations", "metadata",
    "completenesses", "quality_scores", "_links", "root_parent", "workflow_status",
)  # fmt: skip


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each row in the language that comes first, English if it is there."""
    return one_by_one(records, _product)


def _product(raw: Mapping[str, Any]) -> dict[str, Any]:
    fields = localised(from_values(raw))
    pictures = [v for n, v in fields.items() if _PICTURES.match(n) and isinstance(v, (str, list))]
    known = {
        "id": pick(fields, "sku", "identifier", "uuid", "code"),
        "title": pick(fields, "name", "label", "title", "erp_name", "product_name"),
        "category": leaf(pick(fields, "family", "categories")),
        "group_id": pick(fields, "parent"),
        "image_path": [one for v in pictures for one in (v if isinstance(v, list) else [v])]
        or None,
        HIDDEN: is_no(fields.get("enabled")),
    }
    attributes = {
        name: value
        for name, value in fields.items()
        if not name.startswith(_LEFT_OUT) and not _UNIT.match(name) and not _PICTURES.match(name)
        and name not in ("enabled", "uuid", "identifier", "sku", "parent", "family", "categories")
    }  # fmt: skip
    attributes = {n: _listed(v) for n, v in attributes.items() if v != known["title"]}
    return attributes | {name: value for name, value in known.items() if value is not None}


def _listed(value: Any) -> Any:
    """The codes of a choice of several, `cotton,wool`, as a list; all else as it is."""
    return value.split(",") if isinstance(value, str) and _CODES.fullmatch(value) else value


def localised(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields without language, channel and currency in their names."""
    fields: dict[str, Any] = {}
    english: set[str] = set()
    for column, value in raw.items():
        if value in (None, "", []):
            continue
        priced, found = _PRICE.match(column), _LOCALE.match(column)
        if priced is not None:
            fields.setdefault(priced["name"], f"{value} {priced['currency'].upper()}")
        elif found is not None:
            name, is_english = found["name"], found["locale"].startswith("en")
            if name not in fields or (is_english and name not in english):
                fields[name] = value
            if is_english:
                english.add(name)
        else:
            fields.setdefault(column, value)
    return fields


def from_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The product with `values.name: [{"locale", "scope", "data"}]` as columns of an export."""
    fields: dict[str, Any] = {}
    for column, value in raw.items():
        if not column.startswith(_VALUES) or not isinstance(value, list):
            fields[column] = value
            continue
        name = column.removeprefix(_VALUES)
        for one in value:
            if isinstance(one, Mapping):
                locale = f"-{one['locale']}" if one.get("locale") else ""
                for inner, data in _data(name, _address(one) or one.get("data")):
                    fields.setdefault(f"{inner}{locale}", data)
    return fields


def _address(value: Mapping[str, Any]) -> Any:
    """Where a picture can be fetched: its data is a path in Akeneo's own storage."""
    links = value.get("_links")
    download = links.get("download") if isinstance(links, Mapping) else None
    return download.get("href") if isinstance(download, Mapping) else None


def _data(name: str, data: Any) -> Iterator[tuple[str, Any]]:
    """A value's data by column: prices by currency, measures by amount, all else as it is."""
    if isinstance(data, list) and data and isinstance(data[0], Mapping) and "amount" in data[0]:
        for one in data:
            yield f"{name}-{one.get('currency')}", one.get("amount")
    elif isinstance(data, Mapping):
        yield name, data.get("amount")
    else:
        yield name, data


def recognised(names: Any) -> bool:
    """True for the columns of an export or the fields of its JSON."""
    keyed = bool({"sku", "identifier", "uuid", "code"} & names)
    localised_names = any(re.fullmatch(r"(\w*name|label|title)[a-z]{4}\w*", name) for name in names)
    values = any(name.startswith("values") for name in names)
    return (
        keyed
        and bool({"family", "enabled", "familyvariant"} & names)
        and (localised_names or values or {"family", "enabled", "categories"} <= names)
    )


AKENEO = System("Akeneo export", recognised, products, folds=True)
