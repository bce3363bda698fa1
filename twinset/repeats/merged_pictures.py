"""Which items of a merged version have the same picture, found among those that writes touched.

The groups are those of a version built from the merged items: they follow from the pictures alone.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from twinset.changes.item_change import BASE_PICTURE
from twinset.index.vector_index import Rows
from twinset.live.overlay import Overlay
from twinset.repeats.picture_groups import Codes, picture_groups
from twinset.repeats.picture_looks import Look
from twinset.repeats.same_pictures import SamePictures, StoredPictures


def merged_pictures(overlay: Overlay) -> SamePictures | None:
    """The groups of an overlay's rows, made when they are first needed; None if the base has
    none."""
    base = overlay.base.pictures
    if not isinstance(base, StoredPictures):
        return None
    changes = overlay.changes
    given = {row: c.picture for row, c in changes.items() if c.picture != BASE_PICTURE}
    if not given and not overlay.dead and overlay.total == len(overlay.base):
        return base
    looks = {row: overlay.looks[sha] for row, sha in given.items() if sha is not None}
    gone = np.array(sorted({*given, *overlay.dead}), np.int64)
    return SamePictures(partial(_merged_codes, base, overlay.total, gone, looks))


def _merged_codes(base: StoredPictures, total: int, gone: Rows, looks: dict[int, Look]) -> Codes:
    """The codes (total,) of rows of which those in `gone` lost the base's picture, and those in
    `looks` have another."""
    codes = np.full(total, -1, np.int64)
    codes[base.rows] = base.held
    copied = np.unique(np.concatenate([np.empty(0, np.int64), *(o.copies for o in looks.values())]))
    # Groups that lost a row may fall apart; those that a new picture is a copy of grow together.
    touched = np.concatenate([gone[gone < len(base.signatures)], copied])
    changed = base.rows[np.isin(base.held, base.codes_of(touched))]
    rows = np.setdiff1d(np.union1d(changed, copied), gone)
    codes[changed], codes[gone] = -1, -1
    own = np.array(sorted(looks), np.int64)
    pool = np.concatenate([rows, own])
    if len(pool):
        signatures = [base.signatures[rows], *(looks[row].signature[None] for row in own.tolist())]
        order = np.argsort(pool)
        found = picture_groups(np.concatenate(signatures)[order])
        pool = pool[order]
        codes[pool] = np.where(found >= 0, pool[found], -1)
    return codes
