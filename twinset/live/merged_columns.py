"""Columns of a merged version: the base's values with the changed rows laid over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from twinset.columns import Column, Columns, Lists, listed_column
from twinset.index.vector_index import Rows
from twinset.text.vocabulary import Vocabulary, sort_key


class MergedColumns(Mapping[str, Column]):
    """The columns of `base` over `total` rows, each merged when it is first asked for.

    A column that the writes left as it was, as most are under new prices, is the base's own and
    takes no memory.

    `rows` (m,) are the changed rows in ascending order and `fields` their values; `dead` rows hold
    no value. Two threads that ask at once may both merge; the results are equal.
    """

    def __init__(
        self, base: Columns, total: int, dead: Rows, changed: tuple[Rows, list[Mapping[str, Any]]]
    ) -> None:
        self._base, self._total, self._dead = base, total, dead
        self._rows, self._fields = changed
        self._merged: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._base)

    def __iter__(self) -> Iterator[str]:
        return iter(self._base)

    def __contains__(self, name: object) -> bool:
        return name in self._base

    def __getitem__(self, name: str) -> Column:
        column = self._merged.get(name)
        if column is None:
            column = self._merged[name] = self._merge(name, self._base[name])
        return column

    def _merge(self, name: str, base: Column) -> Column:
        given = [fields[name] for fields in self._fields]
        if self._leaves(base, given):
            return base
        if base.lists is not None or any(isinstance(value, list) for value in given):
            return self._merge_lists(base, given)
        held = np.array([value is not None and value == value for value in given], np.bool_)
        rows, values = self._rows[held], [v for v, h in zip(given, held, strict=True) if h]
        present = _extended(base.present, self._total)
        present[self._rows], present[self._dead] = False, False
        present[rows] = True
        if base.vocabulary is None:
            merged = _extended(base.values, self._total)
            vocabulary = None
        else:
            distinct = set(values)
            vocabulary, moved = extend_vocabulary(base.vocabulary, distinct)
            merged = _extended(base.values if moved is None else moved[base.values], self._total)
            codes = {value: vocabulary.code(value) for value in distinct}
            values = [codes[value] for value in values]
        merged[rows] = values
        merged[~present] = 0
        return Column(base.kind, merged, present, vocabulary)

    def _leaves(self, base: Column, given: list[Any]) -> bool:
        """True if the changed rows hold what they held in the base, and no row came or went."""
        if self._total > len(base) or len(self._dead):
            return False
        return all(base.held(r) == v for r, v in zip(self._rows.tolist(), given, strict=True))

    def _merge_lists(self, base: Column, given: list[Any]) -> Column:
        """A column of which at least one row holds several values."""
        lists = [value if isinstance(value, list) else [value] for value in given]
        texts = [[text for text in one if text is not None] for one in lists]
        vocabulary, moved = extend_vocabulary(
            base.vocabulary or Vocabulary(pa.array([], pa.string())),
            {text for one in texts for text in one},
        )
        kept = base.lists
        if kept is None:
            single = np.flatnonzero(base.present)
            kept = Lists(single, base.values[single])
        stays = ~np.isin(kept.rows, np.concatenate([self._rows, self._dead]))
        old = kept.codes[stays] if moved is None else moved[kept.codes[stays]]
        rows = np.repeat(self._rows, [len(one) for one in texts])
        new = [vocabulary.code(text) for one in texts for text in one]
        all_rows = np.concatenate([kept.rows[stays], rows]).astype(np.int64)
        codes = np.concatenate([old, np.array(new, np.int32)]).astype(np.int32)
        order = np.argsort(all_rows, kind="stable")
        return listed_column(vocabulary, all_rows[order], codes[order], self._total)


def extend_vocabulary(
    vocabulary: Vocabulary, values: set[str]
) -> tuple[Vocabulary, NDArray[np.int32] | None]:
    """A vocabulary with these values too, and the new code of each old one; None if all stay.

    The strings are copied in runs and never sorted again: a million ids take milliseconds.
    """
    new = sorted((value for value in values if vocabulary.code(value) < 0), key=sort_key)
    if not new:
        return vocabulary, None
    places = np.array([vocabulary.place(value) for value in new])
    strings, pieces, start = vocabulary.strings, [], 0
    for place, value in zip(places.tolist(), new, strict=True):
        pieces += [strings.slice(start, place - start), pa.array([value], pa.string())]
        start = place
    pieces.append(strings.slice(start))
    codes = np.arange(max(len(vocabulary), 1), dtype=np.int64)
    moved = codes + np.searchsorted(places, codes, side="right")
    return Vocabulary(pa.concat_arrays(pieces)), moved.astype(np.int32)


def _extended(array: NDArray[Any], total: int) -> NDArray[Any]:
    longer = np.zeros(total, array.dtype)
    longer[: len(array)] = array
    return longer
