"""The two inputs of a build, and the checks that they belong together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.catalog import Catalogue
from core.embeddings import IDS, Embeddings, open_embeddings
from core.errors import ArtefactError, CatalogueError

_BLOCK = 65_536
# float32 rows that were normalised differ from length one by less than a hundredth of this.
_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Inputs:
    """Embeddings and the catalogue they were made from; row r of both is the same item."""

    embeddings: Embeddings
    catalogue: Catalogue

    def __len__(self) -> int:
        return len(self.embeddings)


def open_inputs(embeddings_dir: Path, catalogue_path: Path) -> Inputs:
    """Open and check both.

    Raises:
        ArtefactError: the embeddings are damaged, were made from other items or from another
            order of them, or hold a row that is not a finite unit vector.
        CatalogueError: the catalogue cannot be used, or names an id twice.
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
    return Inputs(embeddings, catalogue)


def _check_rows(embeddings: Embeddings) -> None:
    for start in range(0, len(embeddings), _BLOCK):
        lengths = np.linalg.norm(embeddings.item[start : start + _BLOCK], axis=1)
        # Negated, so that NaN counts as wrong.
        wrong = np.flatnonzero(~(np.abs(lengths - 1) <= _LENGTH_TOLERANCE))
        if len(wrong):
            reason = f"row {start + int(wrong[0])} is not a finite vector of unit length"
            raise ArtefactError(embeddings.folder / "item.npy", reason)
