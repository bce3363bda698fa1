"""What is missing in a catalogue, or contradicts itself: what an operator mends in the feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from app.live.health.catalogue_doubts import COLOURS, doubted_rows
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
    found = [
        finding_of(version, name, sentence, np.flatnonzero(mask)) for name, sentence, mask in checks
    ]
    kinds = doubted_rows(version, version.category or "")
    found.append(finding_of(version, "doubted_kinds", "Look like another kind", kinds))
    colour = next((name for name in COLOURS if name in columns), None)
    if colour is not None:
        sentence, rows = "Look like another colour", doubted_rows(version, colour)
        found.append(finding_of(version, "doubted_colours", sentence, rows))
    return found


def finding_of(
    version: IndexVersion, name: str, sentence: str, rows: Sequence[int] | NDArray[np.int64]
) -> Finding:
    """A finding of these rows; the first of them are its examples."""
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
