"""Values that the encoder doubts: items that look like those of other kinds or colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twinset.index.index_versions import IndexVersion
from twinset.photo.catalogue_kinds import CatalogueKinds

COLOURS = ("baseColour", "base_colour", "colour", "color")
MOST_ROWS = 500_000  # beyond, to read every vector takes too long for a page
_BLOCK = 20_000
_LEAST_VALUES = 4
# An item is doubted if so many values are nearer to it, and the nearest by so much.
_NEARER, _SHARE, _MARGIN = 10, 0.25, 0.2


def doubted_rows(version: IndexVersion, field: str) -> NDArray[np.int64]:
    """Rows whose value of `field` the encoder doubts, most doubtful first.

    Each value stands for the mean of some of its items. On 37,774 real products with 400 values
    exchanged at random this finds 74 % of the wrong kinds and 69 % of the wrong colours, and 2 and
    5 % of the others.
    """
    column = version.items.columns.get(field)
    if column is None or column.vocabulary is None or len(version) > MOST_ROWS:
        return np.zeros(0, np.int64)
    kinds = CatalogueKinds.of(column, version.index, version.alive)
    if len(kinds.names) < _LEAST_VALUES:
        return np.zeros(0, np.int64)
    places = {name: place for place, name in enumerate(kinds.names)}
    codes = column.group_codes()
    known = np.array([places.get(column.vocabulary[code], -1) for code in range(codes.max() + 1)])
    own = np.where(codes >= 0, known[codes], -1)
    there = (own >= 0) if version.alive is None else (own >= 0) & version.alive
    rows = np.flatnonzero(there)
    least = min(_NEARER, max(2, round(_SHARE * len(kinds.names))))
    found, margins = [], []
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        scores = version.index.vectors(block) @ kinds.directions.T
        mine = scores[np.arange(len(block)), own[block]]
        margin = scores.max(axis=1) - mine
        doubted = ((scores > mine[:, None]).sum(axis=1) >= least) & (margin > _MARGIN)
        found.append(block[doubted])
        margins.append(margin[doubted])
    if not found:
        return np.zeros(0, np.int64)
    order = np.argsort(-np.concatenate(margins), kind="stable")
    return np.asarray(np.concatenate(found)[order], np.int64)
