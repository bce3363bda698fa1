"""Completions of a query while it is typed: values, words and titles of the catalogue.

The last word is completed; the words before it are understood, so that after "red" only what comes
in red is offered. Nothing is computed ahead but an order of the titles.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, takewhile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from twinset.columns import Column, Mask
from twinset.index.indexed_items import Items, ItemTable
from twinset.text.text_folding import fold, fold_array
from twinset.words.field_roles import GENDER, KIND
from twinset.words.query.parts import SPELLING, Effect, Part, Switches
from twinset.words.query.reader import COMMON, Reader
from twinset.words.word_forms import joined, words_of

_SPELLING = Switches((SPELLING,))
_WORD, _TITLE, _QUERY = "word", "title", "query"
_MOST_ROWS = 500  # titles that are looked at for one beginning
_KIND_BOOST = 3  # kinds come before colours that as many items have
_INNER_SHARE = 0.2  # "polka dot" comes behind "denim" if "d" was typed
_MOST_WORDS = 2  # words of titles that are offered after other words


@dataclass(frozen=True)
class Suggestion:
    """A query that finds something. `part` says what completes it: "kind", "colour" or another
    part's name, "word", "title", or "query" if others searched so."""

    text: str
    part: str
    field: str | None = None


@dataclass(frozen=True)
class Suggestions:
    """Completions, best first; `corrected` is the query without its slips, if it has any."""

    found: tuple[Suggestion, ...]
    corrected: str | None = None


class TitleOrder:
    """The titles of a table in folded order, so that those with a beginning lie together."""

    def __init__(self, table: ItemTable) -> None:
        titles = table.table["title"].combine_chunks()
        self._titles: pa.StringArray = titles
        order = pc.sort_indices(fold_array(titles))
        self._rows: NDArray[np.int32] = order.to_numpy().astype(np.int32)

    def beginning(self, start: str) -> Iterator[tuple[int, str]]:
        """Rows and titles that begin with a folded text, in order."""
        place = bisect_left(self._rows, start, key=self._folded)
        for row in self._rows[place : place + _MOST_ROWS].tolist():
            if not self._folded(row).startswith(start):
                return
            yield row, str(self._titles[row].as_py())

    def _folded(self, row: int) -> str:
        return fold(self._titles[int(row)].as_py() or "\U0010ffff")  # nulls are sorted last


@dataclass
class CompletionWords:
    """The words of one version, in the order in which they are looked up.

    `counts` are the words of its items, and `titles` the order of its base's titles.
    """

    reader: Reader
    counts: Mapping[str, int]
    titles: TitleOrder

    @cached_property
    def of_values(self) -> list[tuple[str, str, str]]:
        """Each word of each value, with its field and the value."""
        values = self.reader.words.texts()
        return sorted({(word, name, text) for name, text in values for word in words_of(text)})

    @cached_property
    def of_items(self) -> list[str]:
        """The words that stand more than once."""
        return sorted(word for word, count in self.counts.items() if count > 1 and word.isalpha())


@dataclass(frozen=True)
class Completer:
    """Completes queries about `items`; `alive` (n,) are the rows that hold one, None if all do.

    `popular` are queries of others that found something, the most frequent first.

    Example:
        >>> Completer(version.items, words).complete("red dr", 3).found[0].text
        'red dresses'
    """

    items: Items
    words: CompletionWords
    alive: Mask | None = None
    popular: Sequence[str] = ()

    @property
    def reader(self) -> Reader:
        return self.words.reader

    def complete(self, text: str, limit: int) -> Suggestions:
        """At most `limit` queries that begin like `text`, or like what it should have been."""
        head, start = _parted(text)
        if not start:
            return Suggestions(())
        right = self.reader.read(head, _SPELLING).words if head else ""
        found, spelling = self._complete(right, start, limit), self.reader.spelling
        if not found and spelling is not None:
            meant = spelling.correct(start)
            found = self._complete(right, meant or spelling.begin(start) or start, limit)
            start = meant or start  # the beginning of a word is nothing to show
        whole = _after(right, start)
        corrected = whole if found and words_of(whole) != words_of(text) else None
        return Suggestions(tuple(found), corrected)

    def _complete(self, head: str, start: str, limit: int) -> list[Suggestion]:
        text = _after(head, start)
        words = self._words(head, start, _MOST_WORDS if head else limit)
        ends = (self._titles(text), words) if head else (words, self._titles(text))
        best: dict[str, Suggestion] = {}
        for one in chain(self._queries(text), self._values(head, start), *ends):
            best.setdefault(joined(words_of(one.text)), one)
            if len(best) == limit:
                break
        return list(best.values())

    def _queries(self, text: str) -> Iterator[Suggestion]:
        start = " ".join(words_of(text))
        for words in self.popular:
            if words.startswith(start):
                yield Suggestion(words, _QUERY)

    def _values(self, head: str, start: str) -> list[Suggestion]:
        """Values of which a word begins so, the most frequent among what `head` asks for first."""
        words = self.reader.words
        asked = self.reader.read(head).parts if head else ()
        named = {part.field for part in asked}
        last = words_of(head)[-1:]
        mask = self._mask(asked)
        offered: list[tuple[float, Suggestion]] = []
        for name, texts in self._starting(start).items():
            called = words.name_of(name)
            if name in named or (last == ["for"] and called != GENDER):
                continue
            counts = _counts(self.items.columns[name], mask, texts)
            boost = _KIND_BOOST if called == KIND else 1
            for value, count in zip(texts, counts, strict=True):
                share = 1.0 if words_of(value)[0].startswith(start) else _INNER_SHARE
                weight = count * boost * share
                if weight:
                    one = Suggestion(_after(head, value.lower()), called, name)
                    offered.append((weight, one))
        return [one for _, one in sorted(offered, key=lambda pair: (-pair[0], pair[1].text))]

    def _starting(self, start: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        known = self.words.of_values
        for word, name, text in known[bisect_left(known, (start,)) :]:
            if not word.startswith(start):
                break
            if text not in found.setdefault(name, []):
                found[name].append(text)
        return found

    def _mask(self, asked: Iterable[Part]) -> Mask | None:
        """The rows that have the values of the parts; None for all."""
        mask = self.alive
        for part in asked:
            if part.effect is not Effect.PREFER:
                continue
            rows = _rows_with(self.items.columns[part.field], part.values)
            mask = rows if mask is None else mask & rows
        return mask

    def _words(self, head: str, start: str, limit: int) -> list[Suggestion]:
        """Words of titles that begin so, the most frequent first."""
        known, said = self.words.of_items, words_of(head)
        place = bisect_left(known, start)
        found = list(takewhile(lambda word: word.startswith(start), known[place:]))
        found = [word for word in found if word not in said and word not in COMMON]
        found.sort(key=lambda word: (-self.words.counts[word], word))
        return [Suggestion(_after(head, word), _WORD) for word in found[:limit]]

    def _titles(self, text: str) -> Iterator[Suggestion]:
        """Titles that begin as the whole text does, of items that are there as they were built."""
        start = fold(" ".join(text.split()))
        layers, said = self.items.layers, set[str]()
        for row, title in self.words.titles.beginning(start):
            if title not in said and row not in layers.changes and row not in layers.dead:
                said.add(title)
                yield Suggestion(title, _TITLE)
        for fields in layers.changes.values():
            title = fields.get("title") or ""
            if fold(title).startswith(start):
                yield Suggestion(str(title), _TITLE)


def _parted(text: str) -> tuple[str, str]:
    """What stands before the last word, and the last word folded; "" if a gap follows it."""
    head, gap, last = text.lstrip().rpartition(" ")
    words = words_of(last)
    if not words:
        return text.strip(), ""
    return head.strip() if gap else "", "".join(words)


def _after(head: str, word: str) -> str:
    return f"{head} {word}" if head else word


def _rows_with(column: Column, values: Collection[str]) -> Mask:
    vocabulary = column.vocabulary
    codes = [] if vocabulary is None else [vocabulary.code(value) for value in values]
    if column.lists is not None:
        return column.lists.any_of(np.isin(column.lists.codes, codes), len(column))
    rows: Mask = np.isin(column.values, codes) & column.present
    return rows


def _counts(column: Column, mask: Mask | None, values: Sequence[str]) -> list[int]:
    """How many rows of the mask have each value."""
    vocabulary = column.vocabulary
    if vocabulary is None:
        return [0] * len(values)
    if column.lists is not None:
        held = column.lists.codes if mask is None else column.lists.codes[mask[column.lists.rows]]
    else:
        held = column.values[column.present if mask is None else column.present & mask]
    counts = np.bincount(held, minlength=len(vocabulary))
    return [int(counts[vocabulary.code(value)]) for value in values]
