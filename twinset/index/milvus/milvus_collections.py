"""Collections: made and filled, made live by alias, dropped.

A collection is never changed into another version, so encoder and vectors change together: the
version folder names its collection, and the alias follows the version that is live. Live writes go
to collections beside it, whose names begin with its own, see `index.milvus.delta_collections`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from twinset.columns import Columns
from twinset.errors import ArtefactError
from twinset.index.copies import first_copies
from twinset.index.milvus.milvus_connection import MilvusAddress, answering
from twinset.index.milvus.milvus_fields import (
    COPIES,
    MAX_BYTES,
    MAX_TEXTS,
    NO_COPY,
    PART,
    PARTS,
    ROW,
    VECTOR,
    Cell,
    FieldKind,
    FieldMap,
)
from twinset.index.milvus.milvus_progress import index_and_load
from twinset.index.vector_index import Vectors

_BLOCK = 1000
_BESIDE = "_live_"
LISTS = 1024
_BUILD_PARAMETERS: Mapping[str, Mapping[str, int]] = {
    # With a breadth of 128 copies of one picture make an island that walks do not come out of.
    "HNSW": {"M": 32, "efConstruction": 512},
    "IVF_SQ8": {"nlist": LISTS},
    "DISKANN": {},
}
_LITE_PARAMETERS = {**_BUILD_PARAMETERS, "HNSW": {"M": 32, "efConstruction": 128}}


@dataclass(frozen=True)
class CollectionRecord:
    """What a version folder keeps of its collection: enough to search and to drop it.

    `has_parts` is true if rows carry `PART` and `COPIES`; collections of 0.2 do not.
    """

    name: str
    index_type: str
    fields: FieldMap
    has_parts: bool = True

    def save(self, path: Path) -> None:
        content = {
            "collection": self.name,
            "index_type": self.index_type,
            "has_parts": self.has_parts,
            "fields": dict(self.fields.kinds),
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Raises ArtefactError if the file is not what `save` writes."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            kinds: dict[str, FieldKind] = dict(content["fields"])
            name, index_type = str(content["collection"]), str(content["index_type"])
            has_parts = content.get("has_parts") is True
        except (OSError, ValueError, KeyError, TypeError):
            raise ArtefactError(path, "does not name a Milvus collection") from None
        return cls(name, index_type, FieldMap(kinds), has_parts)


@dataclass(frozen=True)
class NewCollection:
    """What a collection is made of: n unit rows and the n items' fields."""

    name: str
    vectors: Vectors
    columns: Columns

    def rows(self, fields: FieldMap) -> Iterator[list[dict[str, Any]]]:
        """Blocks of rows as they are inserted."""
        copies = first_copies(self.vectors)
        for start in range(0, len(self.vectors), _BLOCK):
            block = np.asarray(self.vectors[start : start + _BLOCK], np.float32)
            numbers = range(start, start + len(block))
            items = [
                {name: self.columns[name].held(row) for name in fields.kinds} for row in numbers
            ]
            written = entries(numbers, block, items, fields)
            for row, entry in zip(numbers, written, strict=True):
                entry[COPIES] = copies.get(row, NO_COPY)
            yield written


def entries(
    rows: Sequence[int], vectors: Vectors, items: Sequence[Mapping[str, Cell]], to: FieldMap
) -> list[dict[str, Any]]:
    """Rows as pymilvus takes them, none the copy of another; see `FieldMap.cells` for errors."""
    return [
        {ROW: int(row), VECTOR: vector, PART: int(row) % PARTS, COPIES: NO_COPY, **to.cells(item)}
        for row, vector, item in zip(rows, vectors, items, strict=True)
    ]


def create_collection(
    client: Any,
    address: MilvusAddress,
    new: NewCollection,
    on_rows: Callable[[int], None] | None = None,
) -> CollectionRecord:
    """Make, fill, index and load a collection; one of that name is replaced.

    Raises:
        InvalidInput: if a field of an item does not fit; nothing is left behind.
        NotReady: if Milvus does not answer, or has not indexed the rows within the time limit.
    """
    record = CollectionRecord(new.name, address.index_type, FieldMap.of(new.columns))
    with _creating(client, address, record, new.vectors.shape[1]):
        for block in new.rows(record.fields):
            client.insert(new.name, block)
            if on_rows is not None:
                on_rows(len(block))
        client.flush(new.name)
    return record


def create_beside(
    client: Any, address: MilvusAddress, record: CollectionRecord, owner: str, dimension: int
) -> CollectionRecord:
    """Make and load an empty collection beside another one, like it but for its rows.

    Raises:
        NotReady: if Milvus does not answer.
    """
    empty = beside(record, owner)
    with _creating(client, address, empty, dimension):
        pass
    return empty


def beside(record: CollectionRecord, owner: str) -> CollectionRecord:
    """The collection of an owner's live writes beside another one, wherever it exists or not."""
    return replace(record, name=f"{record.name}{_BESIDE}{owner}")


@contextmanager
def _creating(
    client: Any, address: MilvusAddress, record: CollectionRecord, dimension: int
) -> Iterator[None]:
    """An empty collection for the block to fill, indexed and loaded when it ends well."""
    with answering():
        drop_collection(client, record.name)
        client.create_collection(record.name, schema=_schema(client, record, dimension))
        try:
            yield
            index = _index_parameters(client, record.index_type, address.is_lite)
            index_and_load(client, record.name, index, address.build_s)
        except BaseException:
            drop_collection(client, record.name)
            raise


def _schema(client: Any, record: CollectionRecord, dimension: int) -> Any:
    from pymilvus import DataType

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ROW, DataType.INT64, is_primary=True)
    schema.add_field(VECTOR, DataType.FLOAT_VECTOR, dim=dimension)
    if record.has_parts:
        schema.add_field(PART, DataType.INT64)
        schema.add_field(COPIES, DataType.INT64)
    for name, kind in record.fields.kinds.items():
        column = record.fields.column(name)
        if kind == "texts":
            of = {"element_type": DataType.VARCHAR, "max_length": MAX_BYTES}
            schema.add_field(column, DataType.ARRAY, max_capacity=MAX_TEXTS, **of)
        elif kind in ("folded", "string"):
            schema.add_field(column, DataType.VARCHAR, max_length=MAX_BYTES)
        else:
            schema.add_field(column, DataType.DOUBLE if kind == "number" else DataType.INT8)
    return schema


def _index_parameters(client: Any, index_type: str, is_lite: bool) -> Any:
    parameters = client.prepare_index_params()
    # As one JSON text, which a server reads like the loose parameters; milvus-lite reads only this.
    params = {"params": dict((_LITE_PARAMETERS if is_lite else _BUILD_PARAMETERS)[index_type])}
    parameters.add_index(VECTOR, index_type=index_type, metric_type="IP", params=params)
    return parameters


def drop_collection(client: Any, name: str) -> None:
    """Drop a collection and what leads to it; nothing if there is none."""
    if client.has_collection(name):
        for alias in client.list_aliases(name)["aliases"]:
            client.drop_alias(alias)
        client.drop_collection(name)


def drop_with_writes(client: Any, name: str) -> None:
    """Drop a collection, and those beside it first."""
    for other in client.list_collections():
        if other.startswith(name + _BESIDE):
            drop_collection(client, other)
    drop_collection(client, name)


def make_live(client: Any, address: MilvusAddress, name: str) -> None:
    """Let the alias lead to a collection, in one step of the server."""
    with answering():
        if address.alias in _aliases(client):
            client.alter_alias(name, address.alias)
        else:
            client.create_alias(name, address.alias)


def _aliases(client: Any) -> list[str]:
    return [
        alias
        for name in client.list_collections()
        for alias in client.list_aliases(name)["aliases"]
    ]
