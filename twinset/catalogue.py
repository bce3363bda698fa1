"""The catalogue: one Parquet file of products, the input of every stage.

Columns: `id` (string, unique), `title`, and optionally `description`, `group_id` (variants of one
style), `price`, `available`, `image` (encoded bytes) or `image_path` (relative to the file), and
`further_images` (a list of encoded bytes: further pictures of the item, in their order).
Every other column is an attribute: a string, a list of strings, a whole or decimal number, or a
truth value. The file's metadata says which attribute is the category, which words are embedded, and
when the shop wrote the feed (`CatalogueNotes`).

Images are read one row group at a time; a catalogue is never whole in memory.
"""

from __future__ import annotations

import errno
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from twinset.artefacts import in_use, sweep_staging, sync_folder
from twinset.errors import CatalogueError

SCHEMA_VERSION = 1
ROWS_PER_GROUP = 256
METADATA_KEY = b"twinset"
FIXED_COLUMNS: Mapping[str, pa.DataType] = {
    "id": pa.string(),
    "title": pa.string(),
    "description": pa.string(),
    "group_id": pa.string(),
    "price": pa.float64(),
    "available": pa.bool_(),
    "image": pa.binary(),
    "image_path": pa.string(),
    "further_images": pa.list_(pa.binary()),
}
IMAGE_COLUMNS = ("image", "image_path")
FURTHER_IMAGES = "further_images"
MOST_FURTHER = 16  # further pictures of an item
PICTURE_COLUMNS = (*IMAGE_COLUMNS, FURTHER_IMAGES)
# Rows are written to the disk before so many bytes of pictures wait in memory.
_MOST_WAITING_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True)
class CatalogueNotes:
    """What a catalogue says of itself.

    `category` names the attribute that is the kind, or is None. `text_template` are the words that
    are embedded, see `render_text`; None leaves them to the encoder. `as_of` is when the shop wrote
    the feed; None is the time of the file.
    """

    category: str | None = None
    text_template: str | None = None
    as_of: datetime | None = None


class Catalogue:
    """A catalogue file, opened and checked; rows stay in file order.

    Raises:
        CatalogueError: if the file is missing, not Parquet, or breaks the column rules above.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
        except FileNotFoundError:
            raise CatalogueError(f"{path}: not found") from None
        except (OSError, pa.ArrowException):
            raise CatalogueError(f"{path}: cannot be read as a Parquet file") from None
        self.schema = self._file.schema_arrow
        self.notes = self._read_notes()
        self.category = self.notes.category
        self._check_columns()

    def __len__(self) -> int:
        return int(self._file.metadata.num_rows)

    @property
    def attributes(self) -> list[str]:
        """Names of the attribute columns, in file order."""
        return [name for name in self.schema.names if name not in FIXED_COLUMNS]

    def rows(self, columns: Sequence[str] | None = None) -> pa.Table:
        """The named columns that exist (by default all), images left out; (len(self), ...)."""
        wanted = self.schema.names if columns is None else columns
        names = [n for n in self.schema.names if n in wanted and n not in PICTURE_COLUMNS]
        try:
            return self._file.read(columns=names)
        except (OSError, pa.ArrowException):
            raise CatalogueError(f"{self.path}: is damaged") from None

    def images(self) -> Iterator[bytes | None]:
        """Encoded image of each row, in order; None if a product has none.

        `image` is preferred to `image_path`. A path that leaves the catalogue's folder or cannot
        be read counts as no image.
        """
        columns = [name for name in IMAGE_COLUMNS if name in self.schema.names]
        for group in range(self._file.metadata.num_row_groups):
            if not columns:
                yield from [None] * self._file.metadata.row_group(group).num_rows
                continue
            for row in self._read_group(group, columns):
                data = row.get("image")
                yield self._read_path(row.get("image_path")) if data is None else data

    def further_images(self) -> Iterator[Sequence[bytes]]:
        """Encoded further pictures of each row, in order; an empty sequence if it has none."""
        for group in range(self._file.metadata.num_row_groups):
            if FURTHER_IMAGES not in self.schema.names:
                yield from [()] * self._file.metadata.row_group(group).num_rows
                continue
            for row in self._read_group(group, [FURTHER_IMAGES]):
                yield row[FURTHER_IMAGES] or ()

    def _read_group(self, group: int, columns: list[str]) -> Iterator[dict[str, Any]]:
        try:
            table = self._file.read_row_group(group, columns=columns)
        except (OSError, pa.ArrowException):
            raise CatalogueError(f"{self.path}: is damaged") from None
        # One row at a time: as a list, a group's images would be in memory twice.
        for batch in table.to_batches():
            for index in range(len(batch)):
                yield {name: batch[name][index].as_py() for name in columns}

    def _read_path(self, relative: str | None) -> bytes | None:
        if not relative:
            return None
        root = self.path.parent.resolve()
        try:
            path = (root / relative).resolve()
            return path.read_bytes() if path.is_relative_to(root) else None
        except (OSError, ValueError):
            return None  # ValueError: the path holds a NUL

    def _read_notes(self) -> CatalogueNotes:
        raw = (self.schema.metadata or {}).get(METADATA_KEY)
        if raw is None:
            raise CatalogueError(f"{self.path}: is not a catalogue; use `twinset import` first")
        try:
            metadata = json.loads(raw)
        except ValueError:
            metadata = None
        if not isinstance(metadata, dict) or metadata.get("schema_version") != SCHEMA_VERSION:
            raise CatalogueError(f"{self.path}: was written by another version of Twinset")
        category, template, as_of = map(metadata.get, ("category", "text_template", "as_of"))
        try:
            moment = None if as_of is None else datetime.fromisoformat(str(as_of))
        except ValueError:
            moment = None
        return CatalogueNotes(
            None if category is None else str(category),
            None if template is None else str(template),
            moment,
        )

    def _check_columns(self) -> None:
        for name in ("id", "title"):
            if name not in self.schema.names:
                raise CatalogueError(f"{self.path}: has no column {name!r}")
        for field in self.schema:
            expected = FIXED_COLUMNS.get(field.name)
            fits = is_attribute_type(field.type) if expected is None else field.type == expected
            if not fits:
                raise CatalogueError(f"{self.path}: column {field.name!r} is {field.type}")
        if self.category is not None and self.category not in self.attributes:
            raise CatalogueError(f"{self.path}: category {self.category!r} is not an attribute")


def is_attribute_type(kind: pa.DataType) -> bool:
    """True for the Arrow types of attributes: string, list of strings, int64, float64, bool."""
    plain = (pa.string(), pa.int64(), pa.float64(), pa.bool_())
    return kind in plain or (pa.types.is_list(kind) and kind.value_type == pa.string())


class CatalogueWriter:
    """Writes a catalogue row by row; the file appears under its name when the block ends well.

    `attributes` maps each attribute to its Arrow type; `category` names one of them or is None.
    `notes` say more, their category is not looked at.
    """

    def __init__(
        self,
        path: Path,
        attributes: Mapping[str, pa.DataType],
        category: str | None,
        notes: CatalogueNotes | None = None,
    ) -> None:
        said: dict[str, Any] = {"schema_version": SCHEMA_VERSION, "category": category}
        if notes is not None:
            said["text_template"] = notes.text_template
            said["as_of"] = None if notes.as_of is None else notes.as_of.isoformat()
        metadata = json.dumps(said)
        self._schema = pa.schema(
            [*FIXED_COLUMNS.items(), *attributes.items()],
            metadata={METADATA_KEY: metadata.encode()},
        )
        self._path = path
        self._staging = path.parent / f".{path.name}.{os.getpid()}.tmp"
        self._stack = ExitStack()
        self._rows: list[Mapping[str, Any]] = []
        self._waiting_bytes = 0
        self.count = 0

    def __enter__(self) -> Self:
        require_writable(self._path)
        sweep_staging(self._path)
        self._staging.touch()
        self._stack.enter_context(in_use(self._staging))
        # Pictures are compressed already, and none is like another: zstd, a dictionary and the
        # smallest and largest value pay on the other columns.
        others = _paths_without_pictures(self._schema)
        self._writer = pq.ParquetWriter(
            self._staging,
            self._schema,
            compression=dict.fromkeys(others, "zstd"),
            use_dictionary=others,
            write_statistics=others,
            write_page_checksum=True,
        )
        return self

    def write(self, row: Mapping[str, Any]) -> None:
        """Add a product; a key that the schema lacks is dropped, a missing one is null."""
        self._rows.append(row)
        self.count += 1
        pictures = (row.get("image"), *(row.get(FURTHER_IMAGES) or ()))
        self._waiting_bytes += sum(len(one) for one in pictures if one is not None)
        if len(self._rows) == ROWS_PER_GROUP or self._waiting_bytes > _MOST_WAITING_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            table = pa.Table.from_pylist(self._rows, schema=self._schema)
            try:
                self._writer.write_table(table)
            except OSError as error:
                # Arrow names no file; whoever reads "No space left on device" needs it.
                code = error.errno or errno.EIO
                raise OSError(code, os.strerror(code), str(self._path)) from None
            self._rows, self._waiting_bytes = [], 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            try:
                self._writer.close()
            finally:
                self._staging.unlink(missing_ok=True)
                self._stack.close()

    def _finish(self) -> None:
        self._flush()
        self._writer.close()
        with self._staging.open("rb") as file:
            os.fsync(file.fileno())
        self._staging.replace(self._path)
        sync_folder(self._path.parent)


def _paths_without_pictures(schema: pa.Schema) -> list[str]:
    """What Parquet calls the columns of a catalogue that hold no pictures."""
    others = [field for field in schema if field.name not in PICTURE_COLUMNS]
    return [
        f"{one.name}.list.element" if pa.types.is_list(one.type) else one.name for one in others
    ]


def require_writable(path: Path) -> None:
    """Find out before the work whether a catalogue can be written there; makes its folder.

    Raises:
        CatalogueError: if a folder, or something else than a file, stands there.
        OSError: if its folder cannot be made or written to.
    """
    if path.exists() and not path.is_file():
        raise CatalogueError(f"{path}: is not a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}."):
        pass
