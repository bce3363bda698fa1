"""Further pictures of the items of an index version: searched by FAISS, stored like the main ones.

    VERSION/
      views/index.faiss       vectors of further pictures; row v is view v
      views/owners.npy        (m,) the item of each view, ascending
      view_images.parquet     in which pack each view's picture lies, and where

Views lie beside the items whatever engine holds the items' vectors. A version without further
pictures has none of these files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from twinset.artefacts import MANIFEST
from twinset.errors import ArtefactError
from twinset.index.engines import FAISS
from twinset.index.indexed_items import ImageStore, StoredImage
from twinset.index.ranked_rows import Ranked, best_above
from twinset.index.vector_index import Mask, Rows, VectorIndex, Vectors
from twinset.views.view_vectors import ViewVectors, is_owners

FOLDER = "views"
OWNERS_FILE = f"{FOLDER}/owners.npy"
VIEW_PLACES_FILE = "view_images.parquet"
_FILES = (OWNERS_FILE, f"{FOLDER}/{FAISS.file}", VIEW_PLACES_FILE)


class Views(Protocol):
    """The further pictures of n items."""

    def nearest(self, query: Vectors, k: int, mask: Mask | None) -> Ranked:
        """The k items whose best view scores highest: rows (k,), cosines with the query (d,) (k,).

        Best first, equal scores in row order, each row once; fewer if fewer have views. `mask` (n,)
        says which items may come back. A shorter list is the beginning of a longer one.
        """
        ...

    def above(self, query: Vectors, least: float, mask: Mask | None) -> Ranked:
        """Every item with a view that scores at least `least`, in the order of `nearest`."""
        ...

    def vectors_of(self, row: int) -> Vectors:
        """The vectors of an item's views, in their order, (v, d)."""
        ...

    def picture(self, row: int, view: int) -> StoredImage | None:
        """An item's further picture by its number, from 0; None if there is none."""
        ...


class StoredViews:
    """See `Views`. `owners` (m,) are the items of views, `index` their vectors."""

    def __init__(self, owners: Rows, index: VectorIndex, images: ImageStore | None) -> None:
        self.owners, self.index = owners, index
        self._images = images

    @classmethod
    def of_version(cls, folder: Path, manifest: Mapping[str, Any]) -> StoredViews | None:
        """The views of a version whose checksums were verified; None if it has none.

        Raises:
            ArtefactError: if a file is missing, or they do not fit each other or the items.
        """
        if OWNERS_FILE not in manifest["files"]:
            return None
        for file in _FILES:
            if file not in manifest["files"]:
                raise ArtefactError(folder / MANIFEST, f"does not list {file}")
        try:
            owners = np.load(folder / OWNERS_FILE, allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise ArtefactError(folder / OWNERS_FILE, "is not a NumPy array") from None
        index = FAISS.open(folder / FOLDER)
        images = ImageStore(folder / VIEW_PLACES_FILE, manifest["files"])
        shape = (int(manifest["dimension"]), len(owners), len(owners))
        sound = owners.dtype == np.int64 and is_owners(owners, int(manifest["count"]))
        if not sound or (index.dimension, len(index), len(images)) != shape:
            raise ArtefactError(folder / OWNERS_FILE, "does not fit the items")
        return cls(owners, index, images)

    def nearest(self, query: Vectors, k: int, mask: Mask | None) -> Ranked:
        part = None if mask is None else mask[self.owners]
        there = len(self.owners) if part is None else int(np.count_nonzero(part))

        def search(length: int) -> Ranked:
            rows, scores = self.index.search(query[None], length, part)
            held = rows[0] >= 0
            return self.owners[rows[0][held]], scores[0][held]

        return first_of_owners(search, k, there)

    def above(self, query: Vectors, least: float, mask: Mask | None) -> Ranked:
        rows, scores = self.index.above(query, least, None if mask is None else mask[self.owners])
        owners = self.owners[rows]
        first = _firsts(owners)
        return best_above(owners[first], scores[first], least)

    def vectors_of(self, row: int) -> Vectors:
        return self.index.vectors(self._views_of(row))

    def picture(self, row: int, view: int) -> StoredImage | None:
        views = self._views_of(row)
        if self._images is None or not 0 <= view < len(views):
            return None
        return self._images.read(int(views[view]))

    def _views_of(self, row: int) -> Rows:
        first, last = np.searchsorted(self.owners, [row, row + 1])
        return np.arange(first, last)


def first_of_owners(search: Callable[[int], Ranked], k: int, there: int) -> Ranked:
    """The first `k` owners of a ranked list of views, each with its best score.

    `search(length)` gives the beginning of the list as owners and scores; `there` is how long the
    list is. Longer and longer beginnings are read until they name enough owners.
    """
    length = min(2 * k, there)
    while length:
        owners, scores = search(length)
        first = _firsts(owners)
        if len(first) >= k or length == there or len(owners) < length:
            return owners[first[:k]], scores[first[:k]]
        length = min(2 * length, there)
    return np.empty(0, np.int64), np.empty(0, np.float32)


def _firsts(owners: Rows) -> Rows:
    """The places (k,) at which each of the owners (m,) comes first, in ascending order."""
    return np.sort(np.unique(owners, return_index=True)[1])


def write_views(folder: Path, views: ViewVectors, kind: str) -> None:
    """Write the vectors of views, as an index of a kind of FAISS, into a version that is being
    built; nothing if there are none."""
    if not len(views):
        return
    place = folder / FOLDER
    place.mkdir()
    np.save(folder / OWNERS_FILE, views.owners)
    FAISS.build(place, kind, views.vectors, {}, lambda _rows: None)
