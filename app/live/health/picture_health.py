"""Pictures to mend: too small to tell a garment by, unreadable, or the same for several styles."""

from __future__ import annotations

import hashlib
import io
from collections import defaultdict

import numpy as np
from PIL import Image

from app.live.health.catalogue_health import GROUP, Finding, finding_of
from twinset.index.index_versions import IndexVersion

LEAST_SIDE = 100  # pixels


def examine_pictures(version: IndexVersion) -> list[Finding]:
    """Read every picture once: its header for the size, its bytes for copies. Takes some seconds
    for ten thousand pictures."""
    tiny: list[int] = []
    broken: list[int] = []
    copies: dict[bytes, list[int]] = defaultdict(list)
    there = version.images.has_image
    for row in np.flatnonzero(there if version.alive is None else there & version.alive).tolist():
        stored = version.images.read(row)
        if stored is None:
            continue
        copies[hashlib.blake2b(stored.data, digest_size=16).digest()].append(row)
        try:
            with Image.open(io.BytesIO(stored.data)) as image:
                size = image.size
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            broken.append(row)
            continue
        if min(size) < LEAST_SIDE:
            tiny.append(row)
    column = version.items.columns.get(GROUP)
    groups = None if column is None else column.group_codes()
    repeated = sorted(row for rows in copies.values() if _of_several(rows, groups) for row in rows)
    smaller = f"A side of less than {LEAST_SIDE} pixels"
    return [
        finding_of(version, "tiny_pictures", smaller, tiny),
        finding_of(version, "unreadable_pictures", "Damaged, or of no known format", broken),
        finding_of(version, "repeated_pictures", "The picture of another style too", repeated),
    ]


def _of_several(rows: list[int], groups: np.ndarray | None) -> bool:
    """True if rows are of more than one style."""
    if groups is None:
        return len(rows) > 1
    return len({row if groups[row] < 0 else -1 - groups[row] for row in rows}) > 1
