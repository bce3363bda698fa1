"""Prices of products that are sold in several currencies, of which a catalogue shows one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Money:
    """A price as text, such as `29.99 EUR`, and its currency."""

    text: str
    currency: str


class OneCurrency:
    """Picks the prices of a catalogue in the currency of its first price.

    Example:
        >>> picked = OneCurrency()
        >>> picked.of([Money("29 EUR", "EUR"), Money("35 USD", "USD")])
        '29 EUR'
        >>> picked.of([Money("55 USD", "USD"), Money("49 EUR", "EUR")])
        '49 EUR'
    """

    def __init__(self) -> None:
        self._first: str | None = None

    def of(self, prices: Sequence[Money]) -> str | None:
        """A product's price, in another currency if it has none in this one; None without any."""
        if not prices:
            return None
        self._first = self._first or prices[0].currency
        return next((one for one in prices if one.currency == self._first), prices[0]).text
