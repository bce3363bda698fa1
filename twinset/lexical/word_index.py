"""An inverted index: for each term of a catalogue, the rows that hold it and how strongly.

It is stored as one Arrow file that is mapped, not read. Nothing in it depends on how many items
there are or how frequent a term is; what does is counted when a query is asked. So a base and the
live writes over it score like one index of all of their items, to the last bit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.ipc
from numpy.typing import NDArray

from twinset.columns import numbers_of
from twinset.errors import ArtefactError
from twinset.index.mapped.mapped_files import map_file
from twinset.lexical.terms import code_of, terms_of

WORDS_FILE = "words.arrow"
# How much a match counts, in hundredths, by the field that it stands in; CODE marks whole codes.
TITLE, ATTRIBUTE, DESCRIPTION, CODE = 100, 90, 40, 255
_SKIPPED = frozenset({"price", "available", "link", "image", "image_path", "currency"})
_CODES = frozenset(
    {"id", "group_id", "sku", "mpn", "gtin", "ean", "upc", "isbn", "asin", "model"}
    | {"style_code", "article_number", "model_number", "part_number"}
)
_LONGEST_CODE = 64
_MOST_TITLE_WORDS = 255
_COLUMNS = ("term", "rows", "strengths", "title_words")
Entry = tuple[str, int, int]  # a term, its strength, and the words of the title it stands in or 0


@dataclass(frozen=True)
class Postings:
    """The rows (m,) that hold one term, ascending, and of each row the strength of the match.

    `strengths` are hundredths, or `CODE`. `title_words` is the number of terms in the row's title
    if the term is one of these, else 0.
    """

    rows: NDArray[np.int32]
    strengths: NDArray[np.uint8]
    title_words: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, kept: NDArray[Any] | slice) -> Postings:
        """The postings at these places, in this slice or under this mask."""
        return Postings(self.rows[kept], self.strengths[kept], self.title_words[kept])


NO_POSTINGS = Postings(np.empty(0, np.int32), np.empty(0, np.uint8), np.empty(0, np.uint8))


class Words(Protocol):
    """The terms of a catalogue's items; row r is row r of the vector index."""

    @property
    def count(self) -> int:
        """How many items there are."""

    def postings(self, term: str) -> Postings:
        """The rows that hold a term; none if no item does."""


def entries_of(name: str, value: Any, category: str | None) -> list[Entry]:
    """What the index holds of one value of a field: texts, lists of texts and whole numbers.

    A value that may be a code is held as one term, too, so that it is found however it is spaced.
    """
    if name in _SKIPPED or value is None or isinstance(value, (bool, float)):
        return []
    if isinstance(value, list):
        return [entry for one in value for entry in entries_of(name, one, category)]
    text = str(value)
    code = code_of(text) if _may_be_code(name, text) else ""
    codes = [(code, CODE, 0)] if code else []
    if name in ("id", "group_id"):
        return codes
    terms = terms_of(text)
    if name == "title":
        count = min(len(terms), _MOST_TITLE_WORDS)
        return [(term, TITLE, count) for term in terms]
    strength = DESCRIPTION if name == "description" else ATTRIBUTE
    return codes + [(term, TITLE if name == category else strength, 0) for term in terms]


def _may_be_code(name: str, text: str) -> bool:
    if name in ("title", "description") or len(text) > _LONGEST_CODE:
        return False
    return name in _CODES or any(letter.isdigit() for letter in text)


class WordIndex:
    """See `Words`. Read-only, safe across threads; `terms` are in the order of their code points.

    Example:
        >>> index = WordIndex.load(folder / WORDS_FILE, count=600)
        >>> index.postings("dress").rows
    """

    def __init__(self, table: pa.Table, count: int) -> None:
        self.count = count
        whole = [_only_chunk(table[name]) for name in _COLUMNS]
        self.terms: pa.StringArray = whole[0]
        self._starts = numbers_of(whole[1].offsets)
        self._all = Postings(*(numbers_of(column.values) for column in whole[1:]))

    @classmethod
    def load(cls, path: Path, count: int) -> WordIndex:
        """Map a file that `build_word_table` made the content of.

        Raises:
            ArtefactError: if it is not such a file.
        """
        try:
            table = pa.ipc.open_file(map_file(path)).read_all()
            return cls(table, count)
        except (OSError, pa.ArrowException, KeyError, AttributeError):
            raise ArtefactError(path, "is not an index of words") from None

    @classmethod
    def of_version(cls, folder: Path, manifest: Mapping[str, Any]) -> WordIndex | None:
        """The words of a version whose checksums were verified; None if it was built without."""
        known = WORDS_FILE in manifest["files"]
        return cls.load(folder / WORDS_FILE, int(manifest["count"])) if known else None

    def postings(self, term: str) -> Postings:
        place = bisect_left(self.terms, term, key=pa.StringScalar.as_py)
        if place == len(self.terms) or self.terms[place].as_py() != term:
            return NO_POSTINGS
        return self._all.at(slice(self._starts[place], self._starts[place + 1]))


def build_word_table(items: pa.Table, category: str | None) -> pa.Table:
    """The content of an index of words: one row for each term; row r of a posting is item r."""
    collected = _Entries()
    for name in items.column_names:
        if name not in _SKIPPED:
            _add_column(collected, name, items[name], category)
    return collected.table()


class _Entries:
    """Numbers of terms, rows, strengths and lengths of titles, in blocks of one field each."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._blocks: list[tuple[NDArray[np.int64], ...]] = []

    def add(self, rows: NDArray[np.int64], values: Iterable[list[Entry]]) -> None:
        """The entries of distinct values; `rows` (m, 2) has pairs of a row and a value's place."""
        flat: list[tuple[int, int, int]] = []
        starts = [0]
        for entries in values:
            for term, strength, words in entries:
                flat.append((self._numbers.setdefault(term, len(self._numbers)), strength, words))
            starts.append(len(flat))
        if not flat:
            return
        held, begin = np.array(flat, np.int64), np.array(starts, np.int64)
        lengths = np.diff(begin)[rows[:, 1]]
        # The places in `flat` of each row's entries, one row after the other.
        before = np.repeat(begin[rows[:, 1]] - (np.cumsum(lengths) - lengths), lengths)
        picked = held[before + np.arange(lengths.sum())]
        self._blocks.append((picked[:, 0], np.repeat(rows[:, 0], lengths), *picked[:, 1:].T))

    def table(self) -> pa.Table:
        names = sorted(self._numbers)
        rank = np.empty(len(names), np.int64)
        rank[[self._numbers[name] for name in names]] = np.arange(len(names))
        blocks = self._blocks or [tuple(np.empty(0, np.int64) for _ in range(4))]
        term, row, strength, words = (np.concatenate(part) for part in zip(*blocks, strict=True))
        order = np.lexsort((row, rank[term]))
        term, row = rank[term][order], row[order]
        # A term that stands in several fields of an item counts by the strongest.
        new = np.ones(len(term), np.bool_)
        new[1:] = (term[1:] != term[:-1]) | (row[1:] != row[:-1])
        first = np.flatnonzero(new)
        offsets = np.searchsorted(term[first], np.arange(len(names) + 1)).astype(np.int32)
        columns = (
            row[first].astype(np.int32),
            _largest(strength[order], first),
            _largest(words[order], first),
        )
        lists = [pa.ListArray.from_arrays(pa.array(offsets), pa.array(c)) for c in columns]
        return pa.table(dict(zip(_COLUMNS, [pa.array(names, pa.string()), *lists], strict=True)))


def _largest(values: NDArray[np.int64], first: NDArray[np.int64]) -> NDArray[np.uint8]:
    return (np.maximum.reduceat(values, first) if len(first) else values).astype(np.uint8)


def _add_column(
    collected: _Entries, name: str, column: pa.ChunkedArray, category: str | None
) -> None:
    whole = column.combine_chunks()
    if pa.types.is_list(whole.type):
        lengths = np.diff(np.asarray(whole.offsets)) * np.asarray(whole.is_valid())
        rows, whole = np.repeat(np.arange(len(whole)), lengths), whole.flatten()
    elif whole.type in (pa.string(), pa.int64()):
        rows = np.flatnonzero(np.asarray(whole.is_valid()))
        whole = whole.drop_null()
    else:
        return
    encoded = whole.dictionary_encode()
    pairs = np.stack([rows, np.asarray(encoded.indices).astype(np.int64)], axis=1)
    values = (entries_of(name, value, category) for value in encoded.dictionary.to_pylist())
    collected.add(pairs, values)


def write_word_table(table: pa.Table, path: Path) -> None:
    """Write what `WordIndex.load` maps."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def entries_of_item(fields: Mapping[str, Any], category: str | None) -> Iterator[Entry]:
    """The entries of all fields of an item; a term may come several times."""
    for name, value in fields.items():
        yield from entries_of(name, value, category)


def _only_chunk(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
