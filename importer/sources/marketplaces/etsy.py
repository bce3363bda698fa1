"""Etsy: the CSV of a shop's listings that its owner downloads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from importer.reading.records import Record
from importer.sources.system import Fields, System, one_by_one, plain_fields
from twinset.text.text_folding import plain

_VARIATIONS = (1, 2)
_PICTURES = range(1, 21)
_ID_LENGTH = 80


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each listing; its variations are lists."""
    return one_by_one(records, lambda fields: _product(plain_fields(fields)))


def _product(raw: Fields) -> dict[str, Any]:
    images = [raw.get(f"image{number}") for number in _PICTURES]
    fields = {
        **{str(raw[f"variation{n}name"]): _listed(raw.get(f"variation{n}values"))
           for n in _VARIATIONS if raw.get(f"variation{n}name")},
        "id": next(iter(_listed(raw.get("sku"))), None) or _id_of(str(raw.get("title") or "")),
        "title": raw.get("title"),
        "description": raw.get("description"),
        "price": f"{raw.get('price') or ''} {raw.get('currencycode') or ''}".strip(),
        "available": raw.get("quantity"),
        "tags": _listed(raw.get("tags")),
        "materials": _listed(raw.get("materials")),
        "image_path": [one for one in images if one],
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value}


def _listed(value: Any) -> list[str]:
    parts = str(value or "").split(",")
    return [part.strip().replace("_", " ") for part in parts if part.strip()]


def _id_of(title: str) -> str | None:
    """An id from the title: listings without a stock keeping unit have none in this file."""
    return re.sub(r"\W+", "-", plain(title)).strip("-")[:_ID_LENGTH] or None


ETSY = System(
    "Etsy listings",
    lambda names: {"title", "currencycode", "quantity", "image1", "materials"} <= names,
    products,
)
