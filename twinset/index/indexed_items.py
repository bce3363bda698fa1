"""The items of one index version: their fields in memory, their pictures on disk."""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from twinset.columns import Column, Columns, Mask, columns_from_table, numbers_of
from twinset.errors import ArtefactError

# Free text is for reading; a filter on it would compare whole sentences.
_NOT_FILTERABLE = ("title", "description", "link")
IMAGE_SCHEMA = pa.schema([("offset", pa.int64()), ("length", pa.int64()), ("type", pa.string())])


class Items(Protocol):
    """The fields of n items; row r is row r of the vector index.

    `columns` holds the fields that filters, facets and groups work on: all but title and
    description.
    """

    @property
    def columns(self) -> Columns: ...

    @property
    def names(self) -> list[str]:
        """Names of all fields, in catalogue order."""

    def __len__(self) -> int: ...

    def item(self, row: int) -> dict[str, Any]:
        """All fields of a row by name; None if the item has no value."""

    def id_of(self, row: int) -> str: ...

    def row_of(self, item_id: str) -> int | None:
        """The row of an item, None if there is no such id."""

    @property
    def layers(self) -> Layers:
        """The table as it was built, and what live writes laid over it."""


class ItemTable:
    """Every field of n items, read-only; row r is row r of the vector index.

    `columns` holds the fields that filters, facets and groups work on: all but title and
    description.

    Raises:
        ArtefactError: if the file is not Parquet, lacks an id, or holds one twice.
    """

    def __init__(self, path: Path) -> None:
        self._table = _read_table(path).combine_chunks()
        names = self._table.column_names
        # By field: the table would look its column and chunk up for each value.
        self._arrays = {name: _whole(self._table[name]) for name in names}
        if "id" not in self._table.column_names:
            raise ArtefactError(path, "has no column id")
        names = [name for name in names if name not in _NOT_FILTERABLE]
        columns: dict[str, Column] = columns_from_table(self._table, names)
        self.columns: Columns = columns
        ids = columns["id"]
        if ids.vocabulary is None or len(ids.vocabulary) != len(ids) or not ids.present.all():
            raise ArtefactError(path, "lacks an id or holds one twice")
        self._ids = ids.vocabulary
        self._row_of_code = np.argsort(ids.values).astype(np.int32)
        pa.default_memory_pool().release_unused()  # reading took several times the table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    @property
    def table(self) -> pa.Table:
        """All fields of all rows."""
        return self._table

    @property
    def layers(self) -> Layers:
        """Itself, with nothing over it."""
        return Layers(self)

    @property
    def names(self) -> list[str]:
        """Names of all fields, in catalogue order."""
        return list(self._table.column_names)

    def item(self, row: int) -> dict[str, Any]:
        """All fields of a row by name; None if the item has no value."""
        return {name: array[row].as_py() for name, array in self._arrays.items()}

    def id_of(self, row: int) -> str:
        return str(self._arrays["id"][row].as_py())

    def row_of(self, item_id: str) -> int | None:
        """The row of an item, None if there is no such id."""
        code = self._ids.code(item_id)
        return None if code < 0 else int(self._row_of_code[code])


@dataclass(frozen=True)
class Layers:
    """A table, and the rows that live writes changed: each with all of its fields, or dead.

    Rows behind the table's last are new items. The fields of a row are the same object in one
    version and in the next if no write touched the row between them.
    """

    base: ItemTable
    changes: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    dead: frozenset[int] = frozenset()


@dataclass(frozen=True)
class StoredImage:
    """An item's picture as the catalogue gave it: encoded bytes and their media type."""

    data: bytes
    media_type: str


class Images(Protocol):
    """The pictures of n items; `has_image` (n,) says which rows have one."""

    @property
    def has_image(self) -> Mask: ...

    def __len__(self) -> int: ...

    def read(self, row: int) -> StoredImage | None:
        """The picture of a row, None if the item has none. Safe from several threads."""


class ImageStore:
    """Pictures of n items in one file, each served with one read; never whole in memory.

    `has_image` (n,) says which rows have one. The file stays open, so pictures can be read after
    the folder was pruned; it is closed when the store is no longer referenced.
    """

    def __init__(self, data: Path, places: Path) -> None:
        table = _read_table(places)
        if table.schema.names != IMAGE_SCHEMA.names:
            raise ArtefactError(places, "does not list images")
        self._offsets = numbers_of(table["offset"].combine_chunks())
        self._lengths = numbers_of(table["length"].combine_chunks())
        self._types = table["type"].combine_chunks().dictionary_encode()
        self.has_image: Mask = self._lengths > 0
        self._descriptor = os.open(data, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._descriptor)

    def __len__(self) -> int:
        return len(self._lengths)

    def read(self, row: int) -> StoredImage | None:
        """The picture of a row, None if the item has none. Safe from several threads."""
        if not self.has_image[row]:
            return None
        length = int(self._lengths[row])
        data = os.pread(self._descriptor, length, int(self._offsets[row]))
        return StoredImage(data, str(self._types[row].as_py()))


def _whole(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The one chunk of a column, without a copy; the column if it takes more than one."""
    return column.chunk(0) if column.num_chunks == 1 else column


def _read_table(path: Path) -> pa.Table:
    try:
        # Not `pq.read_table`: its scanner and threads hold on to memory that a service lacks.
        with pq.ParquetFile(path) as file:
            return file.read(use_threads=False)
    except (OSError, pa.ArrowException):
        raise ArtefactError(path, "is not a Parquet file") from None
