"""Rows of a source, one at a time, bad ones included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

NO_COLUMNS: frozenset[str] = frozenset()
_FIRST_ROWS = 1000


@dataclass(frozen=True)
class Record:
    """A row as its source holds it.

    `line` is its line in `file`, from 1 with the header counted, or the number of the row or
    element if the file has no lines. If `fault` is set, the row could not be read, and `fields`
    has what there is of it.
    """

    file: str
    line: int
    fields: Mapping[str, Any]
    fault: str | None = None


class Source(Protocol):
    """Rows of one source; it can be read as often as needed.

    `typed` is true if values have types of their own (a text is meant as text). `skipped` names
    files that hold no products.
    """

    @property
    def columns(self) -> Sequence[str]: ...

    @property
    def files(self) -> Sequence[Path]: ...

    @property
    def typed(self) -> bool: ...

    @property
    def skipped(self) -> Sequence[str]: ...

    def records(self, without: AbstractSet[str] = NO_COLUMNS) -> Iterator[Record]:
        """Every row in order; columns in `without` may be left out."""
        ...


def column_names(records: Iterator[Record]) -> list[str]:
    """The fields that any of the rows has, in the order in which they first come."""
    return list(dict.fromkeys(name for record in records for name in record.fields))


def empty_columns(source: Source) -> frozenset[str]:
    """Columns without a value in the first thousand rows of a source whose values are all texts."""
    if source.typed:
        return NO_COLUMNS
    empty = set(source.columns)
    for record in islice(source.records(), _FIRST_ROWS):
        empty -= {name for name in empty if record.fields.get(name) not in (None, "", [])}
    return frozenset(empty)


class ReadOnce:
    """A small source whose rows are kept, so that its later passes need not parse it again."""

    def __init__(self, source: Source) -> None:
        self._kept = list(source.records())
        self.columns: Sequence[str] = column_names(iter(self._kept)) or source.columns
        self.files: Sequence[Path] = source.files
        self.skipped: Sequence[str] = source.skipped
        self.typed = source.typed

    def records(self, without: AbstractSet[str] = NO_COLUMNS) -> Iterator[Record]:  # noqa: ARG002
        """Every row in order; `without` would save nothing here."""
        yield from self._kept
