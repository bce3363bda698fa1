"""The order in which people look texts up: without regard to case and accents, numbers by size.

"Ärmel" stands beside "Armel", not behind "Zylinder", and "size 9" before "size 10".
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twinset.text.text_folding import fold, without_accents

# Letters that Unicode does not take apart, by where readers of several languages look for them.
_LETTERS = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_NUMBER = re.compile(r"[0-9]+")
_MOST_DIGITS = 200  # so that the length of a number is one character


def collation_key(text: str) -> str:
    """A text that compares as people sort: equal for "Zoë" and "ZOE".

    Example:
        >>> sorted(["Size 10", "ärmel", "size 9", "Zip", "Arm"], key=collation_key)
        ['Arm', 'ärmel', 'size 9', 'Size 10', 'Zip']
    """
    key = fold(text)
    if not key.isascii():
        key = without_accents(key).translate(_LETTERS)
    return _NUMBER.sub(_by_size, key.strip())


def places_in_order(texts: pa.StringArray) -> NDArray[np.int64]:
    """The place (n,) of each of n texts in the order of `collation_key`.

    Texts with the same key stand in the order in which they are given.
    """
    keys = list(map(collation_key, texts.to_pylist()))
    places = np.empty(len(keys), np.int64)
    places[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return places


def _by_size(number: re.Match[str]) -> str:
    """A number that is compared by its length first. All lengths of usual numbers are digits, so
    that numbers stay before letters."""
    digits = number.group().lstrip("0")[:_MOST_DIGITS]
    return chr(ord("0") + len(digits)) + digits
