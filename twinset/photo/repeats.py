"""Items whose pictures are the same or nearly so, found once so that they can share a place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image, Resampling

Vectors = NDArray[np.float32]
Hashes = NDArray[np.uint64]
_CHUNK = 512  # rows at a time: 512 x 37,774 similarities take 77 MB


def picture_hash(image: Image) -> int:
    """64 bits that stay nearly the same if a picture is resized or saved again.

    Each bit says if a cell of a 9 x 8 grey reduction is lighter than its right neighbour
    (the difference hash).
    """
    grey = np.asarray(image.convert("L").resize((9, 8), Resampling.BOX), np.int16)
    bits = (grey[:, :-1] > grey[:, 1:]).ravel()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def repeat_groups(
    vectors: Vectors, hashes: Hashes, cosine: float = 0.985, bits: int = 4
) -> list[list[int]]:
    """Groups of two or more rows whose pictures repeat each other, so that one can stand for all.

    Two rows repeat each other if their unit vectors (n, d) have at least the cosine and their
    hashes (n,) differ in at most `bits` bits. Repeats of a repeat join its group. Groups and
    their rows ascend.
    """
    parent = list(range(len(vectors)))
    for start in range(0, len(vectors), _CHUNK):
        alike = vectors[start : start + _CHUNK] @ vectors[start:].T >= cosine
        rows, others = np.nonzero(alike)
        rows, others = rows + start, others + start
        rows, others = rows[others > rows], others[others > rows]
        near = np.bitwise_count(hashes[rows] ^ hashes[others]) <= bits
        for row, other in zip(rows[near].tolist(), others[near].tolist(), strict=True):
            _join(parent, row, other)
    groups: dict[int, list[int]] = {}
    for row in range(len(parent)):
        groups.setdefault(_root(parent, row), []).append(row)
    return [group for group in groups.values() if len(group) > 1]


def _root(parent: list[int], row: int) -> int:
    while parent[row] != row:
        parent[row] = parent[parent[row]]
        row = parent[row]
    return row


def _join(parent: list[int], one: int, other: int) -> None:
    first, second = sorted((_root(parent, one), _root(parent, other)))
    parent[second] = first
