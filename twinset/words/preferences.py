"""What a query of words would rather have, as values of the catalogue's fields."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Preference:
    """Values of a field that a query asks for without insisting, and the words that said so.

    Rows whose `field` has one of the `values` get `weight` more in the score that words are ranked
    by. Text is compared without case. Several preferences add up.

    Example:
        >>> Preference("gender", ("Women",), "for ladies", weight=0.1)
    """

    field: str
    values: tuple[str, ...]
    words: str
    weight: float
