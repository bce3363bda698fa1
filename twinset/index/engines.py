"""The engines that hold the vectors of index versions, and the kinds of index that each offers.

The one place that names them: a new FAISS kind is a case in `faiss_kinds` and its name here;
another engine is a file with the methods of `IndexEngine` and a line in `ENGINES`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from twinset.columns import Columns
from twinset.errors import ConfigError
from twinset.index.milvus.milvus_engine import MilvusEngine
from twinset.index.pgvector.pgvector_engine import PgvectorEngine
from twinset.index.vector_index import VectorIndex, Vectors

AUTO = "auto"
FAISS_FILE = "index.faiss"
# Kept here so that a start does not load FAISS to know its names; a test compares them.
FAISS_KINDS = ("exact", "hnsw", "ivf", "ivf-sq", "ivf-pq")


class IndexEngine(Protocol):
    """Builds, opens and drops the indexes of version folders.

    `file` is what a version folder holds of the index: the vectors, or where they are.
    `stores_fields` is true if the engine keeps a copy of the items' fields for its filters.
    """

    @property
    def kinds(self) -> tuple[str, ...]: ...

    @property
    def file(self) -> str: ...

    @property
    def stores_fields(self) -> bool: ...

    def memory(self, kind: str, count: int, dimension: int) -> int:
        """Bytes that an index takes in the process that serves it."""
        ...

    def build(
        self,
        folder: Path,
        kind: str,
        vectors: Vectors,
        columns: Columns,
        on_rows: Callable[[int], None],
    ) -> VectorIndex:
        """Make the index of the version that is being written into `folder`."""
        ...

    def open(self, folder: Path) -> VectorIndex:
        """The index of a version folder."""
        ...

    def make_live(self, folder: Path) -> None:
        """Let what lies outside of the folder follow the live version."""
        ...

    def drop(self, folder: Path) -> None:
        """Remove what lies outside of a version folder, or of what a build left."""
        ...

    def is_shareable(self, folder: Path) -> bool:
        """True if several processes can have the version open."""
        ...


@dataclass(frozen=True)
class FaissEngine:
    """FAISS in the process that serves, from a file of the version folder."""

    kinds: tuple[str, ...] = FAISS_KINDS
    file: str = FAISS_FILE
    stores_fields: bool = False

    def memory(self, kind: str, count: int, dimension: int) -> int:
        """See `twinset.index.faiss_kinds.memory_of`."""
        from twinset.index.faiss_kinds import memory_of

        return memory_of(kind, count, dimension)

    def build(
        self,
        folder: Path,
        kind: str,
        vectors: Vectors,
        columns: Columns,  # noqa: ARG002 - filters come as masks
        on_rows: Callable[[int], None],
    ) -> VectorIndex:
        """Train and fill an index, and write it beside the items."""
        from twinset.index.faiss_index import FaissIndex

        index = FaissIndex.build(vectors, kind, on_rows)
        index.save(folder / FAISS_FILE)
        return index

    def open(self, folder: Path) -> VectorIndex:
        """Read the index file; a compressed kind maps its vectors."""
        from twinset.index.faiss_index import FaissIndex

        return FaissIndex.load(folder / FAISS_FILE)

    def make_live(self, folder: Path) -> None:
        """Nothing lies outside of the folder."""

    def drop(self, folder: Path) -> None:
        """Nothing lies outside of the folder."""

    def is_shareable(self, folder: Path) -> bool:  # noqa: ARG002 - the same for every folder
        """True: the file is only read."""
        return True


FAISS = FaissEngine()
ENGINES: tuple[IndexEngine, ...] = (FAISS, PgvectorEngine(), MilvusEngine())
KINDS = tuple(kind for engine in ENGINES for kind in engine.kinds)


def engine_of(kind: str) -> IndexEngine:
    """The engine that offers a kind of index.

    Raises:
        ConfigError: if no engine offers it.
    """
    for engine in ENGINES:
        if kind in engine.kinds:
            return engine
    raise ConfigError(f"the index kind must be one of {', '.join(KINDS)}")


def engine_in(folder: Path) -> IndexEngine:
    """The engine of a version folder, or of what a killed build left there; FAISS if unclear."""
    return next((engine for engine in ENGINES if (folder / engine.file).is_file()), FAISS)
