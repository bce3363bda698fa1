"""What a query of words would rather have, as values of the catalogue's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from twinset.words.field_roles import KIND

# What a part of a query is worth, by its name, and for all other names.
PART_WEIGHTS: Final[Mapping[str, float]] = {KIND: 0.25}
USUAL_WEIGHT: Final = 0.15


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
