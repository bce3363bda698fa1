"""The two inputs of a build, and the checks that they belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa

from twinset.catalogue import Catalogue
from twinset.embeddings import IDS, Embeddings, open_embeddings
from twinset.errors import ArtefactError, CatalogueError
from twinset.index.vector_index import Vectors
from twinset.item_content import content_hashes, view_hashes
from twinset.views.view_vectors import OWNERS, ViewVectors

_BLOCK = 65_536
# float32 rows that were normalised differ from length one by less than a hundredth of this.
_LENGTH_TOLERANCE = 1e-3


class ItemVectorSource(Protocol):
    """The part of `Embeddings` that an index is made of; `item` is (n, d)."""

    @property
    def encoder_name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def item(self) -> Vectors: ...

    @property
    def dimension(self) -> int: ...

    @property
    def views(self) -> ViewVectors:
        """Vectors of further pictures."""

    @property
    def text_template(self) -> str | None:
        """The words that were embedded, None for the encoder's own."""

    def __len__(self) -> int: ...


class ItemSource(Protocol):
    """The part of `Catalogue` that a version is made of."""

    @property
    def category(self) -> str | None: ...

    def __len__(self) -> int: ...

    def rows(self) -> pa.Table:
        """All fields, images left out."""

    def images(self) -> Iterator[bytes | None]:
        """Encoded image of each row, in order."""

    def further_images(self) -> Iterator[Sequence[bytes]]:
        """Encoded further pictures of each row, in order."""


@dataclass(frozen=True)
class Inputs:
    """Vectors and the items they were made from; row r of both is the same item."""

    embeddings: ItemVectorSource
    catalogue: ItemSource

    def __len__(self) -> int:
        return len(self.embeddings)


def open_inputs(embeddings_dir: Path, catalogue_path: Path) -> Inputs:
    """Open and check both.

    Raises:
        ArtefactError: if the embeddings are damaged, were made from other items or from another
            order of them, or hold a row that is not a finite unit vector.
        CatalogueError: if the catalogue cannot be used, or names an id twice.
    """
    catalogue = Catalogue(catalogue_path)
    embeddings = open_embeddings(embeddings_dir)
    ids = catalogue.rows(["id"])["id"].to_pylist()
    if len(set(ids)) != len(ids) or not all(ids):
        raise CatalogueError(f"{catalogue_path}: holds an id twice or an empty one")
    if ids != embeddings.ids:
        path = embeddings_dir / IDS
        raise ArtefactError(path, "does not hold the catalogue's items in its order; export again")
    _check_rows(embeddings)
    _check_contents(embeddings, catalogue)
    return Inputs(embeddings, catalogue)


def _check_contents(embeddings: Embeddings, catalogue: Catalogue) -> None:
    """Refuse vectors that were made from other words or pictures than the catalogue's."""
    if embeddings.contents is None or embeddings.text_template is None:
        return
    chosen = catalogue.notes.text_template
    if chosen is not None and chosen != embeddings.text_template:
        reason = "was made of other words than the catalogue names; export again"
        raise ArtefactError(embeddings.folder / IDS, reason)
    now = content_hashes(catalogue, embeddings.text_template)
    rows = zip(embeddings.ids, embeddings.contents, now, strict=True)
    changed = [item_id for item_id, made_from, content in rows if made_from != content]
    if changed:
        reason = (
            f"was made before {len(changed):,} items changed their words or picture, such as "
            f"{changed[0]!r}; export again"
        )
        raise ArtefactError(embeddings.folder / IDS, reason)
    now_views = list(view_hashes(catalogue, embeddings.text_template))
    if now_views != list(embeddings.views.contents):
        reason = "was made of other further pictures than the catalogue's; export again"
        raise ArtefactError(embeddings.folder / OWNERS, reason)


def _check_rows(embeddings: Embeddings) -> None:
    for start in range(0, len(embeddings), _BLOCK):
        lengths = np.linalg.norm(embeddings.item[start : start + _BLOCK], axis=1)
        # Negated, so that NaN counts as wrong.
        wrong = np.flatnonzero(~(np.abs(lengths - 1) <= _LENGTH_TOLERANCE))
        if len(wrong):
            reason = f"row {start + int(wrong[0])} is not a finite vector of unit length"
            raise ArtefactError(embeddings.folder / "item.npy", reason)
