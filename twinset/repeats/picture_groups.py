"""Which of many pictures are copies of each other, found without comparing each with each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from twinset.repeats.picture_signature import (
    NEAR_BITS,
    NEAR_LEVELS,
    Signatures,
    are_near,
    brightness_of,
    has_signature,
    hashes_of,
)

Codes = NDArray[np.int64]
_Pairs = NDArray[np.int64]
_BLOCK = 1024


def picture_groups(signatures: Signatures) -> Codes:
    """The group (n,) of each picture: the first row of the group, -1 if the picture is alone.

    Pictures are in one group if they are copies, or if copies of copies lead from one to the other.
    The groups depend on nothing but the pictures. Zeros stand for no picture.
    """
    codes = np.full(len(signatures), -1, np.int64)
    rows = np.flatnonzero(has_signature(signatures))
    if not len(rows):
        return codes
    # Equal signatures are one, so that a picture of a thousand items costs no million pairs.
    held = np.ascontiguousarray(signatures[rows])
    whole = held.view(np.dtype((np.void, held.shape[1]))).ravel()
    _, first, inverse = np.unique(whole, return_index=True, return_inverse=True)
    group = joined(len(first), near_pairs(held[first]))[inverse.ravel()]
    _, begins, of, sizes = np.unique(
        group, return_index=True, return_inverse=True, return_counts=True
    )
    codes[rows] = np.where(sizes[of] > 1, rows[begins][of], -1)
    return codes


def near_pairs(signatures: Signatures) -> _Pairs:
    """The pairs of rows (m, 2) whose signatures, all of them different, are those of copies."""
    pairs = np.concatenate([np.empty((0, 2), np.int64), *_candidates(signatures)])
    near = [
        are_near(signatures[part[:, 0]], signatures[part[:, 1]])
        for part in np.array_split(pairs, len(pairs) // _BLOCK + 1)
    ]
    return np.asarray(pairs[np.concatenate(near)])


def joined(count: int, pairs: _Pairs) -> Codes:
    """The part (count,) of a graph that each of its nodes belongs to, as the lowest node there."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    for one, other in pairs.tolist():
        low, high = sorted((root(one), root(other)))
        parent[high] = low
    return np.array([root(node) for node in range(count)], np.int64)


def _candidates(signatures: Signatures) -> Iterator[_Pairs]:
    """Pairs of rows whose hashes are near.

    The brightness of copies, on average, differs no more than any part of them may. So rows are
    compared in the order of their brightness, each with the few that are about as bright.
    """
    light = brightness_of(signatures)
    order = np.argsort(light, kind="stable")
    light, hashes = light[order], hashes_of(signatures)[order]
    for start in range(0, len(order), _BLOCK):
        block = slice(start, start + _BLOCK)
        end = int(np.searchsorted(light, light[block][-1] + NEAR_LEVELS, "right"))
        near = np.bitwise_count(hashes[block, None] ^ hashes[None, start:end]) <= NEAR_BITS
        one, other = np.nonzero(np.triu(near, 1))
        yield np.stack([order[start + one], order[start + other]], axis=1)
