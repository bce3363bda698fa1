"""The index of words of a merged version: the base's without the rows that changed, and theirs."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from twinset.index.vector_index import Mask
from twinset.lexical.word_index import NO_POSTINGS, Postings, Words, entries_of_item
from twinset.live.overlay import Overlay


class MergedWords:
    """See `twinset.lexical.word_index.Words`; the words of changed rows are read when first asked.

    Two threads that ask at once may both read them; the results are equal.
    """

    def __init__(self, base: Words, overlay: Overlay, alive: Mask) -> None:
        self._base, self._changes = base, overlay.changes
        self._category = overlay.base.category
        self.count = int(alive.sum())
        self._stands = alive[: len(overlay.base)].copy()
        rows = np.array(list(self._changes), np.int64)
        self._stands[rows[rows < len(self._stands)]] = False

    @cached_property
    def _own(self) -> dict[str, Postings]:
        """The postings of the changed rows, by term."""
        found: dict[str, dict[int, tuple[int, int]]] = {}
        for row in sorted(self._changes):
            for term, strength, words in entries_of_item(self._changes[row].fields, self._category):
                held = found.setdefault(term, {})
                before = held.get(row, (0, 0))
                held[row] = max(strength, before[0]), max(words, before[1])
        return {term: _postings(held) for term, held in found.items()}

    def postings(self, term: str) -> Postings:
        based, own = self._base.postings(term), self._own.get(term, NO_POSTINGS)
        based = based.at(self._stands[based.rows])
        if not len(own):
            return based
        rows = np.concatenate([based.rows, own.rows])
        both = Postings(
            rows,
            np.concatenate([based.strengths, own.strengths]),
            np.concatenate([based.title_words, own.title_words]),
        )
        return both.at(np.argsort(rows, kind="stable"))


def _postings(held: dict[int, tuple[int, int]]) -> Postings:
    marks = np.array(list(held.values()), np.uint8)
    return Postings(np.array(list(held), np.int32), marks[:, 0], marks[:, 1])
