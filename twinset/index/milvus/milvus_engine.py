"""Milvus as an engine of index versions, see `twinset.index.engines`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from twinset.columns import Columns
from twinset.index.milvus import milvus_versions
from twinset.index.vector_index import VectorIndex, Vectors


@dataclass(frozen=True)
class MilvusEngine:
    """A collection on a server for each version; the folder holds its name."""

    kinds: tuple[str, ...] = ("milvus",)
    file: str = milvus_versions.FILE
    stores_fields: bool = True

    def memory(self, kind: str, count: int, dimension: int) -> int:  # noqa: ARG002 - a server's
        """0: the server holds the vectors."""
        return 0

    def build(
        self,
        folder: Path,
        kind: str,  # noqa: ARG002 - the server's settings choose
        vectors: Vectors,
        columns: Columns,
        on_rows: Callable[[int], None],
    ) -> VectorIndex:
        """See `milvus_versions.build_index`; the collection is named after the folder's version."""
        name = folder.name.strip(".").split(".")[0]
        return milvus_versions.build_index(folder, name, vectors, columns, on_rows)

    def open(self, folder: Path) -> VectorIndex:
        """See `milvus_versions.open_index`."""
        return milvus_versions.open_index(folder)

    def make_live(self, folder: Path) -> None:
        """Let the alias lead to the version's collection."""
        milvus_versions.make_live(folder)

    def drop(self, folder: Path) -> None:
        """Drop the collections of the version."""
        milvus_versions.drop(folder)

    def is_shareable(self, folder: Path) -> bool:
        """See `milvus_versions.is_shareable`."""
        return milvus_versions.is_shareable(folder)
