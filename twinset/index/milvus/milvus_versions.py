"""Index versions whose vectors lie in Milvus: a folder and its collection.

The folder holds `milvus.json`, which names the collection; where Milvus is comes from the
environment, so that a folder can move and holds no secret. The record is written before the
collection is made: what a killed build left can be found and dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twinset.columns import Columns
from twinset.errors import ArtefactError
from twinset.index.milvus import milvus_collections as collections
from twinset.index.milvus.milvus_candidates import plan_for
from twinset.index.milvus.milvus_collections import CollectionRecord, NewCollection
from twinset.index.milvus.milvus_connection import MilvusAddress, answering, connect
from twinset.index.milvus.milvus_fields import FieldMap
from twinset.index.milvus.milvus_index import MilvusIndex
from twinset.index.vector_index import Vectors

KIND = "milvus"
FILE = "milvus.json"


def build_index(
    folder: Path,
    version: str,
    vectors: Vectors,
    columns: Columns,
    on_rows: Callable[[int], None] | None = None,
) -> MilvusIndex:
    """Make the collection of a version that is being written into `folder`.

    Raises:
        ConfigError, NotReady: if Milvus is not named, held by another process, or does not answer.
        InvalidInput: if a field of an item does not fit into a collection.
    """
    address = MilvusAddress.from_environment()
    client = connect(address)
    name = f"{address.alias}_{version.replace('-', '_')}"
    record = CollectionRecord(name, address.index_type, FieldMap.of(columns))
    record.save(folder / FILE)
    new = NewCollection(name, vectors, columns)
    collections.create_collection(client, address, new, on_rows)
    return MilvusIndex(client, record, len(vectors), plan_for(address))


def open_index(folder: Path) -> MilvusIndex:
    """The index of a version folder, read and loaded by the server.

    Raises:
        ArtefactError: if the folder names no collection, or one that Milvus lacks.
        ConfigError, NotReady: if Milvus is not named, held by another process, or does not answer.
    """
    record = CollectionRecord.load(folder / FILE)
    address = MilvusAddress.from_environment()
    client = connect(address)
    with answering():
        if not client.has_collection(record.name):
            raise ArtefactError(folder / FILE, "names a collection that Milvus does not have")
        client.load_collection(record.name)
    return MilvusIndex(client, record, _count(client, record.name), plan_for(address))


def is_shareable(folder: Path) -> bool:
    """True if several processes can have a version open: not if it lies in milvus-lite.

    Raises:
        ConfigError: if it lies in Milvus, which is not named.
    """
    return not (folder / FILE).is_file() or not MilvusAddress.from_environment().is_lite


def make_live(folder: Path) -> None:
    """Let the alias lead to a version's collection; nothing for a version without one."""
    if (folder / FILE).is_file():
        record = CollectionRecord.load(folder / FILE)
        address = MilvusAddress.from_environment()
        collections.make_live(connect(address), address, record.name)


def drop(folder: Path) -> None:
    """Drop the collections of a version or of what a build left; nothing if there are none."""
    if (folder / FILE).is_file():
        record = CollectionRecord.load(folder / FILE)
        client = connect(MilvusAddress.from_environment())
        with answering():
            collections.drop_with_writes(client, record.name)


def _count(client: Any, name: str) -> int:
    with answering():
        return int(client.query(name, filter="", output_fields=["count(*)"])[0]["count(*)"])
