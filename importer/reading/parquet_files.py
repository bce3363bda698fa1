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
from importer.reading.records import NO_COLUMNS, Record
from twinset.errors import CatalogueError

_BATCH_ROWS = 256


@dataclass
class ParquetSource:
    """One or several Parquet files, read as one table; files without products are skipped."""

    paths: Sequence[Path]
    mapping: Mapping[str, str]
    columns: Sequence[str] = field(init=False)
    files: Sequence[Path] = field(init=False)
    skipped: Sequence[str] = field(init=False)
    typed: bool = True

    def __post_init__(self) -> None:
        schemas = {path: _open_parquet(path).schema_arrow.names for path in self.paths}
        several = len(schemas) > 1
        wanted = [p for p, names in schemas.items() if not several or self._fits(names)]
        if not wanted:
            names = ", ".join(path.name for path in self.paths)
            raise CatalogueError(f"no file with an id and a title column among {names}")
        self.files = wanted
        self.skipped = [path.name for path in schemas if path not in wanted]
        self.columns = list(dict.fromkeys(name for path in wanted for name in schemas[path]))

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
                        yield Record(path.name, line, fields, fault)
                        line += 1
            except (OSError, pa.ArrowException) as error:
                raise CatalogueError(f"{path}: cannot be read beyond row {line}") from error


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
