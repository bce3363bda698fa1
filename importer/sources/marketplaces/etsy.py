"""Etsy: the CSV of a shop's listings that its owner downloads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from importer.reading.records import Record
from importer.sources.system import Fields, System, one_by_one, plain_fields
from twinset.text.text_folding import plain

_VARIATIONS = (1, 2)
_PICTURES = range(1, 21)
_ID_LENGTH = 80
_HASH_LENGTH = 8


def products(records: Iterable[Record]) -> Iterator[Record]:
    """Each listing; its variations are lists."""
    return one_by_one(records, lambda fields: _product(plain_fields(fields)))


def _product(raw: Fields) -> dict[str, Any]:
    images = [raw.get(f"image{number}") for number in _PICTURES]
    fields = {
        **{str(raw[f"variation{n}name"]): _parts(raw.get(f"variation{n}values"))
           for n in _VARIATIONS if raw.get(f"variation{n}name")},
        "id": next(iter(_parts(raw.get("sku"))), None) or _id_of(str(raw.get("title") or "")),
        "title": raw.get("title"),
        "description": raw.get("description"),
        "price": f"{raw.get('price') or ''} {raw.get('currencycode') or ''}".strip(),
        "available": raw.get("quantity"),
        "tags": _words(raw.get("tags")),
        "materials": _words(raw.get("materials")),
        "image_path": [one for one in images if one],
    }  # fmt: skip
    return {name: value for name, value in fields.items() if value}


def _parts(value: Any) -> list[str]:
    return [part.strip() for part in str(value or "").split(",") if part.strip()]


def _words(value: Any) -> list[str]:
    """Tags or materials, between whose words the file has `_`."""
    return [part.replace("_", " ") for part in _parts(value)]


def _id_of(title: str) -> str | None:
    """An id from the title: listings without a stock keeping unit have none in this file.

    Of titles that are cut, which often begin alike, a hash of the whole tells them apart.
    """
    words = re.sub(r"\W+", "-", plain(title)).strip("-")
    if len(words) <= _ID_LENGTH:
        return words or None
    return f"{words[:_ID_LENGTH]}-{sha256(words.encode()).hexdigest()[:_HASH_LENGTH]}"


ETSY = System(
    "Etsy listings",
    lambda names: {"title", "currencycode", "quantity", "image1", "materials"} <= names,
    products,
)
