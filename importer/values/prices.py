"""Prices as shops write them, read with the decimal mark that the whole column uses.

`1.299` is a thousand in a column that also holds `29,90`, and one and a bit in a column that also
holds `29.90`, so the mark is decided over the column and not value by value.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from importer.values.dollars import DOLLARS, USUAL, is_bare, named_dollar
from importer.values.kinds import AMOUNTS, BadValue, is_blank

# The first that a price holds counts; of dollars those with a country beside them come first.
_SIGNS = {
    "$": USUAL, "€": "EUR", "£": "GBP", "¥": "JPY",
    "円": "JPY", "₹": "INR", "Rs": "INR", "₽": "RUB", "₺": "TRY", "zł": "PLN", "Kč": "CZK",
    "Ft": "HUF", "lei": "RON", "₩": "KRW", "원": "KRW", "₫": "VND", "₴": "UAH", "₪": "ILS",
    "฿": "THB", "₱": "PHP", "Rp": "IDR", "元": "CNY",
    " TL": "TRY", "\\": "JPY",  # what Shift JIS has in the place of a backslash
    "ر.س": "SAR", "ر.ق": "QAR", "د.إ": "AED", "د.ك": "KWD", "ج.م": "EGP", "جنيه": "EGP",
    "грн": "UAH", "￦": "KRW", "\u0440\u0443\u0431": "RUB",
}  # fmt: skip
# Currencies whose prices have no decimals in shops: 12,800 yen is no twelve.
_WHOLE = frozenset(["JPY", "KRW", "VND", "IDR", "CLP", "HUF", "ISK", "PYG", "COP", "TWD"])
_NO_CENTS = frozenset(["JPY", "KRW", "VND", "CLP", "ISK", "PYG", "UGX", "XAF", "XOF", "XPF"])
_CODE = re.compile(r"\b([A-Z]{3})\b")
_NUMBER = re.compile(r"-?\d[\d.,'\u2019\u00a0\u202f ]*\d|-?\d")
# The decimal and the thousands mark that go with Arabic digits, which Python reads as they are.
_ARABIC_MARKS = str.maketrans("\u066b\u066c", ".,")
_SPACES = re.compile(r"['\u2019\u00a0\u202f ]")
# Words that stand for a price and are none: no fault, no price.
_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_GROUPS = re.compile(r"(?<=\d)[,' ](?=\d{3}\b)")
_MOST_DIGITS = 18
_NO_PRICE = "no price"


@dataclass(frozen=True)
class Price:
    """An amount, and its currency as three letters if the value names one."""

    amount: float
    currency: str | None = None


class DecimalMark:
    """Decides over a column whether commas or points come before the decimals.

    Example:
        >>> mark = DecimalMark()
        >>> for text in ("1.299", "29,90"): mark.add(text)
        >>> mark.comma
        True
    """

    def __init__(self, given: str | None = None) -> None:
        self._given = given
        self.dollar = USUAL  # what `$` alone means in this column
        self._commas = self._points = 0
        self.unclear = 0

    def add(self, value: Any) -> None:
        """Take one value of the column into account."""
        found = _NUMBER.search(value.translate(_ARABIC_MARKS)) if isinstance(value, str) else None
        if found is None:
            return
        last = max(found[0].rfind("."), found[0].rfind(","))
        if last < 0:
            return
        mark, decimals = found[0][last], len(found[0]) - last - 1
        both = "." in found[0] and "," in found[0]
        if decimals == 3 and not both and _currency_of(value) in _WHOLE:
            return
        if found[0].count(mark) > 1 and not both:
            mark, decimals = ("," if mark == "." else "."), 2  # it groups thousands
        elif decimals == 3 and not both:
            self.unclear += 1
            return
        if mark == ",":
            self._commas += 1
        else:
            self._points += 1

    @property
    def comma(self) -> bool:
        """True if commas come before the decimals."""
        return self._given == "," if self._given else self._commas > self._points

    @property
    def is_mixed(self) -> bool:
        """True if the column writes both, so that each value has to speak for itself."""
        return not self._given and bool(self._commas and self._points)

    @property
    def is_ambiguous(self) -> bool:
        """True if values such as `1.299` could be read either way, and no other value helps."""
        return not self._given and bool(self.unclear) and not (self._commas or self._points)


def read_price(value: Any, mark: DecimalMark) -> Price | None:
    """The price that a value spells; None if it is blank.

    Raises:
        BadValue: if it is no number, or below zero.
    """
    if isinstance(value, list):  # a column that comes twice: the first price counts
        value = next((one for one in value if one not in (None, "")), None)
    if isinstance(value, dict):  # {"value": 89.5, "currency": "EUR"}
        inner = next((value[k] for k in AMOUNTS if k in value), None)
        names = ("currency", "currency_code", "currencyCode")
        currency = next((value[k] for k in names if isinstance(value.get(k), str)), None)
        if str(value.get("amountMicros") or "").isdecimal():  # Google's Merchant API
            inner = float(value["amountMicros"]) / 1_000_000
        found = read_price(inner, mark)
        return None if found is None else Price(found.amount, currency or found.currency)
    if value is None or (isinstance(value, str) and is_blank(value)):
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise BadValue("price is not a number")
    if not isinstance(value, str):
        return Price(_checked(value))
    text = value.strip().translate(_ARABIC_MARKS)
    if _PLAIN.fullmatch(text) and not (mark.comma and "." in text):
        return Price(_checked(text))
    found_number = _NUMBER.search(text)
    if found_number is None:
        raise BadValue("price is not a number")
    currency = mark.dollar if is_bare(text) else _currency_of(text)
    number = _SPACES.sub("", found_number[0])
    if currency in _WHOLE and re.fullmatch(r"-?\d{1,3}([.,]\d{3})+", number):
        return Price(_checked(re.sub("[.,]", "", number)), currency)
    return Price(_checked(_plain_number(number, mark)), currency)


def _plain_number(number: str, mark: DecimalMark) -> str:
    """The number with a point before its decimals and nothing between its thousands."""
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return number
    decimals = len(number) - last - 1
    both = "." in number and "," in number
    if both or (decimals != 3 and number.count(number[last]) == 1):
        decimal = number[last]
    elif number.count(number[last]) > 1:
        decimal = ""
    else:  # three digits behind a single mark: the column decides, a comma alone groups
        decimal = "," if mark.comma and not mark.is_mixed else "."
        if number[last] == "," and (mark.is_mixed or not mark.comma):
            decimal = ""
    kept = [c for place, c in enumerate(number) if c.isdigit() or c == "-" or place == last]
    plain = "".join("." if c in ".," else c for c in kept)
    return plain if decimal == number[last] else plain.replace(".", "")


def _currency_of(text: str) -> str | None:
    code = _CODE.search(text)
    if code is not None:
        return code[1]
    return named_dollar(text) or next((n for sign, n in _SIGNS.items() if sign in text), None)


_KNOWN = frozenset(_SIGNS.values()) | {
    "CHF", "SEK", "NOK", "DKK", "AED", "SAR", "ZAR", "BGN", "EGP", *DOLLARS,
}  # fmt: skip


def currency_in_name(column: str) -> str | None:
    """The currency that the name of a price column says, as in `Price (EUR)` or `Preis in €`."""
    for word in re.findall(r"[A-Za-z]{3,}", column):
        if word.upper() in _KNOWN:
            return str(word.upper())
    signs = (name for sign, name in _SIGNS.items() if not sign.isalpha() and sign in column)
    return named_dollar(column) or next(signs, None)


def _checked(value: str | int | float | Decimal) -> float:
    try:
        price = float(value)
    except (OverflowError, ValueError):
        price = math.inf
    if not math.isfinite(price):
        raise BadValue("price is not a number")
    if price < 0:
        raise BadValue("price is negative")
    return price


def of_smallest_unit(amount: Any, currency: str, digits: Any = None) -> str:
    """A price that a system counts in cents, as text: `2999` of `EUR` is `29.99 EUR`.

    `digits` are those that the currency has behind the point; by default two, and none of yen. Of
    an amount that is no number nothing is left that `read_price` would take for a price.
    """
    places = (0 if currency in _NO_CENTS else 2) if digits is None else digits
    try:
        number = Decimal(_GROUPS.sub("", str(amount)))
        is_price = number.is_finite() and abs(number.adjusted()) < _MOST_DIGITS
        return f"{number.scaleb(-places):f} {currency}".strip() if is_price else _NO_PRICE
    except (ArithmeticError, TypeError, ValueError):
        return _NO_PRICE
