"""The items of one index version: their fields in memory, their pictures on disk."""

from __future__ import annotations

import os
import weakref
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twinset.columns import Column, Columns, Mask, column_from_arrow, columns_from_table
from twinset.errors import ArtefactError
from twinset.index.mapped.mapped_columns import map_columns, write_columns
from twinset.index.mapped.mapped_files import map_file
from twinset.index.mapped.picture_places import PicturePlaces
from twinset.index.mapped.row_file import RowFile

# Free text is for reading; a filter on it would compare whole sentences.
_NOT_FILTERABLE = ("title", "description", "link")
# Where the picture of each item lies: its pack, a file beside the table, and its bytes in there.
# Versions of 0.1 have one pack, `images.bin`, and neither of the last two columns.
IMAGE_SCHEMA = pa.schema(
    [
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("type", pa.string()),
        ("pack", pa.string()),
        ("sha256", pa.binary(32)),
    ]
)
ONE_PACK = "images.bin"


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

    @property
    def titles(self) -> Column | None:
        """The titles, to sort by; None if the catalogue has none."""

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
    description. `mapped` is a copy of the table that `write_mapped` made, and `stored` what
    `write_columns` made of its columns: their pages are read when they are needed and shared by all
    processes, so that they take no memory of this one. `rows` is what `write_rows` made of the
    table: items are then read from it.

    Raises:
        ArtefactError: if the file is not Parquet, lacks an id, or holds one twice.
    """

    def __init__(
        self,
        path: Path,
        mapped: Path | None = None,
        stored: Path | None = None,
        rows: Path | None = None,
    ) -> None:
        table = _read_table(path) if mapped is None else _map_table(mapped)
        self._table, self._is_mapped = table.combine_chunks(), mapped is not None
        names = self._table.column_names
        # By field: the table would look its column and chunk up for each value.
        self._arrays = {name: _whole(self._table[name]) for name in names}
        if "id" not in self._table.column_names:
            raise ArtefactError(path, "has no column id")
        order: NDArray[np.int32] | None = None
        columns: dict[str, Column]
        if stored is None:
            names = [name for name in names if name not in _NOT_FILTERABLE]
            columns = columns_from_table(self._table, names)
        else:
            columns, order = map_columns(stored)
        self.columns: Columns = columns
        ids = columns["id"]
        if ids.vocabulary is None or len(ids.vocabulary) != len(ids) or not ids.present.all():
            raise ArtefactError(path, "lacks an id or holds one twice")
        self._ids = ids.vocabulary
        self._rows = None if rows is None else RowFile(rows, len(self._table))
        self._rows_by_id = np.argsort(ids.values).astype(np.int32) if order is None else order
        pa.default_memory_pool().release_unused()  # reading took several times the table

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def write_columns(self, path: Path) -> None:
        """Write the columns for a table that maps them, see `stored`."""
        write_columns(self.columns, self._rows_by_id, path)

    @property
    def memory(self) -> int:
        """Bytes that the fields take in this process; none if they are mapped."""
        return 0 if self._is_mapped else int(self._table.nbytes)

    @property
    def table(self) -> pa.Table:
        """All fields of all rows."""
        return self._table

    @cached_property
    def titles(self) -> Column | None:
        """The titles, to sort by; made when they are first asked for, since few lists are."""
        if "title" not in self._arrays:
            return None
        return column_from_arrow(self._table["title"])

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
        if self._rows is not None:
            return self._rows.item(row)
        return {name: array[row].as_py() for name, array in self._arrays.items()}

    def id_of(self, row: int) -> str:
        return str(self._arrays["id"][row].as_py())

    def row_of(self, item_id: str) -> int | None:
        """The row of an item, None if there is no such id."""
        code = self._ids.code(item_id)
        return None if code < 0 else int(self._rows_by_id[code])


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
    """Pictures of n items in packs, each served with one read; never whole in memory.

    `places` is the table that `IMAGE_SCHEMA` describes, `mapped` what `PicturePlaces.write` made of
    it; `has_image` (n,) says which rows have a picture. The packs stay open, so pictures can be
    read after the folder was pruned; they are closed when the store is no longer referenced.

    Raises:
        ArtefactError: if the table is not one of pictures, or names a pack that is missing or
            not among `listed`, the files whose checksums were verified.
    """

    def __init__(
        self, places: Path, listed: Collection[str] | None = None, mapped: Path | None = None
    ) -> None:
        found = PicturePlaces.mapped(mapped) if mapped is not None else read_places(places)
        self._places, self.packs = found, found.packs
        self.has_image: Mask = found.has_image
        self._descriptors = [_open_pack(places, name, listed) for name in self.packs]
        weakref.finalize(self, _close_all, self._descriptors)

    def __len__(self) -> int:
        return len(self.has_image)

    def read(self, row: int) -> StoredImage | None:
        """The picture of a row, None if the item has none. Safe from several threads."""
        if not self.has_image[row]:
            return None
        found = self._places
        pack = self._descriptors[found.pack[row]]
        data = os.pread(pack, int(found.lengths[row]), int(found.offsets[row]))
        return StoredImage(data, str(found.types[row].as_py()))


def read_places(path: Path) -> PicturePlaces:
    """The places in the table of a version.

    Raises:
        ArtefactError: if the file is not a table of pictures.
    """
    table = _read_table(path)
    if table.schema.names not in (IMAGE_SCHEMA.names, IMAGE_SCHEMA.names[:3]):
        raise ArtefactError(path, "does not list images")
    return PicturePlaces.of_table(table, ONE_PACK)


def _open_pack(places: Path, name: str, listed: Collection[str] | None) -> int:
    if listed is not None and name not in listed:
        raise ArtefactError(places, f"names {name}, which the manifest does not list")
    path = places.parent / name
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        raise ArtefactError(path, "is missing or cannot be read") from None


def _close_all(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def write_mapped(table: pa.Table, path: Path) -> None:
    """Write a table for `ItemTable` to map: uncompressed, in one piece."""
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table.combine_chunks())


def _map_table(path: Path) -> pa.Table:
    try:
        return pa.ipc.open_file(map_file(path)).read_all()
    except (OSError, pa.ArrowException):
        raise ArtefactError(path, "is not a table of items") from None


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
