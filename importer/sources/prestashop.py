"""PrestaShop: the columns of its product export and import."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, plain_name

# By the beginning of the plain name: versions and languages differ in what stands in brackets.
_STARTS = (
    ("productid", "id"), ("id", "id"), ("active", "active"), ("name", "title"),
    ("categories", "category"), ("category", "category"), ("pricetax", "price"),
    ("price", "price"), ("quantity", "available"), ("description", "description"),
    ("summary", "summary"), ("tags", "tags"), ("imageurls", "image_path"),
    ("image", "image_path"), ("manufacturer", "brand"), ("brand", "brand"), ("feature", "feature"),
)  # fmt: skip


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each row with the usual names; products that are switched off are hidden."""
    for record in records:
        yield record if record.fault else replace(record, fields=_product(record.fields))


def _product(raw: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, value in raw.items():
        plain = plain_name(column)
        name = next((name for start, name in _STARTS if plain.startswith(start)), None)
        if name is not None and value not in (None, ""):
            fields.setdefault(name, value)
    fields["description"] = fields.get("description") or fields.pop("summary", None)
    category = str(fields.get("category") or "").split(",")[0].strip()
    tags = [part.strip() for part in str(fields.get("tags") or "").split(",") if part.strip()]
    hidden = is_no(fields.pop("active", "1"))
    fields |= _features(fields.pop("feature", None))
    return fields | {"category": category or None, "tags": tags or None, HIDDEN: hidden}


def _features(value: Any) -> dict[str, str]:
    """`Material:Cotton:1, Style:Casual:2` as attributes."""
    pairs = [part.split(":") for part in str(value or "").split(",")]
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) > 1 and pair[0].strip()}


PRESTASHOP = System(
    "PrestaShop export",
    lambda names: (
        "active01" in names
        or ("productid" in names and any(name.startswith("pricetax") for name in names))
    ),
    products,
)
