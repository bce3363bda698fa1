"""What is missing in a catalogue, or contradicts itself: what an operator mends in the feed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Mask

MOST_EXAMPLES = 10
GROUP = "group_id"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend: how many items have it, and the ids of the first few."""

    name: str
    sentence: str
    count: int
    examples: tuple[str, ...]


def examine(version: IndexVersion) -> list[Finding]:
    """Every check that the catalogue's columns allow, also those that find nothing."""
    alive = version.alive if version.alive is not None else np.ones(len(version), np.bool_)
    columns = version.items.columns
    checks = [
        ("without_picture", "Found by words alone", alive & ~version.images.has_image),
        ("without_title", "Shown under their id", alive & ~_titled(version)),
    ]
    if "price" in columns:
        checks.append(
            ("without_price", "Left out of price filters", alive & ~columns["price"].present)
        )
    if version.category in columns:
        kind = columns[str(version.category)]
        checks.append(("without_kind", "Left out of filters by kind", alive & ~kind.present))
    if "available" in columns:
        sold = columns["available"]
        checks.append(("sold_out", "Marked as sold out", alive & sold.present & ~_truth(version)))
    if GROUP in columns and version.category in columns:
        sentence = "In a group whose items are of several kinds"
        checks.append(("mixed_groups", sentence, alive & _mixed(version)))
    return [_finding(version, name, sentence, mask) for name, sentence, mask in checks]


def _finding(version: IndexVersion, name: str, sentence: str, mask: Mask) -> Finding:
    rows = np.flatnonzero(mask)
    examples = tuple(version.items.id_of(int(row)) for row in rows[:MOST_EXAMPLES])
    return Finding(name, sentence, len(rows), examples)


def _titled(version: IndexVersion) -> Mask:
    """Which rows (n,) have a title that is more than spaces."""
    layers = version.items.layers
    titled = np.zeros(len(version), np.bool_)
    if "title" in layers.base.table.column_names:
        lengths = pc.utf8_length(pc.utf8_trim_whitespace(layers.base.table["title"]))
        held = pc.fill_null(pc.greater(lengths, 0), False)
        titled[: len(held)] = np.asarray(held.to_numpy(zero_copy_only=False), np.bool_)
    for row, fields in layers.changes.items():
        titled[row] = bool(str(fields.get("title") or "").strip())
    return titled


def _truth(version: IndexVersion) -> Mask:
    return np.asarray(version.items.columns["available"].values, np.bool_)


def _mixed(version: IndexVersion) -> Mask:
    """Rows (n,) of groups whose items have more than one kind."""
    columns = version.items.columns
    groups = columns[GROUP].group_codes()
    kinds = columns[str(version.category)].group_codes()
    known = (groups >= 0) & (kinds >= 0)
    if version.alive is not None:
        known &= version.alive
    pairs: NDArray[np.int64] = np.unique(np.stack([groups[known], kinds[known]], axis=1), axis=0)
    numbers, counts = np.unique(pairs[:, 0], return_counts=True)
    return np.asarray(np.isin(groups, numbers[counts > 1]) & known, np.bool_)
