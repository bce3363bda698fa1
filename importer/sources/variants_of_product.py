"""Rows of one product's variants, folded into the items that a shopper chooses between.

Sizes and stock are collected; colours become items of one group if they have pictures of their
own; the price is the lowest that can be bought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from importer.column_mapping import COLOUR_NAMES
from importer.reading.records import Record
from importer.sources.system import (
    ODD,
    ODD_VALUES,
    Fields,
    is_no,
    plain_fields,
    plain_name,
    read_one,
)
from importer.values.availability import read_available
from importer.values.kinds import BadValue
from importer.values.prices import DecimalMark, read_price

_COLOURS = frozenset([*COLOUR_NAMES, "colorway", "shade"])
_MARK = DecimalMark()


@dataclass(frozen=True)
class Variant:
    """One variant: its options by name, its price as written, stock and picture."""

    options: Mapping[str, str]
    price: Any = None
    available: Any = None
    image: Any = None


@dataclass(frozen=True)
class Product:
    """A product and its variants, as a system tells them."""

    fields: Mapping[str, Any]
    variants: Sequence[Variant] = field(default_factory=tuple)


def items_of(product: Product) -> Iterator[dict[str, Any]]:
    """The items of a product: one, or one for each colour that has a picture of its own."""
    variants = product.variants
    if not variants:
        yield dict(product.fields)
        return
    colour = next((name for one in variants for name in one.options if is_colour(name)), None)
    by_colour: dict[str, list[Variant]] = {}
    for one in variants:
        by_colour.setdefault(one.options.get(colour or "", ""), []).append(one)
    own = {value: _first_picture(members) for value, members in by_colour.items()}
    pictures = {repr(one) for one in own.values() if one is not None}
    splits = colour is not None and len(by_colour) > 1 and len(pictures) == len(own)
    group = product.fields.get("group_id") or product.fields.get("id")
    if not splits:
        grouped = {"group_id": group} if len(variants) > 1 else {}
        yield {**product.fields, **grouped, **_merged(variants)}
        return
    for value, members in by_colour.items():
        yield {
            **product.fields,
            **_merged(members),
            "id": f"{product.fields.get('id')}-{value}" if value else product.fields.get("id"),
            "group_id": group,
            "image_path": own[value],
        }


def items_of_each(
    records: Iterable[Record], product: Callable[[Fields], Product]
) -> Iterator[Record]:
    """The items of each row's product; a row that cannot be read stays as it is."""
    for record in records:
        if record.fault:
            yield record
        else:
            yield from records_of(record, product, record.fields)


def records_of(record: Record, product: Callable[..., Product], *said: Any) -> Iterator[Record]:
    """The items of the product that `product` makes of what is `said`, in the place of `record`; a
    record with a fault if it holds values that its system never writes there."""
    try:
        items = list(items_of(product(*said)))
    except ODD:
        yield replace(record, fault=ODD_VALUES)
        return
    for fields in items:
        yield replace(record, fields=fields)


@dataclass(frozen=True)
class RowsBelow:
    """How a table says which of its rows are variants of another; names are in plain form.

    `above` gives the key of the row that a row is a variant of, empty if it is none. `product` and
    `variant` read a row, the one beside it as it is written, the other beside its product's.
    """

    key: str
    active: str
    above: Callable[[Fields], str]
    product: Callable[[Fields, Fields], dict[str, Any]]
    variant: Callable[[Fields, Fields], Variant]

    def products(self, records: Iterable[Record]) -> Iterator[Record]:
        """The items of the rows; a variant without its product's row is a product of its own."""
        parents: dict[str, Record] = {}
        children: dict[str, list[Record]] = {}
        for record in records:
            fields = plain_fields(record.fields)
            if record.fault:
                yield record
            elif above := self.above(fields):
                children.setdefault(above, []).append(record)
            else:
                parents[str(fields.get(self.key) or record.line)] = record
        for key, record in parents.items():
            below = [plain_fields(one.fields) for one in children.pop(key, ())]
            yield from records_of(record, self._whole, record.fields, below)
        for record in (one for rows in children.values() for one in rows):
            yield read_one(record, self.product, plain_fields(record.fields), record.fields)

    def _whole(self, row: Fields, below: Sequence[Fields]) -> Product:
        own = plain_fields(row)
        shown = [self.variant(one, own) for one in below if not is_no(one.get(self.active))]
        return Product(self.product(own, row), shown)


def _first_picture(members: Sequence[Variant]) -> Any:
    return next((one.image for one in members if one.image), None)


def is_colour(name: str) -> bool:
    """True if an option of this name chooses a colour."""
    return plain_name(name) in _COLOURS


def _merged(variants: Sequence[Variant]) -> dict[str, Any]:
    """What the variants say together: options as lists, the lowest price, whether any is there."""
    merged: dict[str, Any] = {}
    for one in variants:
        for name, value in one.options.items():
            if value and value not in merged.setdefault(name, []):
                merged[name].append(value)
    fields: dict[str, Any] = {
        name: values[0] if len(values) == 1 else values for name, values in merged.items()
    }
    stock = [state_of(one.available) for one in variants]
    if any(state is not None for state in stock):
        fields["available"] = any(stock)
    buyable = [one for one, state in zip(variants, stock, strict=True) if state is not False]
    priced = [one.price for one in (buyable or variants) if amount_of(one.price) is not None]
    if priced:
        fields["price"] = min(priced, key=lambda price: amount_of(price) or 0)
    return fields


def state_of(value: Any) -> bool | None:
    """True if a value says that something can be bought, None if it says nothing."""
    try:
        return read_available(value)
    except BadValue:
        return None


def first_price(*prices: Any) -> Any:
    """The first of a product's prices that is above zero, else the first: systems write 0 as the
    sale price of what has none, and as the price of a variant that has its product's."""
    given = [one for one in prices if one not in (None, "", [])]
    return next((one for one in given if amount_of(one)), next(iter(given), None))


def amount_of(value: Any) -> float | None:
    """The amount of a price as written, to compare it with others; None if it is none."""
    try:
        price = read_price(value, _MARK)
    except BadValue:
        return None
    return None if price is None else price.amount
