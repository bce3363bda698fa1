"""The best row of each of the best groups, found without ranking all rows."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from app.recommend.row_sources import Hit, RowSource
from app.recommend.selection import Codes, Mask

# Rows asked of the index to find groups in; then, in rounds, twice as many each.
_LIST_LENGTHS = (64, 512, 4096)
_FIRST_ROUND = 512


class Groups:
    """Collects the first row of each group, by the groups' codes (n,); -1 for a row alone.

    Rows outside `mask` (n,), None for all, are passed over.
    """

    def __init__(self, codes: Codes, mask: Mask | None) -> None:
        self._codes, self._mask = codes, mask
        self._seen: set[int] = set()
        self.found: list[Hit] = []

    def add(self, nearest: Iterable[Hit]) -> int:
        """Take rows, best first, if their group is new; return how many groups there are now."""
        for row, score in nearest:
            code = int(self._codes[row])
            key = code if code >= 0 else -1 - row
            if key not in self._seen and (self._mask is None or self._mask[row]):
                self.found.append((row, score))
                self._seen.add(key)
        return len(self.found)

    def left(self) -> Mask:
        """The rows (n,) whose groups were not found yet."""
        left = ~np.isin(self._codes, [key for key in self._seen if key >= 0])
        left[[-1 - key for key in self._seen if key < 0]] = False
        return left if self._mask is None else left & self._mask


def nearest_groups(source: RowSource, wanted: int, mask: Mask | None, groups: Groups) -> list[Hit]:
    """The best row of each of the `wanted` best groups, best first; there must be as many.

    It reads longer and longer beginnings of one ranked list. If groups are so large that this does
    not suffice, it goes on in rounds that mask out the groups found so far. All lengths are fixed,
    so what a page holds depends on neither its length nor its offset.
    """
    for length in _LIST_LENGTHS:
        if groups.add(source.nearest(length, mask)) >= wanted:
            return groups.found[:wanted]
    length = _FIRST_ROUND
    while len(groups.found) < wanted and (left := groups.left()).any():
        groups.add(source.nearest(length, left))
        length *= 2
    return groups.found[:wanted]
