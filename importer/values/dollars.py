"""Which dollar `$` alone means: two dozen countries write theirs so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

USUAL = "USD"
# By the end of a shop's host name, and by the code of its country.
_OF_COUNTRY = {
    "ca": "CAD", "au": "AUD", "nz": "NZD", "hk": "HKD", "sg": "SGD", "mx": "MXN", "us": "USD",
    "tw": "TWD", "ar": "ARS", "cl": "CLP",
}  # fmt: skip
_NAMES = {
    "canada": "ca", "australia": "au", "new zealand": "nz", "hong kong": "hk", "singapore": "sg",
    "mexico": "mx", "united states": "us", "usa": "us", "taiwan": "tw",
}  # fmt: skip
DOLLARS = frozenset(_OF_COUNTRY.values()) | {"COP"}
# Columns that say where products are sold; `country` alone is where they were made.
_MARKETS = frozenset(
    ["targetcountry", "market", "marketcountry", "salescountry", "shippingcountry", "storecountry",
     "feedcountry", "shopcountry"]
)  # fmt: skip
_BARE = re.compile(r"(?<![A-Za-z])\$")
_CODE = re.compile(r"[A-Z]{3}")
_BESIDE = {
    "US": "USD", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "HK": "HKD", "SG": "SGD", "MX": "MXN",
    "NT": "TWD", "C": "CAD", "A": "AUD", "S": "SGD", "R": "BRL",
}  # fmt: skip
_COUNTRIES = "US|CA|AU|NZ|HK|SG|MX|NT"
# `US$29`, `C $ 29`; `29 $US`, `$CA 29`; `$29 US`.
_COUNTRY = re.compile(
    rf"(?<![A-Za-z])({_COUNTRIES}|[CASR])\s?\$|\$\s?({_COUNTRIES}|[CA])(?![A-Za-z])|"
    rf"\$\s?[\d.,]+\s?({_COUNTRIES})(?![A-Za-z])"
)


@dataclass
class DollarJudge:
    """Looks at the rows of a feed, and says what `$` alone means in it.

    Evidence in this order: the name of the price's column, prices of the feed that name their
    dollar, the market it says it is for, and the host of the products' links.

    Example:
        >>> judge = DollarJudge()
        >>> judge.add({"market": "CA"}, "$29.00", None)
        >>> judge.currency, judge.evidence
        ('CAD', 'as its market says')
    """

    in_name: str | None = None
    bare: int = 0
    _named: Counter[str] = field(default_factory=Counter)
    _markets: Counter[str] = field(default_factory=Counter)
    _hosts: Counter[str] = field(default_factory=Counter)

    def add(self, fields: Mapping[str, Any], price: Any, link: Any) -> None:
        """Take a row into account: its fields, its price and its link as written."""
        if not is_bare(price):
            return
        self.bare += 1
        for name, value in fields.items():
            if value and _is_market(name):
                self._count(self._markets, str(value).strip().lower())
        if isinstance(link, str) and "//" in link:
            self._count(self._hosts, _host_of(link).rpartition(".")[2])

    def add_currency(self, code: str | None) -> None:
        """Take a price into account that names its currency."""
        if code in DOLLARS:
            self._named[code] += 1

    def _count(self, counts: Counter[str], country: str) -> None:
        code = _OF_COUNTRY.get(_NAMES.get(country, country))
        if code is not None:
            counts[code] += 1

    @property
    def currency(self) -> str:
        """The currency of prices that have nothing but `$`."""
        return self._found[0]

    @property
    def evidence(self) -> str | None:
        """What says so; None if nothing does and US dollars are assumed."""
        return self._found[1]

    @property
    def sentence(self) -> str:
        """For whoever imports the feed: what `$` was taken for, and why."""
        if self.evidence is not None:
            return f"prices with $ alone are taken for {self.currency}, {self.evidence}"
        return (
            f"prices with $ alone are taken for {self.currency}: nothing in the feed says which "
            "dollar; a column `currency`, or a header such as `Price (CAD)`, would"
        )

    @property
    def _found(self) -> tuple[str, str | None]:
        if self.in_name in DOLLARS:
            return str(self.in_name), "as the name of the column says"
        kinds = ((self._named, "as other prices say"), (self._markets, "as its market says"),
                 (self._hosts, "as the hosts of the links say"))  # fmt: skip
        for counts, what in kinds:
            if len(counts) == 1:
                return next(iter(counts)), what
        return USUAL, None


def is_bare(price: Any) -> bool:
    """True for a price with a `$` that nothing before or after it makes one country's."""
    if not isinstance(price, str) or not _BARE.search(price):
        return False
    return not _CODE.search(price) and named_dollar(price) is None


def named_dollar(text: str) -> str | None:
    """The currency of a `$` with its country's letters beside it, as `US $29` or `29 $CA`."""
    found = _COUNTRY.search(text) if "$" in text else None
    return None if found is None else _BESIDE[next(one for one in found.groups() if one)]


@lru_cache(maxsize=4096)
def _is_market(column: str) -> bool:
    return "".join(one for one in column.casefold() if one.isalnum()) in _MARKETS


def _host_of(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""
