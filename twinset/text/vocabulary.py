"""The distinct strings of a field, each held once and told by number."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twinset.text.collation import places_in_order
from twinset.text.text_folding import fold

_FEW = 5000  # strings of a vocabulary
_FEW_OF = 4  # a vocabulary has so many times more strings than a few


def sort_key(text: str) -> tuple[str, str]:
    """Strings that people read as the same stand beside each other, see `text_folding.fold`."""
    return fold(text), text


class Vocabulary:
    """Distinct strings in the order of `sort_key`; a string's code is its place in that order.

    Kept as one Arrow array: a Python string apiece would take ten times the memory. The few that
    a shop counts and filters by are kept as Python strings, too, which are ten times as fast.
    """

    def __init__(self, values: pa.StringArray) -> None:
        self._values = values

    @property
    def strings(self) -> pa.StringArray:
        return self._values

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, code: int) -> str:
        return str(self._values[code].as_py()) if self._keys is None else self._keys[code][1]

    def texts(self, codes: NDArray[np.integer[Any]]) -> list[str]:
        """The strings of codes (m,)."""
        if self._keys is None:
            return list(self._values.take(pa.array(codes)).to_pylist())
        keys = self._keys
        return [keys[code][1] for code in codes.tolist()]

    @cached_property
    def _keys(self) -> list[tuple[str, str]] | None:
        """The `sort_key` of each string; None if they are many."""
        if len(self) > _FEW:
            return None
        return list(map(sort_key, self._values.to_pylist()))

    def code(self, value: str) -> int:
        """The code of exactly this string, or -1 if no row holds it."""
        code = self.place(value)
        return code if code < len(self) and self[code] == value else -1

    def place(self, value: str) -> int:
        """The number of strings that sort before `value`, 0..len(self)."""
        if self._keys is not None:
            return bisect_left(self._keys, sort_key(value))
        return bisect_left(self, sort_key(value), key=sort_key)

    def span(self, value: str) -> tuple[int, int]:
        """The codes, first and one past the last, of all strings that fold to the same."""
        folded = fold(value)
        if self._keys is not None:
            first = itemgetter(0)
            return bisect_left(self._keys, (folded,)), bisect_right(self._keys, folded, key=first)
        return bisect_left(self, folded, key=fold), bisect_right(self, folded, key=fold)

    def in_order(self, codes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
        """Numbers (m,) that compare as the strings of the codes (m,) do to people; see
        `twinset.text.collation`."""
        if len(codes) * _FEW_OF < len(self):  # so that a page of a search never reads a million
            found, places = np.unique(codes, return_inverse=True)
            return np.asarray(places_in_order(self._values.take(pa.array(found)))[places])
        return np.asarray(self._places[codes])

    @cached_property
    def _places(self) -> NDArray[np.int64]:
        """The place of each string in the order in which people sort."""
        return places_in_order(self._values)
