"""Collections beside a version's, which hold the rows that live writes made or changed.

A version's collection never changes. Rows keep their numbers over here, and the fields and the
index are those of the version's collection, so that both answer the same expressions. Each log of
live writes has a collection of its own: services on several machines can share a version.
"""

from __future__ import annotations

from twinset.index.milvus.milvus_collections import beside, create_beside
from twinset.index.milvus.milvus_connection import MilvusAddress, answering
from twinset.index.milvus.milvus_index import MilvusIndex


def open_beside(version: MilvusIndex, owner: str) -> MilvusIndex | None:
    """The owner's collection beside a version's, loaded by the server; None if there is none.

    Raises:
        NotReady: if Milvus does not answer.
    """
    record, client = beside(version.record, owner), version.client
    with answering():
        if not client.has_collection(record.name):
            return None
        client.load_collection(record.name)
    return MilvusIndex(client, record, len(version), version.plan)


def make_beside(version: MilvusIndex, owner: str) -> MilvusIndex:
    """The same, new and empty; one that is there is dropped.

    Raises:
        ConfigError: if Milvus is not named.
        NotReady: if Milvus does not answer.
    """
    client = version.client
    address = MilvusAddress.from_environment()
    record = create_beside(client, address, version.record, owner, version.dimension)
    return MilvusIndex(client, record, len(version), version.plan)


def settle(index: MilvusIndex) -> float:
    """Make sure that no crash takes away what was written; gives the seconds after which every
    search sees it.

    A server keeps a log of its own and answers after that; milvus-lite is told to write.

    Raises:
        ConfigError: if Milvus is not named.
        NotReady: if Milvus does not answer.
    """
    address = MilvusAddress.from_environment()
    if address.is_lite:
        with answering():
            index.client.flush(index.record.name)
    return address.staleness_s
