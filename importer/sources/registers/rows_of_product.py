"""Rows that share a product, wherever they stand in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.variants_of_product import Product, records_of


def products_of(
    records: Iterable[Record],
    key: Callable[[Mapping[str, Any]], str],
    product: Callable[[list[Record]], Product],
) -> Iterator[Record]:
    """The items of an export, in the order of their first rows; rows of one `key` are one product,
    and a row with an empty key is a product of its own."""
    groups: dict[object, list[Record]] = {}
    for place, record in enumerate(records):
        name = "" if record.fault else key(record.fields)
        groups.setdefault(name or place, []).append(record)
    for rows in groups.values():
        if rows[0].fault:
            yield rows[0]
            continue
        yield from records_of(rows[0], product, rows)
