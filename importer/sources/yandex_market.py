"""Yandex Market's YML: offers, and above them the categories of the shop by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from importer.reading.records import Record
from importer.sources.system import HIDDEN, System, pick, read_one

# What says how an offer is delivered and paid, and what is said of it otherwise.
_LEFT_OUT = frozenset(
    """@id @available @type @bid @cbid @fee @group_id @parentid url name model typeprefix vendor
    price oldprice currencyid categoryid picture description available delivery pickup store
    sales_notes manufacturer_warranty barcode vendorcode adult downloadable min-quantity
    step-quantity rec cpa market_category purchase_price enable_auto_discounts #text""".split()  # noqa: SIM905 - a line a word
)
_NO_OPTIONS = (
    "delivery-options",
    "pickup-options",
    "price@",
    "age",
    "promos",
    "gifts",
    "condition",
)
_CURRENCIES = {"RUR": "RUB"}


def products(records: Iterable[Record]) -> Iterator[Record]:
    """The offers, each with the name of its category."""
    categories: dict[str, str] = {}
    for record in records:
        if record.fault:
            yield record
        elif "categoryid" not in record.fields and "#text" in record.fields:
            categories[str(record.fields.get("@id"))] = str(record.fields["#text"])
        else:
            yield read_one(record, _product, record.fields, categories)


def _product(raw: Mapping[str, Any], categories: Mapping[str, str]) -> dict[str, Any]:
    named = (
        (name, value)
        for name, value in raw.items()
        if name not in _LEFT_OUT and not name.startswith(_NO_OPTIONS)
    )
    currency = str(raw.get("currencyid") or "")
    parts = [str(raw[one]) for one in ("typeprefix", "vendor", "model") if raw.get(one)]
    numbers = raw.get("categoryid")
    number = next(iter(numbers), None) if isinstance(numbers, list) else numbers
    return {
        **dict(named),
        "id": raw.get("@id"),
        "title": pick(raw, "name") or " ".join(parts) or None,
        "description": raw.get("description"),
        "link": raw.get("url"),
        "brand": raw.get("vendor"),
        "category": categories.get(str(number)),
        "price": {"value": raw.get("price"), "currency": _CURRENCIES.get(currency, currency)},
        "available": _available(pick(raw, "@available", "available")),
        "image_path": raw.get("picture"),
        "group_id": raw.get("@group_id"),
        HIDDEN: False,
    }


def _available(value: Any) -> Any:
    """What is not there can be ordered if the attribute is left empty, which `pick` reads as
    missing; an offer says `false` if it cannot."""
    return True if value is None else value


YANDEX_MARKET = System(
    "Yandex Market YML",
    lambda names: (
        {"id", "categoryid", "currencyid", "price"} <= names
        and bool({"url", "picture", "name", "model"} & names)
    ),
    products,
    folds=True,
)
