"""Parquet files, one or several, read as one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from importer.column_mapping import has_products
from importer.reading.json_rows import flat
from importer.reading.records import NO_COLUMNS, Record, column_names
from twinset.errors import CatalogueError

_BATCH_ROWS = 256


@dataclass
class ParquetSource:
    """One or several Parquet files, read as one table; files without products are skipped.

    Objects become fields as those of JSON do: `{"colour": "red"}` in `attributes` is `colour`.
    """

    paths: Sequence[Path]
    mapping: Mapping[str, str]
    columns: Sequence[str] = field(init=False)
    files: Sequence[Path] = field(init=False)
    skipped: Sequence[str] = field(init=False)
    typed: bool = True

    def __post_init__(self) -> None:
        opened = {path: _open_parquet(path).schema_arrow for path in self.paths}
        schemas = {path: schema.names for path, schema in opened.items()}
        several = len(schemas) > 1
        wanted = [p for p, names in schemas.items() if not several or self._fits(names)]
        if not wanted:
            names = ", ".join(path.name for path in self.paths)
            raise CatalogueError(f"no file with an id and a title column among {names}")
        self.files = wanted
        self.skipped = [path.name for path in schemas if path not in wanted]
        fields = [field for path in wanted for field in opened[path]]
        self._nested = {field.name for field in fields if _is_nested(field.type)}
        self.columns = list(dict.fromkeys(field.name for field in fields))
        if self._nested:
            self.columns = self._flat_names()

    def _flat_names(self) -> list[str]:
        """The columns, those of objects by the names that any row gives them."""
        plain = {name for name in self.columns if name not in self._nested}
        inside = column_names(self.records(without=plain))
        below = [name for name in inside if name not in plain]
        return [*(name for name in self.columns if name in plain), *below]

    def _fits(self, names: Sequence[str]) -> bool:
        return has_products(names, self.mapping)

    def records(self, without: AbstractSet[str] = NO_COLUMNS) -> Iterator[Record]:
        for path in self.files:
            file = _open_parquet(path)
            columns = [name for name in file.schema_arrow.names if name not in without]
            line = 1
            try:
                for batch in file.iter_batches(_BATCH_ROWS, columns=columns):
                    for fields, fault in _batch_rows(batch):
                        named = flat(fields) if self._nested else fields
                        yield Record(path.name, line, named, fault)
                        line += 1
            except (OSError, pa.ArrowException) as error:
                raise CatalogueError(f"{path}: cannot be read beyond row {line}") from error


def _is_nested(kind: pa.DataType) -> bool:
    """True for objects and lists of them, as JSON has them; not for pictures with their bytes."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _is_nested(kind.value_type)
    return bool(pa.types.is_struct(kind) and kind.get_field_index("bytes") < 0)


def _open_parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise CatalogueError(f"{path}: not found") from None
    except (OSError, pa.ArrowException):
        raise CatalogueError(f"{path}: is not a Parquet file") from None


def _batch_rows(batch: pa.RecordBatch) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    try:
        rows = batch.to_pylist()
    except UnicodeDecodeError:
        # Arrow does not check text when it reads; find the rows at fault one by one.
        for index in range(len(batch)):
            try:
                yield batch.slice(index, 1).to_pylist()[0], None
            except UnicodeDecodeError:
                yield {}, "text is not valid UTF-8"
    else:
        yield from ((row, None) for row in rows)
