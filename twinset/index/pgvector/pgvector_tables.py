"""Tables of vectors and fields: made, filled, indexed, dropped.

A table is never changed once it is filled. The version folder names it in `pgvector.json`, which is
written before the table is made: what a killed build left can be found and dropped.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from twinset.columns import Columns
from twinset.errors import ArtefactError, ConfigError
from twinset.index.copies import first_copies
from twinset.index.pgvector.pgvector_fields import COLUMN_TYPES, SqlFields, SqlKind
from twinset.index.pgvector.pgvector_graph import Graph, index_vectors
from twinset.index.vector_index import Vectors
from twinset.store.postgres_connection import connection

Number = Literal["vector", "halfvec"]
# The numbers of a stored vector: 32 or 16 bits, as PostgreSQL sends them.
SENT: dict[Number, str] = {"vector": ">f4", "halfvec": ">f2"}
_BLOCK = 500


@dataclass(frozen=True)
class TableRecord:
    """What a version folder keeps of its table: enough to search and to drop it."""

    name: str
    number: Number
    dimension: int
    fields: SqlFields

    def save(self, path: Path) -> None:
        content = {
            "table": self.name,
            "number": self.number,
            "dimension": self.dimension,
            "fields": dict(self.fields.kinds),
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ArtefactError if the file is not what `save` writes."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            kinds: dict[str, SqlKind] = dict(content["fields"])
            name, number = str(content["table"]), content["number"]
            dimension = int(content["dimension"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ArtefactError(path, "does not name a table") from None
        if (
            not name.isidentifier()
            or number not in SENT
            or not set(kinds.values()) <= set(COLUMN_TYPES)
        ):
            raise ArtefactError(path, "does not name a table")
        return cls(name, number, dimension, SqlFields(kinds))


def create_table(
    address: str,
    record: TableRecord,
    vectors: Vectors,
    columns: Columns,
    on_rows: Callable[[int], None] | None = None,
) -> None:
    """Make, fill and index a table; one of that name is replaced.

    Raises:
        ConfigError: if the server has no pgvector of at least 0.8, or a setting of the graph does
            not fit.
        InvalidInput: if a field of an item does not fit; nothing is left behind.
        NotReady: if PostgreSQL does not answer.
    """
    graph = Graph.from_environment()
    drop_table(address, record.name)
    try:
        with connection(address) as connected:
            _require_pgvector(connected)
            connected.execute(_schema(record))
            _fill(connected, record, vectors, columns, on_rows)
            _index(address, connected, record, graph)
    except BaseException:
        drop_table(address, record.name)
        raise


def drop_table(address: str, name: str) -> None:
    """Drop a table; nothing if there is none."""
    with connection(address) as connected:
        connected.execute(f'DROP TABLE IF EXISTS "{name}"')


def count_rows(address: str, name: str) -> int | None:
    """How many rows a table has; None if there is no such table.

    They are numbered without a gap, so the last number tells, however many there are.
    """
    with connection(address) as connected:
        if connected.execute("SELECT to_regclass(%s)", [f'"{name}"']).fetchone()[0] is None:
            return None
        sql = f'SELECT coalesce(max(row) + 1, 0) FROM "{name}"'  # noqa: S608 - our name
        return int(connected.execute(sql).fetchone()[0])


def _require_pgvector(connected: Any) -> None:
    from psycopg.errors import FeatureNotSupported, InsufficientPrivilege, UndefinedFile

    try:
        connected.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except (FeatureNotSupported, InsufficientPrivilege, UndefinedFile):
        raise ConfigError("this PostgreSQL has no pgvector, or does not let us use it") from None
    sql = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    version = str(connected.execute(sql).fetchone()[0])
    if tuple(map(int, version.split(".")[:2])) < (0, 8):
        raise ConfigError(f"pgvector {version} is too old: 0.8 or later is needed")


def _schema(record: TableRecord) -> str:
    columns = [
        "row int4 NOT NULL",
        f"vector {record.number}({record.dimension}) NOT NULL",
        "copies int4",
        *(f"f{n} {COLUMN_TYPES[kind]}" for n, kind in enumerate(record.fields.kinds.values())),
    ]
    return f'CREATE TABLE "{record.name}" ({", ".join(columns)})'


def _fill(
    connected: Any,
    record: TableRecord,
    vectors: Vectors,
    columns: Columns,
    on_rows: Callable[[int], None] | None,
) -> None:
    copies = first_copies(vectors)
    kinds = {"text": "text", "texts": "text[]", "number": "float8", "boolean": "bool"}
    types = ["int4", record.number, "int4", *(kinds[k] for k in record.fields.kinds.values())]
    _send_vectors(connected, record.number)
    with (
        connected.cursor() as cursor,
        cursor.copy(f'COPY "{record.name}" FROM STDIN (FORMAT BINARY)') as copy,
    ):
        copy.set_types(types)
        for start in range(0, len(vectors), _BLOCK):
            block = np.asarray(vectors[start : start + _BLOCK], SENT[record.number])
            for row, vector in enumerate(block, start):
                sent = VectorBytes(packed(vector))
                copy.write_row([row, sent, copies.get(row), *record.fields.cells(row, columns)])
            if on_rows is not None:
                on_rows(len(block))


class VectorBytes(bytes):
    """A vector as PostgreSQL takes it in binary form."""


def packed(vector: Any) -> bytes:
    """A vector of `SENT` numbers (d,), with the header of pgvector's binary form."""
    return len(vector).to_bytes(2, "big") + b"\0\0" + bytes(vector.tobytes())


def _send_vectors(connected: Any, number: Number) -> None:
    from psycopg.adapt import Dumper
    from psycopg.pq import Format
    from psycopg.types import TypeInfo

    info = TypeInfo.fetch(connected, number)

    class VectorDumper(Dumper):  # type: ignore[misc]
        format = Format.BINARY
        oid = info.oid

        def dump(self, obj: Any) -> Any:
            return bytes(obj)

    info.register(connected)
    connected.adapters.register_dumper(VectorBytes, VectorDumper)


def _index(address: str, connected: Any, record: TableRecord, graph: Graph) -> None:
    """Index rows, copies and vectors; the last takes longest."""
    name = record.name
    connected.execute(f'ALTER TABLE "{name}" ADD PRIMARY KEY (row)')
    connected.execute(f'CREATE INDEX ON "{name}" (copies) WHERE copies IS NOT NULL')
    index_vectors(address, connected, name, record.number, graph)
    connected.execute(f'ANALYZE "{name}"')
