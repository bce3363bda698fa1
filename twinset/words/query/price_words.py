"""Prices in words: "under 50", "50-80 euro", "between 50 and 80", "at least $100".

A number alone is no price, nor is one that says a size, a count, a length or a year. So a price
needs a word of comparison, or a currency beside a range.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twinset.filters import quote_name
from twinset.text.text_folding import plain

_SIGN = r"(?:[$€£¥₹]|us\$|rs\.?|inr|usd|eur|gbp|chf)"
_UNIT = (
    r"(?:[$€£¥₹]|(?:us )?dollars?|euros?|eur|usd|gbp|inr|chf|pounds?|quid|bucks?|rupees?|rs\.?"
    r"|francs?|kr|zł|pln|zlot(?:y|ys|ych)|pesos?|r(?:o?u)bles?|rub|reais|reals?|brl|yuan|cny|rmb"
    r"|yen|jpy)(?![^\W\d_])"
)
_NUMBER = (
    r"(?:\d{1,3}(?:[.,' ]\d{3})+(?!\d)(?:[.,]\d{1,2})?|\d{1,7}(?:[.,]\d{1,2})?(?:k\b)?)"
    r"(?![\d.,]*\d)"
)
# A number that goes on as something else: "5 cm", "3 pack", "80%", "18 years", "40s".
_NOT_MONEY = (
    r"(?!\s?(?:-?(?:cm|mm|m|km|in(?=\s*$)|inch(?:es)?|ft|feet|%|percent|ml|cl|l|kg|g|oz|lbs?|gb|tb|w|v|mah"
    r"|den|denier|years?|yrs?|months?|days?|weeks?|hours?|packs?|pieces?|pcs|pairs?|items?|colou?rs?"
    r"|x|xl|s|st|nd|rd|th|lit(?:re|er)s?|ltrs?|grams?|grammes?|gsm|g/m|kilos?|met(?:re|er)s?|miles?"
    r"|min(?:s|utes?)|sec(?:s|onds?)?|atm|bar|dpi|watts?|volts?|degrees?|carats?|karats?|ct|kt"
    r"|thread|people|persons?|players?|seats?)(?![^\W\d_])|[\"\u2033°'\u2019]))"
)


def _money(name: str) -> str:
    before, after = rf"(?P<{name}_sign>{_SIGN}\s?)?", rf"(?P<{name}_unit>\s?{_UNIT})"
    return rf"{before}(?P<{name}>{_NUMBER}){_NOT_MONEY}(?:{after}|(?:-?ish)?(?![^\W\d_]))"


_LEAD = (
    r"(?:(?:(?:with\s+a\s+|at\s+a\s+|a\s+)?price[sd]?(?:\s+(?:at|of|is|range))?|cost(?:s|ing)?"
    r"|(?:that|which)\s+costs?|for|budget(?:\s+of)?)\s+)?"
)
_END = r"(?:\s+(?:in\s+price|each))?"
_BELOW = (
    r"(?:under|below|less\s+(?:expensive\s+)?th[ae]n|cheaper\s+than|lower\s+than|beneath"
    r"|unter|(?:weniger|billiger|günstiger)\s+als|<(?!=))"
)
_UP_TO = r"(?:up\s+to|at\s+most|max(?:imum|imal|\.)?(?:\s+of)?|within|bis(?:\s+zu)?|höchstens|<=|≤)"
_ABOVE = (
    r"(?:over|above|more\s+(?:expensive\s+)?th[ae]n|higher\s+than|pricier\s+than"
    r"|exceed(?:s|ing)?|über|(?:mehr|teurer)\s+als|>(?!=))"
)
_AT_LEAST = (
    r"(?:at\s+least|min(?:imum|imal|\.)?(?:\s+of)?|starting\s+(?:at|from)|upwards\s+of"
    r"|mindestens|>=|≥)"
)
_OR_LESS = r"\s*(?:(?:or|and)\s+(?:less|under|below|cheaper|lower)|max(?:imum)?|or\s+so\s+max)"
_OR_MORE = r"\s*(?:\+|(?:or|and)\s+(?:more|over|above|up|upwards|higher)|upwards)"
_NOT = (
    r"(?:not|no|nothing|none|never|without|(?:anything|all|everything)\s+but|nicht|nichts|kein(?:e[nrs]?)?"
    r"|(?:do|does|is|are|must|should|would|wo|ca)n['\u2019]?t)\s+"
)
# "I don't want to pay more than 50", "nothing that costs over 50".
_NEGATED = rf"(?P<no>{_NOT}(?:(?:want|to|pay|spend|be|any|anything|go)\s+){{0,4}}{_LEAD})?"
_OPPOSITE = {"<": ">=", ">": "<="}
_TO = r"(?:\s*[-\u2013\u2014]\s*|\s+(?:to|and|bis|until|till)\s+)"
_ROUND = 5
# Not "20 and under 50", which is two prices.
_START, _STOP = r"(?<![\w.,])", r"(?!\w)(?!\s*[$€£¥₹]?\d)"


@dataclass(frozen=True)
class PriceRange:
    """A price that a text asks for at the characters from `start` to `end`: signs and numbers.

    Example:
        >>> find_price("dress under 50").condition("price")
        'price < 50'
    """

    start: int
    end: int
    comparisons: tuple[tuple[str, float], ...]

    def condition(self, field: str) -> str:
        """The filter that asks for the price in a field."""
        name = quote_name(field)
        return " AND ".join(f"{name} {sign} {number:.10g}" for sign, number in self.comparisons)


Bounds = Sequence[tuple[str, float]]


@dataclass(frozen=True)
class _Form:
    pattern: re.Pattern[str]
    bounds: Callable[[re.Match[str]], Bounds | None]

    @classmethod
    def of(cls, pattern: str, bounds: Callable[[re.Match[str]], Bounds | None]) -> _Form:
        whole = rf"{_START}{_LEAD}{pattern}{_END}"
        return cls(re.compile(whole, re.IGNORECASE), bounds)


def _one(sign: str) -> Callable[[re.Match[str]], Bounds | None]:
    def bounds(found: re.Match[str]) -> Bounds:
        negated = found.groupdict().get("no")
        return [(_OPPOSITE[sign] if negated else sign, _number(found["a"]))]

    return bounds


def _two(found: re.Match[str]) -> Bounds | None:
    low, high = _number(found["a"]), _number(found["b"])
    years = 1900 <= low <= 2099 and 1900 <= high <= 2099
    if low > high or (years and not _has_currency(found)):
        return None
    return [(">=", low), ("<=", high)]


def _bare_range(found: re.Match[str]) -> Bounds | None:
    """Without a currency only round numbers are prices: "20-60", not "501-505" or "32-34", nor
    "5k-10k" or "jeans 30-40"."""
    bounds = _two(found)
    if bounds is None or _has_currency(found):
        return bounds
    (_, low), (_, high) = bounds
    is_round = low % _ROUND == 0 and high % _ROUND == 0 and "k" not in found.group().lower()
    if high <= _WIDEST and _TROUSERS_BEFORE.search(found.string[: found.start()]):
        return None
    return bounds if is_round and high - low >= 2 * _ROUND else None


def _from(found: re.Match[str]) -> Bounds | None:
    return [(">=", _number(found["a"]))] if _has_currency(found) else None


# The first that fits wins, so those that say more come first.
_FORMS = (
    _Form.of(rf"(?:between|from|zwischen|von)\s+{_money('a')}{_TO}{_money('b')}", _two),
    _Form.of(rf"{_money('a')}{_TO}{_money('b')}", _bare_range),
    _Form.of(rf"{_money('a')}{_OR_LESS}{_STOP}", _one("<=")),
    _Form.of(rf"{_money('a')}{_OR_MORE}{_STOP}", lambda found: _or_more(found)),
    _Form.of(rf"{_UP_TO}\s*{_money('a')}", _one("<=")),
    _Form.of(rf"{_AT_LEAST}\s*{_money('a')}", _one(">=")),
    _Form.of(rf"{_NEGATED}{_BELOW}\s*{_money('a')}", _one("<")),
    _Form.of(rf"{_NEGATED}{_ABOVE}\s*{_money('a')}", _one(">")),
    _Form.of(rf"(?:from|ab)\s+{_money('a')}", _from),
)
_MAY_NAME_ONE = re.compile(r"\d")
# "size under 40" and "uk 8 to 10" are sizes.
_SIZE_BEFORE = re.compile(
    r"(?:\b(?:sizes?|uk|eu|us|gr(?:öße|\.)|no\.|nr\.|age[ds]?|waist|inseam|length"
    r"|chest|bra|spf|lsf|fps)\s*|#)$",
    re.I,
)
_TROUSERS_BEFORE = re.compile(r"\b(?:jeans|trousers|pants|chinos)\s+$", re.I)
_WIDEST = 46  # inches of a waist
_NOT_BEFORE = re.compile(rf"{_START}{_NOT}$", re.I)


def _or_more(found: re.Match[str]) -> Bounds | None:
    plus = found.group().rstrip().endswith("+")
    return None if plus and not _has_currency(found) else [(">=", _number(found["a"]))]


def find_price(text: str) -> PriceRange | None:
    """The first price that a text asks for; None if it asks for none."""
    if not _MAY_NAME_ONE.search(text):
        return None
    readable = plain(text)
    if len(readable) != len(text):  # places would not be those of the text
        readable = text
    for form in _FORMS:
        for found in form.pattern.finditer(readable):
            if _SIZE_BEFORE.search(readable[: found.start()]):
                continue
            if not found.groupdict().get("no") and _NOT_BEFORE.search(readable[: found.start()]):
                start, end = found.span()
                readable = readable[:start] + "\u00b7" * (end - start) + readable[end:]
                continue
            bounds = form.bounds(found)
            if bounds is not None and all(number > 0 for _, number in bounds):
                return PriceRange(found.start(), found.end(), tuple(bounds))
    return None


def _has_currency(found: re.Match[str]) -> bool:
    return any(
        value for name, value in found.groupdict().items() if name.endswith(("sign", "unit"))
    )


def _number(text: str) -> float:
    """A number as people write it: "1,200", "1.200,50", "49.90", "49,90", "2k"."""
    if text[-1:].lower() == "k":
        return _number(text[:-1]) * 1000
    bare = re.sub(r"[' ]", "", text)
    whole, mark, rest = bare.rpartition("," if bare.rfind(",") > bare.rfind(".") else ".")
    if not mark or len(rest) == 3:
        return float(re.sub(r"[.,]", "", bare))
    return float(re.sub(r"[.,]", "", whole) + "." + rest)
