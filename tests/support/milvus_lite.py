"""Milvus for tests: milvus-lite in a folder of its own."""

import contextlib

from twinset.columns import columns_from_table
from twinset.index.milvus.milvus_candidates import plan_for
from twinset.index.milvus.milvus_collections import NewCollection, create_collection
from twinset.index.milvus.milvus_connection import MilvusAddress, connect, disconnect
from twinset.index.milvus.milvus_index import MilvusIndex


@contextlib.contextmanager
def milvus_lite(folder):
    """An address that nothing else uses; the file is let go in the end."""
    address = MilvusAddress(str(folder / "milvus.db"))
    try:
        yield address
    finally:
        disconnect(address)


def milvus_index(address, vectors, table=None, name="c", plan=None):
    """A collection of these rows, and of the fields of an Arrow table."""
    columns = {} if table is None else columns_from_table(table, table.column_names)
    client = connect(address)
    record = create_collection(client, address, NewCollection(name, vectors, columns))
    return MilvusIndex(client, record, len(vectors), plan or plan_for(address))
