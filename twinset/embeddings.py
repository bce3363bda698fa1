"""Embeddings on disk: what export writes and the index builder reads.

A folder with `manifest.json`, `ids.parquet` (column `id`) and three row-aligned float32 matrices,
`image.npy`, `text.npy` and `item.npy`, each (count, dimension). Rows have unit length; a row of
`image` or `text` is zero where the item lacks that side. The manifest carries the encoder's
fingerprint, so that vectors of two encoders never meet in one index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from twinset.artefacts import MANIFEST, new_folder, read_manifest, write_manifest
from twinset.encoders.encoder import ItemVectors, Vectors
from twinset.errors import ArtefactError, CatalogueError

KIND = "embeddings"
IDS = "ids.parquet"
MATRICES = ("image", "text", "item")


class EncoderIdentity(Protocol):
    """The part of an `Encoder` that an artefact records."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def dimension(self) -> int: ...


@dataclass(frozen=True)
class Embeddings:
    """An embeddings folder whose checksums were verified; the matrices are mapped, not read."""

    folder: Path
    encoder_name: str
    fingerprint: str
    ids: list[str]
    image: Vectors
    text: Vectors
    item: Vectors

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dimension(self) -> int:
        return int(self.item.shape[1])


class EmbeddingsWriter:
    """Writes `count` rows batch by batch, with memory for one batch.

    The folder appears under its name when the block ends well; an error leaves nothing behind
    and, with `replace`, the old folder in place.

        with EmbeddingsWriter(folder, len(catalogue), encoder) as writer:
            writer.write(ids, encoder.encode_items(images, texts))

    Raises:
        ArtefactError: `folder` exists and `replace` is false (on entering).
        CatalogueError: there is no row to write (on entering).
        ValueError: a batch has another shape than (n, dimension), there are more rows than
            `count`, or fewer when the block ends.
    """

    def __init__(
        self, folder: Path, count: int, encoder: EncoderIdentity, replace: bool = False
    ) -> None:
        self._folder = folder
        self._count = count
        self._encoder = encoder
        self._replace = replace
        self._ids: list[str] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self._count < 1:
            raise CatalogueError("There is no item to embed.")
        self._staging = self._stack.enter_context(new_folder(self._folder, self._replace))
        shape = (self._count, self._encoder.dimension)
        self._matrices: dict[str, Vectors] = {
            name: np.lib.format.open_memmap(
                self._staging / f"{name}.npy", mode="w+", dtype=np.float32, shape=shape
            )
            for name in MATRICES
        }
        return self

    def write(self, ids: Sequence[str], vectors: ItemVectors) -> None:
        """Append a batch: n ids and three (n, dimension) matrices in the same order."""
        start, end = len(self._ids), len(self._ids) + len(ids)
        if end > self._count:
            raise ValueError(f"more rows than the {self._count} announced")
        for name, matrix in self._matrices.items():
            rows = getattr(vectors, name)
            if rows.shape != (len(ids), matrix.shape[1]):
                raise ValueError(f"{name} rows have shape {rows.shape} for {len(ids)} ids")
            matrix[start:end] = rows
        self._ids.extend(ids)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The staging folder leaves with the stack: renamed after success, removed after an error.
        if error is not None:
            self._stack.__exit__(kind, error, trace)
            return
        with self._stack:
            self._finish()

    def _finish(self) -> None:
        if len(self._ids) != self._count:
            raise ValueError(f"{len(self._ids)} rows written, {self._count} announced")
        self._matrices.clear()  # unmapped, so that the checksums see every row
        ids = pa.table({"id": pa.array(self._ids, pa.string())})
        pq.write_table(ids, self._staging / IDS, compression="zstd")
        fields = {
            "encoder": {"name": self._encoder.name, "fingerprint": self._encoder.fingerprint},
            "dimension": self._encoder.dimension,
            "count": self._count,
        }
        write_manifest(self._staging, KIND, fields)


def open_embeddings(folder: Path) -> Embeddings:
    """Check every file against its checksum, then map the matrices.

    Raises:
        ArtefactError: a file is missing, damaged, or not of the shape that the manifest says.
    """
    manifest = read_manifest(folder, KIND)
    name, fingerprint, shape = _read_fields(manifest, folder / MANIFEST)
    for file in (IDS, *(f"{name}.npy" for name in MATRICES)):
        if file not in manifest["files"]:
            raise ArtefactError(folder / MANIFEST, f"does not list {file}")
    ids = _read_ids(folder / IDS, shape[0])
    image, text, item = (_map_matrix(folder / f"{name}.npy", shape) for name in MATRICES)
    return Embeddings(folder, name, fingerprint, ids, image, text, item)


def _read_fields(manifest: Mapping[str, Any], path: Path) -> tuple[str, str, tuple[int, int]]:
    try:
        encoder = manifest["encoder"]
        shape = int(manifest["count"]), int(manifest["dimension"])
        return str(encoder["name"]), str(encoder["fingerprint"]), shape
    except (KeyError, TypeError, ValueError):
        raise ArtefactError(path, "lacks a field or has one of the wrong type") from None


def _read_ids(path: Path, count: int) -> list[str]:
    try:
        ids = pq.read_table(path, columns=["id"])["id"]
    except (OSError, pa.ArrowException, KeyError):
        raise ArtefactError(path, "is not a Parquet file of ids") from None
    if ids.type != pa.string() or ids.null_count or len(ids) != count:
        raise ArtefactError(path, f"does not hold {count} ids")
    return list(ids.to_pylist())


def _map_matrix(path: Path, shape: tuple[int, int]) -> Vectors:
    try:
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise ArtefactError(path, "is not a NumPy matrix") from None
    if matrix.dtype != np.float32 or matrix.shape != shape:
        raise ArtefactError(path, f"is not a float32 matrix of shape {shape}")
    return np.asarray(matrix)
