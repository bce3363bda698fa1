"""Typed columns in memory: what filters, facets and groups are computed on.

Strings are held once each, as a sorted vocabulary, and by number in the rows, so that a test on a
string column is a comparison of integers and a million rows cost four bytes each. A field may hold
several strings for one item, such as sizes; each is then held with the number of its row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from twinset.text.text_folding import fold_array
from twinset.text.vocabulary import Vocabulary

Kind = Literal["string", "number", "boolean"]
Value = str | float | bool
Mask = NDArray[np.bool_]
# Rows without a value are left out one by one if they are one of so many at most.
_MANY = 16


@dataclass(frozen=True)
class Lists:
    """The values of a field that may have several for one row: (m,) pairs of row and code.

    Pairs are in ascending order of rows; no row holds a code twice.
    """

    rows: NDArray[np.int64]
    codes: NDArray[np.int32]

    def any_of(self, matching: Mask, count: int) -> Mask:
        """(count,) the rows for which at least one of their pairs is in `matching` (m,)."""
        found = np.zeros(count, np.bool_)
        found[self.rows[matching]] = True
        return found


@dataclass(frozen=True)
class Selection:
    """Some of n rows: as a `mask` (n,), and the same by number in `rows` (m,), in any order."""

    mask: Mask
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, mask: Mask) -> Selection:
        """The rows of a mask."""
        return cls(mask, np.flatnonzero(mask))


@dataclass(frozen=True)
class Column:
    """One field of n rows. `present` (n,) is false if the row has no value.

    `values` (n,) holds int32 codes of `vocabulary` for strings, float64 for numbers (whole
    numbers too: exact up to 2**53) and bool for truth values; absent rows hold zero. If any row
    holds several strings, `lists` has them all, and `values` the first of each row.
    """

    kind: Kind
    values: NDArray[Any]
    present: Mask
    vocabulary: Vocabulary | None = None
    lists: Lists | None = None

    def __len__(self) -> int:
        return len(self.values)

    def value(self, row: int) -> Value | None:
        """The value of a row, the first if it has several; None if it has none."""
        if not self.present[row]:
            return None
        raw = self.values[row].item()
        return raw if self.vocabulary is None else self.vocabulary[raw]

    def held(self, row: int) -> Value | list[str] | None:
        """As `value`, but every text if the column holds lists."""
        if self.lists is None or self.vocabulary is None or not self.present[row]:
            return self.value(row)
        first, end = self.lists.rows.searchsorted([row, row + 1]).tolist()
        return [self.vocabulary[code] for code in self.lists.codes[first:end].tolist()]

    def sort_keys(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """Numbers (m,), whole or not, that compare as the values of `rows` (m,) do: false before
        true, text as people sort it. A row without a value has any number, one of several values
        the number of the first."""
        keys = self.values[rows]
        if self.vocabulary is None:
            return keys.astype(np.float64 if self.kind == "number" else np.int64)
        if not len(self.vocabulary):
            return np.zeros(len(rows), np.int64)
        return self.vocabulary.in_order(keys)

    def group_codes(self) -> NDArray[np.int64]:
        """(n,) integers, equal if two rows hold equal values, -1 if a row has none.

        A row of several values is grouped by the first.
        """
        values = self.values
        if self.kind == "number":
            values = np.unique(values, return_inverse=True)[1]
        codes = np.full(len(values), -1, np.int64)
        np.copyto(codes, values, where=self.present)
        return codes

    def counts(self, mask: Mask | None = None) -> list[tuple[Value, int]]:
        """Each value with its number of rows (of those in `mask`), most frequent first.

        A row of several values counts once for each. Values of equal frequency come in ascending
        order.
        """
        return self.most_frequent(None if mask is None else Selection.of(mask))[0]

    def most_frequent(
        self,
        chosen: Selection | None = None,
        limit: int | None = None,
        alike: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
    ) -> tuple[list[tuple[Value, int]], int]:
        """As `counts`, of the first `limit` values alone, and how many values there are in all.

        `alike` are chosen rows (m,) in ascending order and their groups (m,): a value counts once
        for each group with a row that holds it. All other rows count for themselves.
        """
        counts = self._all_counts if chosen is None else self._count(chosen)
        if alike is not None and len(alike[0]):
            counts = counts - np.bincount(self._repeated(*alike), minlength=len(counts))
        held = np.flatnonzero(counts)
        counts = counts[held]
        order = np.argsort(-counts, kind="stable")[:limit]
        codes, counts = held[order], counts[order]
        texts = self.vocabulary
        values = self._numbered[0][codes].tolist() if texts is None else texts.texts(codes)
        return list(zip(values, counts.tolist(), strict=True)), len(held)

    def _repeated(self, rows: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
        """A code for each of the rows that has it after another row of its group had it."""
        if self.lists is not None:
            inside = np.isin(self.lists.rows, rows)
            groups = groups[np.searchsorted(rows, self.lists.rows[inside])]
            codes = self.lists.codes[inside]
        else:
            codes = self._codes[rows]
            if self._absent is None or len(self._absent):
                inside = self.present[rows]
                groups, codes = groups.compress(inside), codes.compress(inside)
        most = len(self._all_counts)
        both = groups * most + codes
        both.sort()
        return np.asarray(both[1:].compress(both[1:] == both[:-1]) % most)

    @cached_property
    def distinct(self) -> int:
        """How many different values there are."""
        return int(np.count_nonzero(self._all_counts))

    @cached_property
    def _numbered(self) -> tuple[NDArray[Any], NDArray[np.int32]]:
        """The different numbers or truth values (k,) in ascending order, and the place of each
        row's (n,) among them."""
        values, codes = np.unique(self.values, return_inverse=True)
        return values, codes.astype(np.int32)

    @property
    def _codes(self) -> NDArray[np.int32]:
        return self._numbered[1] if self.vocabulary is None else self.values

    @cached_property
    def _absent(self) -> NDArray[np.int64] | None:
        """The rows without a value; None if they are many."""
        count = len(self) - int(np.count_nonzero(self.present))
        return np.flatnonzero(~self.present) if count * _MANY <= len(self) else None

    @cached_property
    def _all_counts(self) -> NDArray[np.int64]:
        held = self._codes[self.present] if self.lists is None else self.lists.codes
        known = self.vocabulary if self.vocabulary is not None else self._numbered[0]
        return np.bincount(held, minlength=max(1, len(known)))

    def _count(self, chosen: Selection) -> NDArray[np.int64]:
        """How many of the rows hold each code (k,)."""
        if self.lists is not None:
            held = self.lists.codes.compress(chosen.mask[self.lists.rows])
        elif self._absent is None:
            held = self._codes[chosen.rows.compress(self.present[chosen.rows])]
        else:
            held = self._codes[chosen.rows]
        counts = np.bincount(held, minlength=len(self._all_counts))
        if self.lists is None and self._absent is not None:  # which were counted for a value
            absent = self._absent[chosen.mask[self._absent]]
            counts -= np.bincount(self._codes[absent], minlength=len(counts))
        return counts


Columns = Mapping[str, Column]


def column_from_arrow(array: pa.ChunkedArray) -> Column:
    """A column from Arrow strings, lists of strings, int64, float64 or bool.

    Null, NaN and an empty list are absent.
    """
    whole = array.combine_chunks()
    if pa.types.is_list(whole.type):
        return _list_column(whole)
    present = _valid(whole)
    if whole.type == pa.string():
        return _string_column(whole, present)
    if whole.type == pa.bool_():
        return Column("boolean", _bits(whole, whole.buffers()[1]) & present, present)
    numbers = numbers_of(whole.cast(pa.float64(), safe=False))
    present &= ~np.isnan(numbers)
    return Column("number", np.where(present, numbers, 0.0), present)


def _list_column(array: pa.ListArray) -> Column:
    lengths = np.asarray(pc.fill_null(pc.list_value_length(array), 0).to_numpy(False), np.int64)
    rows = np.repeat(np.arange(len(array)), lengths)
    flat = _string_column(array.flatten(), np.ones(len(rows), np.bool_))
    return listed_column(flat.vocabulary, rows, flat.values, len(array))


def as_lists(texts: pa.ChunkedArray) -> pa.ListArray:
    """A column of text as one of lists with a single text each; null stays null."""
    whole = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    offsets = np.concatenate([[0], np.cumsum(_valid(whole))]).astype(np.int32)
    nulls = pc.is_null(whole)
    lists = pa.ListArray.from_arrays(pa.array(offsets), whole.drop_null())
    return pc.if_else(nulls, pa.scalar(None, lists.type), lists)


def listed_column(
    vocabulary: Vocabulary | None, rows: NDArray[np.int64], codes: NDArray[np.int32], count: int
) -> Column:
    """A column of `count` rows from pairs of row and code, in ascending order of rows."""
    _, kept = np.unique(rows * (1 + int(codes.max(initial=0))) + codes, return_index=True)
    kept = np.sort(kept)  # in the order of each list, without repeats
    rows, codes = rows[kept], codes[kept]
    present, values = np.zeros(count, np.bool_), np.zeros(count, np.int32)
    present[rows] = True
    values[rows[::-1]] = codes[::-1]  # the first of each row is written last
    return Column("string", values, present, vocabulary, Lists(rows, codes))


def _string_column(array: pa.StringArray, present: Mask) -> Column:
    encoded = array.dictionary_encode()
    keys = pa.table({"fold": fold_array(encoded.dictionary), "text": encoded.dictionary})
    order = pc.sort_indices(keys, sort_keys=[("fold", "ascending"), ("text", "ascending")])
    codes = np.empty(max(len(order), 1), np.int32)
    codes[numbers_of(order)] = np.arange(len(order), dtype=np.int32)
    rows = np.where(present, numbers_of(encoded.indices), 0)
    values = np.where(present, codes[rows], np.int32(0))
    return Column("string", values, present, Vocabulary(encoded.dictionary.take(order)))


def numbers_of(array: pa.Array) -> NDArray[Any]:
    """The numbers of an Arrow array as a read-only view; any number if it is null.

    `np.asarray` would say the same, after an import of pandas wherever that is installed, which
    takes a fifth of a second and 25 MB.
    """
    dtype = array.type.to_pandas_dtype()
    if not len(array):
        return np.empty(0, dtype)
    return np.frombuffer(
        array.buffers()[1], dtype, len(array), array.offset * array.type.byte_width
    )


def _valid(array: pa.Array) -> Mask:
    """(n,) which values are not null."""
    bits = array.buffers()[0]
    return np.ones(len(array), np.bool_) if bits is None else _bits(array, bits)


def _bits(array: pa.Array, bits: pa.Buffer) -> Mask:
    """(n,) the bits of one of the array's buffers."""
    end = array.offset + len(array)
    packed = np.frombuffer(bits, np.uint8, -(-end // 8))
    unpacked = np.unpackbits(packed, count=end, bitorder="little")
    return np.asarray(unpacked[array.offset :].astype(np.bool_))


def columns_from_table(table: pa.Table, names: Sequence[str]) -> dict[str, Column]:
    """The named columns of an Arrow table, in that order."""
    return {name: column_from_arrow(table[name]) for name in names}
