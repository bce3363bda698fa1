"""Single values: cleaned, typed over a whole column, converted."""

from __future__ import annotations

import datetime
import math
import re
from decimal import Decimal
from enum import Enum
from typing import Any

import pyarrow as pa

_YES = ("true", "yes", "y", "ja", "oui", "sí", "si", "tak", "kyllä", "да", "はい")
_NO = (
    "false", "no", "n", "nein", "non", "nie", "nee", "nej", "não", "nao", "ei", "нет", "いいえ",
)  # fmt: skip
_TRUTHS = dict.fromkeys(_YES, True) | dict.fromkeys(_NO, False)
# A leading zero or more digits than a number keeps means a code, not a quantity.
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]+")
_COMMA = re.compile(r"-?(0|[1-9][0-9]{0,14}),[0-9]{1,6}")
# What systems call the two parts of a price.
AMOUNTS = ("value", "amount", "price", "gross")
_CURRENCIES = frozenset({"currency", "currency_code", "currencyCode"})
_GROUP = 3  # digits between two marks of thousands
_INT64 = range(-(2**63), 2**63)


class RowRejected(Exception):
    """A row that stays out of the catalogue; `str` is the reason, without the row's values."""


class BadValue(Exception):
    """An optional value that is left out of its product; `str` is the reason."""


class Kind(Enum):
    """What a column's values have in common; its value is the attribute's Arrow type."""

    EMPTY = "empty"
    BOOL = "bool"
    WHOLE = "whole"
    DECIMAL = "decimal"
    COMMA = "decimal, written with a comma"
    DATE = "date"
    TEXT = "text"
    LIST = "list"

    @property
    def arrow_type(self) -> pa.DataType:
        types = {Kind.BOOL: pa.bool_(), Kind.WHOLE: pa.int64(), Kind.DECIMAL: pa.float64()}
        types[Kind.COMMA] = pa.float64()
        types[Kind.LIST] = pa.list_(pa.string())
        return types.get(self, pa.string())

    def join(self, other: Kind) -> Kind:
        """The narrowest kind that holds values of both."""
        if self is other or other is Kind.EMPTY:
            return self
        if self is Kind.EMPTY:
            return other
        if {self, other} == {Kind.WHOLE, Kind.COMMA}:
            return Kind.COMMA
        return Kind.DECIMAL if {self, other} == {Kind.WHOLE, Kind.DECIMAL} else Kind.TEXT


# What exports write for a value that is not there; `none` and `na` may be one.
_BLANK = frozenset(
    ["n/a", "#n/a", "null", "(null)", "nan", "undefined", "-", "--", "\u2013", "\u2014", "\\n"]
)


def is_blank(text: str) -> bool:
    """True for text that says nothing: spaces, `N/A`, `null`, a dash."""
    text = text.strip()
    return not text or (len(text) < 10 and text.casefold() in _BLANK)


def clean(value: Any) -> str | bool | int | float | None:
    """A source's value as a plain one; blank text (`is_blank`) and NaN are None, a list is joined
    by commas, of an amount with its currency the amount is kept.

    Raises:
        BadValue: if it is not valid Unicode or has no plain form.
    """
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= c <= "\udfff" for c in value):
            raise BadValue("text is not valid UTF-8")
        return None if is_blank(value) else value.strip()
    if isinstance(value, (float, Decimal)):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, list) and not any(isinstance(part, list) for part in value):
        return ", ".join(text_of(part) for part in map(clean, value) if part is not None) or None
    if isinstance(value, dict) and _CURRENCIES & set(value):
        return clean(next((value[name] for name in AMOUNTS if name in value), None))
    raise BadValue("an attribute holds binary or nested data")


def kind_of(value: str | bool | int | float | None, parse_text: bool) -> Kind:
    """The kind of one cleaned value; with `parse_text` text is judged by what it spells."""
    if value is None:
        return Kind.EMPTY
    if isinstance(value, bool):
        return Kind.BOOL
    if isinstance(value, int):
        return Kind.WHOLE if value in _INT64 else Kind.TEXT
    if isinstance(value, float):
        return Kind.DECIMAL
    return _kind_of_text(value) if parse_text else Kind.TEXT


def _kind_of_text(value: str) -> Kind:
    if value.lower() in _TRUTHS:
        return Kind.BOOL
    if _WHOLE.fullmatch(value):
        return Kind.WHOLE
    if _COMMA.fullmatch(value):
        return Kind.COMMA
    return Kind.DECIMAL if _DECIMAL.fullmatch(value) else Kind.TEXT


class CommaColumn:
    """Decides over a column of `Kind.COMMA` whether its commas come before decimals.

    `12,15` may be two numbers, and `1,299` a thousand. A number below one, such as `0,2`, says that
    they are decimals, as do prices of the same feed, for numbers without three digits behind it.
    """

    def __init__(self) -> None:
        self._below_one = self._unclear = False

    def add(self, value: str) -> None:
        """Take one value of the column into account."""
        whole, _, decimals = value.lstrip("-").partition(",")
        self._below_one |= whole == "0"
        self._unclear |= len(decimals) == _GROUP and whole != "0"

    def is_decimal(self, prices_have_commas: bool) -> bool:
        """True if the column holds numbers."""
        return self._below_one or (prices_have_commas and not self._unclear)


def convert(value: str | bool | int | float | None, kind: Kind) -> str | bool | int | float | None:
    """A cleaned value as its column's kind, which must hold it."""
    if value is None:
        return None
    if kind is Kind.BOOL:
        return _TRUTHS[value.lower()] if isinstance(value, str) else bool(value)
    if kind is Kind.WHOLE:
        return int(value)
    if kind is Kind.COMMA and isinstance(value, str):
        return float(value.replace(",", "."))
    if kind in (Kind.DECIMAL, Kind.COMMA):
        return float(value)
    return text_of(value)


def text_of(value: str | bool | int | float) -> str:
    """Text of a cleaned value; a whole decimal loses its `.0`, which only a null had brought in."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
