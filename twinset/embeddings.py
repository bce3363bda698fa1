"""Embeddings on disk: what export writes and the index builder reads.

A folder with `manifest.json`, `ids.parquet` (columns `id`, `content`, a hash of what the row was
made from, see `twinset.item_content`, and `words` and `picture`, hashes of its sides, null if the
item lacks that side) and three row-aligned float32 matrices,
`image.npy`, `text.npy` and `item.npy`, each (count, dimension). Rows have unit length; a row of
`image` or `text` is zero if the item lacks that side. Further pictures have vectors of their own,
see `twinset.views.view_vectors`. The manifest carries the encoder's fingerprint, so that vectors of
two encoders never meet in one index.
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
from twinset.item_content import SideHashes
from twinset.views.view_vectors import ViewVectors, ViewWriter

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

    @property
    def text_template(self) -> str: ...


@dataclass(frozen=True)
class Embeddings:
    """An embeddings folder whose checksums were verified; the matrices are mapped, not read.

    `contents` has a hash for each row, and `text_template` says which words went into it. Both are
    None for a folder of 0.1, which kept neither; `sides` is None if the folder lacks them.
    """

    folder: Path
    encoder_name: str
    fingerprint: str
    ids: list[str]
    image: Vectors
    text: Vectors
    item: Vectors
    views: ViewVectors
    contents: list[str] | None = None
    text_template: str | None = None
    sides: list[SideHashes] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def dimension(self) -> int:
        return int(self.item.shape[1])


class EmbeddingsWriter:
    """Writes `count` rows batch by batch, with memory for one batch.

    `text_template` are the words that were embedded, by default those of the encoder.

    The folder appears under its name when the block ends well; an error leaves nothing behind
    and, with `replace`, the old folder in place.

        with EmbeddingsWriter(folder, len(catalogue), encoder) as writer:
            writer.write(ids, encoder.encode_items(images, texts), hashes)

    Raises:
        ArtefactError: if `folder` exists and `replace` is false (on entering).
        CatalogueError: if there is no row to write (on entering).
        ValueError: if a batch has another shape than (n, dimension), there are more rows than
            `count`, or fewer when the block ends.
    """

    def __init__(
        self,
        folder: Path,
        count: int,
        encoder: EncoderIdentity,
        replace: bool = False,
        text_template: str | None = None,
    ) -> None:
        self._template = text_template or encoder.text_template
        self._folder = folder
        self._count = count
        self._encoder = encoder
        self._replace = replace
        self._ids: list[str] = []
        self._contents: list[str] = []
        self._sides: list[SideHashes] = []
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
        self._views = ViewWriter(self._staging, self._encoder.dimension)
        return self

    def write(
        self,
        ids: Sequence[str],
        vectors: ItemVectors,
        contents: Sequence[str] = (),
        sides: Sequence[SideHashes] = (),
    ) -> None:
        """Append a batch: n ids, three (n, dimension) matrices and the hashes, in the same order.

        Vectors that were not made from a catalogue have no hashes; nothing checks these later.
        """
        start, end = len(self._ids), len(self._ids) + len(ids)
        if end > self._count:
            raise ValueError(f"more rows than the {self._count} announced")
        for name, matrix in self._matrices.items():
            rows = getattr(vectors, name)
            if rows.shape != (len(ids), matrix.shape[1]):
                raise ValueError(f"{name} rows have shape {rows.shape} for {len(ids)} ids")
            matrix[start:end] = rows
        self._ids.extend(ids)
        self._contents.extend(contents)
        self._sides.extend(sides)

    def text_row(self, row: int) -> Vectors:
        """The text side (d,) of a row that was written."""
        return np.array(self._matrices["text"][row])

    def write_views(self, owners: Sequence[int], vectors: Vectors, contents: Sequence[str]) -> None:
        """Append further pictures: see `twinset.views.view_vectors.ViewWriter.write`."""
        self._views.write(owners, vectors, contents)

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
        self._views.finish()
        columns: dict[str, Sequence[str | None]] = {"id": self._ids}
        if len(self._contents) == self._count:
            columns["content"] = self._contents
        if len(self._sides) == self._count:
            columns["words"], columns["picture"] = zip(*self._sides, strict=True)
        ids = pa.table({name: pa.array(rows, pa.string()) for name, rows in columns.items()})
        pq.write_table(ids, self._staging / IDS, compression="zstd")
        fields = {
            "encoder": {"name": self._encoder.name, "fingerprint": self._encoder.fingerprint},
            "text_template": self._template,
            "dimension": self._encoder.dimension,
            "count": self._count,
        }
        write_manifest(self._staging, KIND, fields)


def open_embeddings(folder: Path) -> Embeddings:
    """Check every file against its checksum, then map the matrices.

    Raises:
        ArtefactError: if a file is missing, damaged, or not of the shape that the manifest says.
    """
    manifest = read_manifest(folder, KIND)
    name, fingerprint, shape = _read_fields(manifest, folder / MANIFEST)
    for file in (IDS, *(f"{name}.npy" for name in MATRICES)):
        if file not in manifest["files"]:
            raise ArtefactError(folder / MANIFEST, f"does not list {file}")
    ids, contents, sides = _read_ids(folder / IDS, shape[0])
    image, text, item = (_map_matrix(folder / f"{name}.npy", shape) for name in MATRICES)
    views = ViewVectors.open(folder, manifest, shape)
    template = manifest.get("text_template")
    made_from = None if template is None else contents
    return Embeddings(
        folder, name, fingerprint, ids, image, text, item, views, made_from, template, sides
    )


def _read_fields(manifest: Mapping[str, Any], path: Path) -> tuple[str, str, tuple[int, int]]:
    try:
        encoder = manifest["encoder"]
        shape = int(manifest["count"]), int(manifest["dimension"])
        return str(encoder["name"]), str(encoder["fingerprint"]), shape
    except (KeyError, TypeError, ValueError):
        raise ArtefactError(path, "lacks a field or has one of the wrong type") from None


def _read_ids(
    path: Path, count: int
) -> tuple[list[str], list[str] | None, list[SideHashes] | None]:
    try:
        table = pq.read_table(path)
        ids = table["id"]
    except (OSError, pa.ArrowException, KeyError):
        raise ArtefactError(path, "is not a Parquet file of ids") from None
    if ids.type != pa.string() or ids.null_count or len(ids) != count:
        raise ArtefactError(path, f"does not hold {count} ids")
    contents = table["content"].to_pylist() if "content" in table.column_names else None
    if not {"words", "picture"} <= set(table.column_names):
        return list(ids.to_pylist()), contents, None
    sides = map(SideHashes, table["words"].to_pylist(), table["picture"].to_pylist())
    return list(ids.to_pylist()), contents, list(sides)


def _map_matrix(path: Path, shape: tuple[int, int]) -> Vectors:
    try:
        matrix = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise ArtefactError(path, "is not a NumPy matrix") from None
    if matrix.dtype != np.float32 or matrix.shape != shape:
        raise ArtefactError(path, f"is not a float32 matrix of shape {shape}")
    return np.asarray(matrix)
