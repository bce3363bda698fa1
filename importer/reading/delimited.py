"""Delimited text: CSV and its relatives, with a header, in UTF-8."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, BinaryIO

from importer.reading.records import NO_COLUMNS, Record
from twinset.errors import CatalogueError

# A base64 image of 8 MiB fits into a field; the csv module keeps one limit for the process.
_FIELD_LIMIT = 16 * 1024 * 1024
# A quote that is opened and never closed swallows no more than this.
_MAX_LINES_PER_ROW = 1000
_DELIMITERS = ",;\t|^~"
_SAMPLE_LINES = 50
_MOST_TITLES, _LEAST_COLUMNS = 4, 3
_SEPARATOR_LINE = re.compile(r"\ufeff?sep=([,;\t|])", re.IGNORECASE)  # as Excel writes and reads it
# Amazon's templates have up to five lines above the names of their fields.
_AMAZON_NAME = re.compile(r"(^|[,;\t\"])(item_sku|contribution_sku#1\.value)($|[,;\t\"\r\n])")
_AMAZON_LINES = 6
_INDEXED = re.compile(r"\[\d+\]")


class CsvSource:
    """A delimited file with a header.

    The delimiter is the one that cuts the first rows into as many fields as the header, unless it
    is given. Columns of one name, and such as `tag[0]` and `tag[1]`, or `image[0].url`, become one
    field with a list. A line of hints above the header, as Meta's template has it, is passed over,
    as are titles. Quotes within a value are doubled, or stand behind a backslash.
    With `overflow` the last column takes the surplus of a row with too many fields:
    the Kaggle table writes product names with commas and without quotes.

    Raises:
        CatalogueError: if its first line is no header.
    """

    typed = False
    skipped: Sequence[str] = ()

    def __init__(self, path: Path, delimiter: str | None = None, overflow: bool = False) -> None:
        csv.field_size_limit(_FIELD_LIMIT)
        self.files: Sequence[Path] = [path]
        self._overflow = overflow
        with path.open("rb") as file:
            lines = _Lines(file)
            header = lines.read_header()
            separator = None if header is None else _SEPARATOR_LINE.fullmatch(header.strip())
            if header is not None and (separator or _is_hints(header)):
                header = lines.read_header()
            header, sample = _below_titles(header, lines)
            while sample and header is not None and not _AMAZON_NAME.search(header):
                if not any(map(_AMAZON_NAME.search, sample[:_AMAZON_LINES])):
                    break
                header = sample.pop(0)
            self._first_row = lines.number - len(sample)
        if header is None and path.stat().st_size == 0:
            raise CatalogueError(f"{path}: is empty")
        if header is None or "\r" in header.strip():
            raise CatalogueError(f"{path}: its header is not a line of UTF-8 text")
        told = separator[1] if separator else None
        self._delimiter = delimiter or told or _delimiter_of(header, sample)
        within = re.compile(rf'\\"[^"\r\n{re.escape(self._delimiter)}]')
        self._escape = "\\" if any(map(within.search, sample)) else None
        self._header = [name.strip() for name in self._parse([header])]
        plain = [_INDEXED.sub("", name) for name in self._header]
        self._lists = {name for name in plain if name and plain.count(name) > 1}
        self._names = plain if self._lists else self._header
        self.columns: Sequence[str] = list(dict.fromkeys(self._names))

    def records(
        self,
        without: AbstractSet[str] = NO_COLUMNS,  # noqa: ARG002 - a line is parsed whole
    ) -> Iterator[Record]:
        path = self.files[0]
        with path.open("rb") as file:
            lines = _Lines(file)
            for _ in range(self._first_row):
                lines.next()
            while not lines.at_end():
                number = lines.number + 1
                values, fault = self._next_row(lines)
                if fault or any(value.strip() for value in values):
                    yield Record(path.name, number, self._fields(values), fault)

    def _next_row(self, lines: _Lines) -> tuple[list[str], str | None]:
        """Values of the row that starts at the next line, and what is wrong with it.

        A quote that is not closed, or not in its place, counts as a plain character: the
        first line is read by itself, and no other row is lost.
        """
        try:
            values = self._parse(lines.begin_row(), strict=True)
        except csv.Error:
            try:
                values = self._parse([lines.keep_only_first()])
            except csv.Error:
                return [], "line is not valid CSV"
        if self._overflow and len(values) > len(self._header):
            last = len(self._header) - 1
            values[last:] = [self._delimiter.join(values[last:])]
        surplus = values[len(self._header) :]
        if surplus and not any(one.strip() for one in surplus):
            del values[len(self._header) :]
        if 1 < len(values) < len(self._header) and self._is_cut(lines):
            values += [""] * (len(self._header) - len(values))
        if values and len(values) != len(self._header):
            lines.keep_only_first()
            return values, "wrong number of fields"
        return values, None

    def _is_cut(self, lines: _Lines) -> bool:
        """True if a row lacks its last fields alone, as tools that drop blank cells write it."""
        return not self._overflow and '"' not in lines.first_of_row

    def _parse(self, lines: Iterable[str], strict: bool = False) -> list[str]:
        form: dict[str, Any] = {"delimiter": self._delimiter, "escapechar": self._escape}
        return next(csv.reader(lines, strict=strict, **form), [])

    def _fields(self, values: Sequence[str]) -> Mapping[str, Any]:
        if not self._lists:
            return dict(zip(self._header, values, strict=False))
        fields: dict[str, Any] = {}
        for name, value in zip(self._names, values, strict=False):
            if name not in self._lists:
                fields[name] = value
            elif value.strip():
                fields.setdefault(name, []).append(value.strip())
        return {name: fields.get(name) for name in self.columns}


def _below_titles(header: str | None, lines: _Lines) -> tuple[str | None, list[str]]:
    """The header, and the lines below it; a line above it that says one thing is a title."""
    sample = [line for line in (lines.next() for _ in range(_SAMPLE_LINES)) if line]
    while header is not None and sample and _is_title(header, sample):
        header = sample.pop(0).removeprefix("\ufeff")
        while sample and not header.strip(" \t\r\n,;|"):
            header = sample.pop(0)
    return header, sample


def _is_title(line: str, below: Sequence[str]) -> bool:
    """True for a line with one value above lines with several, of which the next is a header."""

    def values(text: str) -> int:
        delimiter = _delimiter_of(text, below)
        try:
            row = next(csv.reader([text], delimiter=delimiter), [])
        except csv.Error:
            return 0
        return sum(bool(one.strip()) for one in row)

    filled = [one for one in below[:_MOST_TITLES] if one.strip(" \t\r\n,;|")]
    return values(line) == 1 and any(values(one) >= _LEAST_COLUMNS for one in filled)


def _delimiter_of(header: str, sample: Sequence[str]) -> str:
    """The delimiter that splits the most rows of the sample as it splits the header."""

    def fits(delimiter: str) -> tuple[int, int]:
        width = len(next(csv.reader([header], delimiter=delimiter), []))
        rows = csv.reader(sample, delimiter=delimiter)
        try:
            same = sum(len(row) == width for row in rows) if width > 1 else 0
        except csv.Error:
            same = 0
        return same, header.count(delimiter)

    return max(_DELIMITERS, key=fits)


def _is_hints(line: str) -> bool:
    """True for the line above the header in which templates say what each column takes."""
    cells = line.split(",")
    return sum(cell.strip().strip('"').startswith("# ") for cell in cells) > len(cells) / 2


class _Lines:
    """Lines of a file as text, numbered from 1, that can be handed back.

    Bytes that are not UTF-8 become surrogates, so that only the row that has them is refused.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self.number = 0

    def read_header(self) -> str | None:
        """The next line that is not blank, or None if it is missing or not UTF-8 text."""
        line = self.next()
        while line is not None and not line.strip(" \t\r\n,;|\ufeff"):
            line = self.next()
        if line is None or not line.strip() or "\0" in line or not _is_unicode(line):
            return None
        return line.removeprefix("\ufeff")

    def at_end(self) -> bool:
        if not self._waiting:
            line = self._read()
            if line is None:
                return True
            self._waiting.append(line)
        return False

    def begin_row(self) -> Iterator[str]:
        """Lines from here on, for the csv module to take as many as one row spans."""
        self._taken = []
        while len(self._taken) < _MAX_LINES_PER_ROW and (line := self.next()) is not None:
            self._taken.append(line)
            yield line

    def keep_only_first(self) -> str:
        """The first line of the row; its other lines are handed back."""
        first, *rest = self._taken
        self._taken = [first]
        self._waiting.extendleft(reversed(rest))
        self.number -= len(rest)
        return first

    @property
    def first_of_row(self) -> str:
        """The first line of the row that was read last."""
        return self._taken[0] if self._taken else ""

    def next(self) -> str | None:
        """The next line; None at the end."""
        line = self._waiting.popleft() if self._waiting else self._read()
        if line is not None:
            self.number += 1
        return line

    def _read(self) -> str | None:
        line = self._file.readline()
        return line.decode("utf-8", errors="surrogateescape") if line else None


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
