"""Vectors of further pictures in an embeddings folder.

Two row-aligned files, missing if no item has further pictures: `views.npy`, (m, d) float32, and
`views.parquet` with the columns `owner`, the row of the item, and `content`, a hash of the item's
words and the picture. A row is what the encoder makes of an item with these words and this picture,
so that a photo's cosines with items and with views are on one scale; it is zero if the picture does
not decode. Rows are in the order of their items, and of the pictures of each item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from twinset.artefacts import MANIFEST
from twinset.errors import ArtefactError
from twinset.index.vector_index import Vectors

VECTORS, OWNERS = "views.npy", "views.parquet"
_RAW = "views.part"
_BLOCK = 65_536


@dataclass(frozen=True)
class ViewVectors:
    """Vectors (m, d) of further pictures, the rows (m,) of their items, and their contents (m)."""

    owners: NDArray[np.int64]
    vectors: Vectors
    contents: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.owners)

    @classmethod
    def none(cls, dimension: int) -> ViewVectors:
        """No further pictures."""
        return cls(np.empty(0, np.int64), np.empty((0, dimension), np.float32))

    @classmethod
    def open(cls, folder: Path, manifest: Mapping[str, Any], shape: tuple[int, int]) -> ViewVectors:
        """Map the files of a folder whose checksums were verified; `shape` is (items, d).

        Raises:
            ArtefactError: if they do not fit each other or the items.
        """
        listed = {VECTORS, OWNERS} & set(manifest["files"])
        if not listed:
            return cls.none(shape[1])
        if len(listed) == 1:
            raise ArtefactError(folder / MANIFEST, f"does not list both {VECTORS} and {OWNERS}")
        try:
            vectors = np.load(folder / VECTORS, mmap_mode="r", allow_pickle=False)
            table = pq.read_table(folder / OWNERS)
            owners = np.array(table["owner"].to_pylist(), np.int64)
            contents = [str(one) for one in table["content"].to_pylist()]
        except (OSError, ValueError, EOFError, KeyError, TypeError, pa.ArrowException):
            raise ArtefactError(folder / OWNERS, "cannot be read") from None
        fits = vectors.dtype == np.float32 and vectors.shape == (len(owners), shape[1])
        if not fits or not is_owners(owners, shape[0]):
            raise ArtefactError(folder / VECTORS, "does not fit the items")
        return cls(owners, np.asarray(vectors), contents)


def is_owners(owners: NDArray[np.int64], count: int) -> bool:
    """True for the rows (m,) of views of `count` items, in ascending order."""
    if not len(owners):
        return True
    ascending = bool((np.diff(owners) >= 0).all())
    return ascending and int(owners[0]) >= 0 and int(owners[-1]) < count


class ViewWriter:
    """Writes the files of views into `folder`, batch by batch; nothing if there are none."""

    def __init__(self, folder: Path, dimension: int) -> None:
        self._folder, self._dimension = folder, dimension
        self._owners: list[int] = []
        self._contents: list[str] = []

    def write(self, owners: Sequence[int], vectors: Vectors, contents: Sequence[str]) -> None:
        """Append n views: the rows of their items, (n, d) vectors and n hashes.

        Raises:
            ValueError: if the shapes differ.
        """
        if vectors.shape != (len(owners), self._dimension) or len(contents) != len(owners):
            raise ValueError(f"views have shape {vectors.shape} for {len(owners)} owners")
        if not owners:
            return
        with (self._folder / _RAW).open("ab") as file:
            file.write(np.ascontiguousarray(vectors, np.float32).tobytes())
        self._owners.extend(owners)
        self._contents.extend(contents)

    def finish(self) -> None:
        """Write the two files from what was appended."""
        if not self._owners:
            return
        shape = (len(self._owners), self._dimension)
        raw = np.memmap(self._folder / _RAW, np.float32, "r", shape=shape)
        target = np.lib.format.open_memmap(self._folder / VECTORS, "w+", np.float32, shape=shape)
        for start in range(0, len(raw), _BLOCK):
            target[start : start + _BLOCK] = raw[start : start + _BLOCK]
        target.flush()
        del raw, target
        (self._folder / _RAW).unlink()
        columns = {"owner": pa.array(self._owners, pa.int64()), "content": self._contents}
        pq.write_table(pa.table(columns), self._folder / OWNERS, compression="zstd")
