"""pgvector as an engine of index versions, see `twinset.index.engines`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twinset.columns import Columns
from twinset.errors import ArtefactError
from twinset.index.pgvector.pgvector_fields import SqlFields
from twinset.index.pgvector.pgvector_index import PgvectorIndex
from twinset.index.pgvector.pgvector_tables import (
    Number,
    TableRecord,
    count_rows,
    create_table,
    drop_table,
)
from twinset.index.vector_index import VectorIndex, Vectors
from twinset.store.postgres_connection import require_address

FILE = "pgvector.json"
_NUMBERS: dict[str, Number] = {"pgvector": "vector", "pgvector-half": "halfvec"}


@dataclass(frozen=True)
class PgvectorEngine:
    """A table in PostgreSQL for each version; the folder holds its name."""

    kinds: tuple[str, ...] = tuple(_NUMBERS)
    file: str = FILE
    stores_fields: bool = False  # of live writes: those stay in each process until compaction

    def memory(self, kind: str, count: int, dimension: int) -> int:  # noqa: ARG002 - a server's
        """0: the server holds the vectors."""
        return 0

    def build(
        self,
        folder: Path,
        kind: str,
        vectors: Vectors,
        columns: Columns,
        on_rows: Callable[[int], None],
    ) -> VectorIndex:
        """Make the table of the version that is being written into `folder`.

        Raises:
            ConfigError, NotReady, InvalidInput: see `pgvector_tables.create_table`.
        """
        address = require_address()
        name = "twinset_" + folder.name.strip(".").split(".")[0].replace("-", "_").lower()
        fields = SqlFields.of(columns)
        record = TableRecord(name, _NUMBERS[kind], int(vectors.shape[1]), fields)
        record.save(folder / FILE)
        create_table(address, record, vectors, columns, on_rows)
        return PgvectorIndex(address, record, len(vectors))

    def open(self, folder: Path) -> VectorIndex:
        """The index of a version folder.

        Raises:
            ArtefactError: if the folder names no table, or one that PostgreSQL lacks.
            ConfigError, NotReady: if PostgreSQL is not named or does not answer.
        """
        address, record = require_address(), TableRecord.load(folder / FILE)
        count = count_rows(address, record.name)
        if count is None:
            raise ArtefactError(folder / FILE, "names a table that PostgreSQL does not have")
        return PgvectorIndex(address, record, count)

    def make_live(self, folder: Path) -> None:
        """Nothing follows the live version: the service searches the table that it names."""

    def drop(self, folder: Path) -> None:
        """Drop the table of the version, or of what a build left."""
        if (folder / FILE).is_file():
            drop_table(require_address(), TableRecord.load(folder / FILE).name)

    def is_shareable(self, folder: Path) -> bool:  # noqa: ARG002 - the same for every folder
        """True: any number of processes can search a table."""
        return True
