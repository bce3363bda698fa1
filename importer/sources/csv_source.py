"""CSV files, and the Kaggle folder whose table is one."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, BinaryIO

from importer.sources.source_rows import NO_COLUMNS, Record
from twinset.errors import CatalogueError

KAGGLE_TABLE = "styles.csv"
KAGGLE_IMAGES = "images"
# A base64 image of 8 MiB fits into a field; the csv module keeps one limit for the process.
_FIELD_LIMIT = 16 * 1024 * 1024
# A quote that is opened and never closed swallows no more than this.
_MAX_LINES_PER_ROW = 1000
_DELIMITERS = ",;\t|"


class CsvSource:
    """A CSV file with a header; the delimiter is the one most frequent in the header.

    With `overflow` a row with too many fields keeps its surplus, commas included, in the last
    column: the Kaggle table writes product names with commas and without quotes.
    """

    typed = False
    skipped: Sequence[str] = ()

    def __init__(self, path: Path, overflow: bool = False) -> None:
        csv.field_size_limit(_FIELD_LIMIT)
        self.files: Sequence[Path] = [path]
        self._overflow = overflow
        with path.open("rb") as file:
            header = _Lines(file).read_header()
        if header is None or "\r" in header.strip():
            raise CatalogueError(f"{path}: its header is not a line of UTF-8 text")
        self._delimiter = max(_DELIMITERS, key=header.count)
        self._header = names = [name.strip() for name in self._parse([header])]
        self.columns: Sequence[str] = names
        repeated = {name for name in names if name and names.count(name) > 1}
        if repeated:
            raise CatalogueError(f"{path}: column {min(repeated)!r} comes twice")

    def records(
        self,
        without: AbstractSet[str] = NO_COLUMNS,  # noqa: ARG002 - a line is parsed whole
    ) -> Iterator[Record]:
        path = self.files[0]
        with path.open("rb") as file:
            lines = _Lines(file)
            lines.read_header()
            while not lines.at_end():
                number = lines.number + 1
                values, fault = self._next_row(lines)
                if values or fault:
                    yield Record(path.name, number, self._fields(values), fault)

    def _next_row(self, lines: _Lines) -> tuple[list[str], str | None]:
        """Values of the row that starts at the next line, and what is wrong with it.

        A quote that is not closed, or not where it should be, counts as a plain character: the
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
        if values and len(values) != len(self._header):
            lines.keep_only_first()
            return values, "wrong number of fields"
        return values, None

    def _parse(self, lines: Iterable[str], strict: bool = False) -> list[str]:
        return next(csv.reader(lines, delimiter=self._delimiter, strict=strict), [])

    def _fields(self, values: Sequence[str]) -> Mapping[str, Any]:
        return dict(zip(self._header, values, strict=False))


class KaggleSource(CsvSource):
    """The Kaggle fashion set: `styles.csv`, and each image at `images/<id>.jpg`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / KAGGLE_TABLE, overflow=True)
        self.columns = [*self._header, "image_path"]

    def _fields(self, values: Sequence[str]) -> Mapping[str, Any]:
        # The table was written by pandas, whose NA means no value.
        fields = {k: None if v == "NA" else v for k, v in super()._fields(values).items()}
        return {**fields, "image_path": f"{fields.get('id', '')}.jpg"}


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
        """The first line, or None where it is missing or not UTF-8 text."""
        line = self._next()
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
        while len(self._taken) < _MAX_LINES_PER_ROW and (line := self._next()) is not None:
            self._taken.append(line)
            yield line

    def keep_only_first(self) -> str:
        """The first line of the row; its other lines are handed back."""
        first, *rest = self._taken
        self._taken = [first]
        self._waiting.extendleft(reversed(rest))
        self.number -= len(rest)
        return first

    def _next(self) -> str | None:
        line = self._waiting.popleft() if self._waiting else self._read()
        if line is not None:
            self.number += 1
        return line

    def _read(self) -> str | None:
        line = self._file.readline()
        return line.decode("utf-8", errors="surrogateescape") if line else None


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
