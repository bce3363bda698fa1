"""The words of a version's items: of titles, descriptions and values, kept right under writes.

The words of a version as it was built are counted once. A version with live writes over it differs
by the words of the rows that changed, so only what the last writes touched is counted again.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import pyarrow as pa
import pyarrow.compute as pc

from twinset.index.indexed_items import Items, ItemTable, Layers
from twinset.words.field_roles import NOT_WORDS
from twinset.words.query.catalogue_words import CatalogueWords, is_name, values_named
from twinset.words.word_forms import name_words, words_of

_TEXTS = ("title", "description")
Key = TypeVar("Key", bound=Hashable)
Fields = Mapping[str, Any]


@dataclass(frozen=True)
class VersionWords:
    """The words of one version: its values by their words, and how often each word occurs."""

    values: CatalogueWords
    counts: Mapping[str, int]


class ItemWords:
    """Counts the words of versions; the work for a base is done once. Safe from several threads."""

    def __init__(self) -> None:
        self._bases: WeakKeyDictionary[ItemTable, _Base] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, items: Items, kind: str | None) -> VersionWords:
        """The words of these items; `kind` is the field that says what kind of product each is."""
        layers = items.layers
        with self._lock:
            base = self._bases.get(layers.base)
            if base is None:
                base = self._bases[layers.base] = _Base(layers.base, kind)
            base.follow(layers)
            return VersionWords(base.values_now(), dict(base.counts))


class _Base:
    """The words of a base, and of the changes that were last laid over it."""

    def __init__(self, table: ItemTable, kind: str | None) -> None:
        self._table, self._columns, self._kind = table.table, table.columns, kind
        self.values = CatalogueWords.of(table.columns, kind)
        self._fields = [name for name in table.columns if name not in NOT_WORDS]
        named = {name: values_named(table.columns, name) for name in self._fields}
        # A field without any value plays no role until a write gives it one.
        self._empty = {name for name in self._fields if not table.columns[name].present.any()}
        self._known = {
            name: {*texts} for name, texts in named.items() if texts or name in self._empty
        }
        self.counts: Counter[str] = Counter()
        names = [name for name in _TEXTS if name in self._table.column_names]
        self._texts = {name: self._table[name].combine_chunks() for name in names}
        for name in names:
            self.counts.update(count_words(self._table[name]))
        for _, text in self.values.texts():
            self.counts.update(words_of(text))
        self._changed: dict[int, Fields | None] = {}
        # Values that the base lacks, and fields that had none; by field and text.
        self._new_values: Counter[tuple[str, str]] = Counter()
        self._with_new: tuple[frozenset[tuple[str, str]], CatalogueWords] | None = None

    def values_now(self) -> CatalogueWords:
        """The values of the base and of the changes over it."""
        if not self._new_values:
            return self.values
        new = frozenset(self._new_values)
        if self._with_new is None or self._with_new[0] != new:
            words = CatalogueWords.of(self._columns, self._kind, new)
            self._with_new = new, words
        return self._with_new[1]

    def follow(self, layers: Layers) -> None:
        """Count the rows that changed since the last call, and forget what they were then."""
        now: dict[int, Fields | None] = dict.fromkeys(layers.dead)
        now.update(layers.changes)
        for row in self._changed.keys() | now.keys():
            before = self._changed[row] if row in self._changed else self._own(row)
            after = now[row] if row in now else self._own(row)
            if before is not after:
                self._count(before, -1)
                self._count(after, 1)
        self._changed = now

    def _own(self, row: int) -> Fields | None:
        """The texts that the base holds in a row; None for a row behind its last. Its values are
        known already."""
        if row >= self._table.num_rows:
            return None
        return {name: column[row].as_py() for name, column in self._texts.items()}

    def _count(self, fields: Fields | None, sign: int) -> None:
        if fields is None:
            return
        for name in _TEXTS:
            _add(self.counts, words_of(fields.get(name) or ""), sign)
        for name in self._fields:
            for text in _texts(fields.get(name)) if name in self._known else ():
                if text not in self._known[name] and is_name(name_words(text)):
                    _add(self._new_values, [(name, text)], sign)
                    _add(self.counts, words_of(text), sign)
            if name in self._empty and fields.get(name) is not None:
                _add(self._new_values, [(name, "")], sign)


def count_words(texts: pa.ChunkedArray) -> Counter[str]:
    """How often each folded word occurs. Arrow counts what stands between spaces, so that Python
    looks at each distinct piece once."""
    counts: Counter[str] = Counter()
    pieces, numbers = pc.value_counts(pc.list_flatten(pc.utf8_split_whitespace(texts))).flatten()
    for piece, count in zip(pieces.to_pylist(), numbers.to_pylist(), strict=True):
        for word in words_of(piece or ""):
            counts[word] += count
    return counts


def _add(counts: Counter[Key], words: Iterable[Key], sign: int) -> None:
    for word in words:
        counts[word] += sign
        if not counts[word]:
            del counts[word]


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, list) else ()
