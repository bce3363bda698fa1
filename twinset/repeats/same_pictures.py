"""The items of an index version that have the same picture, or nearly."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from weakref import ref

import numpy as np
from numpy.typing import NDArray

from twinset.columns import Column
from twinset.errors import ArtefactError
from twinset.repeats.picture_groups import Codes, joined
from twinset.repeats.picture_signature import (
    LENGTH,
    NEAR_BITS,
    Signature,
    Signatures,
    are_near,
    hashes_of,
)

# Up to so many items a code for each is kept, which is quicker; beyond, those of shared pictures.
_MOST_DENSE = 200_000
SIGNATURES_FILE = "picture_signatures.npy"
GROUPS_FILE = "same_pictures.npy"
Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]


class SamePictures:
    """Groups of rows with one picture. `make` gives their codes when they are first needed, and
    again each time the codes of all rows of a large version are.

    Codes (n,) are the first row of a group for all of its rows, and -1 for a row whose picture no
    other has.
    """

    def __init__(self, make: Callable[[], Codes]) -> None:
        self._make = make
        self._styles: tuple[ref[Column], Rows, Codes] | None = None

    @property
    def codes(self) -> Codes:
        """The codes of all rows (n,)."""
        return self._make() if self._dense is None else self._dense

    @cached_property
    def _made(self) -> tuple[Codes | None, Rows, Codes]:
        codes = self._make()
        rows = np.flatnonzero(codes >= 0)
        return codes if len(codes) <= _MOST_DENSE else None, rows, codes[rows]

    @property
    def _dense(self) -> Codes | None:
        return self._made[0]

    @property
    def rows(self) -> Rows:
        """The rows (m,) that share their pictures, in ascending order."""
        return self._made[1]

    @property
    def held(self) -> Codes:
        """The codes (m,) of `rows`."""
        return self._made[2]

    @cached_property
    def _groups(self) -> tuple[int, NDArray[np.int64]]:
        """How many groups there are, and which of them each of `rows` is in."""
        found, groups = np.unique(self.held, return_inverse=True)
        return len(found), groups

    @property
    def repeats(self) -> int:
        """How many items are left out if each picture is listed once."""
        return len(self.rows) - self._groups[0]

    def codes_of(self, rows: Rows) -> Codes:
        """The codes (k,) of some rows (k,)."""
        if self._dense is not None:
            return np.asarray(self._dense[rows])
        codes = np.full(len(rows), -1, np.int64)
        if len(self.rows):
            places = np.searchsorted(self.rows, rows).clip(max=len(self.rows) - 1)
            np.copyto(codes, self.held[places], where=self.rows[places] == rows)
        return codes

    def code_of(self, row: int) -> int:
        """The code of a row."""
        if self._dense is not None:
            return int(self._dense[row])
        return int(self.codes_of(np.array([row]))[0])

    def place_of(self, row: int) -> int:
        """A number that rows with one picture share, and no others."""
        code = self.code_of(row)
        return row if code < 0 else code

    def repeats_in(self, mask: Mask | None, without: Collection[int] = ()) -> int:
        """How many rows of a mask (n,), None for all, are left out if each picture is listed once.

        Rows in `without` count as if the mask left them out.
        """
        gone = np.array(list(without), np.int64)
        gone = gone[self.codes_of(gone) >= 0]
        if mask is None and not len(gone):
            return self.repeats
        inside = np.ones(len(self.rows), np.bool_) if mask is None else mask[self.rows]
        if len(gone):
            inside &= ~np.isin(self.rows, gone)
        count, groups = self._groups
        seen = np.zeros(count, np.bool_)
        seen[groups[inside]] = True
        return int(inside.sum()) - int(seen.sum())

    def with_styles(self, column: Column) -> Codes:
        """Groups (n,) of rows that share the value of a column or a picture.

        Styles of which one item each has the same picture are one.
        """
        styles = column.group_codes()
        if not len(self.rows):
            return styles
        kept = self._styles
        # Versions that differ in live writes alone may share these pictures, but not the column.
        if kept is None or kept[0]() is not column:
            joint = self._joined(styles)
            # Kept are the rows that change, not a number for each item.
            changed = np.flatnonzero(joint != styles)
            self._styles = kept = ref(column), changed, joint[changed]
        _, rows, codes = kept
        styles[rows] = codes
        return styles

    def _joined(self, styles: Codes) -> Codes:
        """Each code, with those of one picture made equal; rows without a style get codes too."""
        alone = styles[self.rows] < 0
        codes, most = styles.copy(), int(styles.max()) + 1
        codes[self.rows[alone]] = most + np.arange(int(alone.sum()))
        _, first, of = np.unique(self.held, return_index=True, return_inverse=True)
        pairs = np.stack([codes[self.rows], codes[self.rows[first][of]]], axis=1)
        nodes, places = np.unique(pairs, return_inverse=True)
        parts = joined(len(nodes), places.reshape(pairs.shape))
        inside = np.isin(codes, nodes)
        codes[inside] = nodes[parts][np.searchsorted(nodes, codes[inside])]
        return codes


class StoredPictures(SamePictures):
    """The groups of a version as it was built, with the signature (n, 392) of each row's picture,
    which stay on disk until they are compared."""

    def __init__(self, signatures: Signatures, groups: NDArray[np.int32]) -> None:
        """`groups` (m, 2) are rows and their codes."""
        super().__init__(lambda: _spread(groups, len(signatures)))
        self.signatures = signatures

    @classmethod
    def load(cls, folder: Path, count: int) -> Self:
        """The groups in the files of a version of `count` items.

        Raises:
            ArtefactError: if a file does not hold them.
        """
        try:
            signatures = np.load(folder / SIGNATURES_FILE, mmap_mode="r", allow_pickle=False)
            groups = np.load(folder / GROUPS_FILE, allow_pickle=False)
        except (OSError, ValueError):
            raise ArtefactError(folder / SIGNATURES_FILE, "cannot be read") from None
        if signatures.shape != (count, LENGTH) or groups.shape[1:] != (2,):
            raise ArtefactError(folder / SIGNATURES_FILE, "has another count than the items")
        return cls(signatures, groups)

    @classmethod
    def of_version(cls, folder: Path, manifest: Mapping[str, Any]) -> Self | None:
        """The groups of a version whose checksums were verified; None if it was built without."""
        known = SIGNATURES_FILE in manifest["files"]
        return cls.load(folder, int(manifest["count"])) if known else None

    @cached_property
    def _hashes(self) -> NDArray[np.uint64]:
        return hashes_of(self.signatures)

    def copies_of(self, signature: Signature) -> Rows:
        """The rows whose pictures are copies of the one with this signature (392,)."""
        own = hashes_of(signature[None])
        rows = np.flatnonzero(np.bitwise_count(self._hashes ^ own) <= NEAR_BITS)
        return rows[are_near(self.signatures[rows], signature[None])]


def _spread(groups: NDArray[np.int32], count: int) -> Codes:
    codes = np.full(count, -1, np.int64)
    codes[groups[:, 0]] = groups[:, 1]
    return codes
