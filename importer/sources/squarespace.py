"""Squarespace: the CSV export of products, with a row for each variant below its product."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, is_no, leaf, pick, plain_fields, plain_name
from importer.sources.variants_of_product import Product, Variant, records_of

_ID = "productidnoneditable"
_OPTIONS = range(1, 7)
_KNOWN = frozenset(
    """productidnoneditable variantidnoneditable producttypenoneditable productpage producturl title
    description sku price saleprice onsale stock categories tags weight length width height visible
    hostedimageurls""".split()  # noqa: SIM905 - a line a word
)


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The products of an export; the rows without a product's id are its further variants."""
    first: Record | None = None
    rows: list[dict[str, Any]] = []
    for record in records:
        fields = plain_fields(record.fields)
        if not record.fault and first is not None and not fields.get(_ID):
            rows.append(fields)
            continue
        yield from _items(first, rows)
        first, rows = (None, []) if record.fault else (record, [fields])
        if record.fault:
            yield record
    yield from _items(first, rows)


def _items(first: Record | None, rows: list[dict[str, Any]]) -> Iterator[Record]:
    if first is None:
        return
    yield from records_of(first, _whole, rows, first.fields)


def _whole(rows: list[dict[str, Any]], whole: Mapping[str, Any]) -> Product:
    raw = rows[0]
    names = {n: str(raw[f"optionname{n}"]) for n in _OPTIONS if raw.get(f"optionname{n}")}
    variants = [_variant(row, names) for row in rows] if names else []
    return Product(_product(raw, whole), variants)


def _product(raw: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    own = {
        name: value
        for name, value in whole.items()
        if plain_name(name) not in _KNOWN and not plain_name(name).startswith("option")
    }
    tags = [part.strip() for part in str(raw.get("tags") or "").split(",") if part.strip()]
    return {
        **own,
        "id": raw.get(_ID),
        "title": raw.get("title"),
        "description": raw.get("description"),
        "sku": raw.get("sku"),
        "category": leaf(str(raw.get("categories") or "").split(",")[0].strip(" /")),
        "tags": tags or None,
        "price": _price(raw),
        "available": _available(raw),
        # Addresses hold no spaces; a row has as many as the product has pictures.
        "image_path": str(raw.get("hostedimageurls") or "").split() or None,
        HIDDEN: is_no(raw.get("visible")),
    }


def _variant(raw: Mapping[str, Any], names: Mapping[int, str]) -> Variant:
    options = {name: str(pick(raw, f"optionvalue{n}") or "") for n, name in names.items()}
    return Variant(options, _price(raw), _available(raw))


def _price(raw: Mapping[str, Any]) -> Any:
    is_on_sale = raw.get("onsale") and not is_no(raw["onsale"])
    return pick(raw, "saleprice", "price") if is_on_sale else raw.get("price")


def _available(raw: Mapping[str, Any]) -> Any:
    stock = raw.get("stock")
    return True if str(stock or "").strip().casefold() == "unlimited" else stock


SQUARESPACE = System(
    "Squarespace export",
    lambda names: {_ID, "title", "hostedimageurls"} <= names,
    products,
)
