"""Values of commercetools: money in cents, texts in several languages, attributes of all types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from importer.sources.system import Fields, pick
from importer.values.one_currency import Money
from importer.values.prices import of_smallest_unit

_DIGITS = frozenset("01234")  # that a currency has behind the point
_LOCALE = re.compile(r"(?P<name>.+)\.(?P<locale>[a-z]{2}(-[A-Z]{2})?)")
# `FR-EUR 2999|2499 b2c#channel$2026-01-01~2026-02-01`: country, currency, cents, discounted cents.
_PRICE = re.compile(r"(?:[A-Z]{2}-)?(?P<currency>[A-Z]{3}) (?P<cents>\d+)(?:\|(?P<less>\d+))?.*")


def in_one_language(raw: Fields) -> dict[str, Any]:
    """The fields that have a value, without the language in their names: English if it is there,
    else the first."""
    fields: dict[str, Any] = {}
    english: set[str] = set()
    for column, value in raw.items():
        if value in (None, "", []):
            continue
        found = _LOCALE.fullmatch(column)
        name, locale = (found["name"], found["locale"]) if found else (column, "")
        is_english = locale.startswith("en")
        if name not in fields or (is_english and name not in english):
            fields[name] = value
        if is_english:
            english.add(name)
    return fields


def plain_value(value: Any) -> Any:
    """A value as text, number or list: of `{"key", "label"}` the label, of languages one."""
    if isinstance(value, list):
        return [one for one in map(plain_value, value) if one not in (None, "")]
    if not isinstance(value, Mapping):
        return value
    if "label" in value:
        return plain_value(value["label"])
    if "centAmount" in value or "typeId" in value or "name" in value:
        return None  # money, a reference, a nested product
    return next((text for name, text in value.items() if name.startswith("en")), None) or next(
        iter(value.values()), None
    )


def money_of(price: Any) -> Money | None:
    """The money of a price in JSON, discounted if it is; None if it is no price."""
    if not isinstance(price, Mapping):
        return None
    less = price.get("discounted")
    value = (less.get("value") if isinstance(less, Mapping) else None) or price.get("value")
    if not isinstance(value, Mapping) or value.get("centAmount") is None:
        return None
    currency = str(value.get("currencyCode") or "")
    text = of_smallest_unit(value["centAmount"], currency, value.get("fractionDigits"))
    return Money(text, currency)


def moneys_in(row: Fields) -> list[Money]:
    """The prices in a row of an export: one in columns of its own, or several in one column."""
    cents = pick(row, "prices.value.centAmount", "price.value.centAmount")
    if cents is not None:
        currency = str(pick(row, "prices.value.currencyCode", "price.value.currencyCode") or "")
        digits = str(row.get("prices.value.fractionDigits") or "")
        text = of_smallest_unit(cents, currency, int(digits) if digits in _DIGITS else None)
        return [Money(text, currency)]
    found = map(_PRICE.fullmatch, map(str.strip, str(row.get("prices") or "").split(";")))
    return [
        Money(of_smallest_unit(one["less"] or one["cents"], one["currency"]), one["currency"])
        for one in found
        if one
    ]
