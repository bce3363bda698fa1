"""The few shapes that a model is asked for.

A runtime prepares itself for every shape of its inputs that it meets, and keeps what it made:
OpenVINO some 5 MB for each size of a batch of the compact encoder's pictures, so that a service
that had met them all had grown by 200 MB. Sizes of batches are therefore powers of two, and
lengths of texts go in steps; what is missing is filled up, and dropped from the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Large enough to keep two cores busy, small enough that a batch's pixels stay in cache.
LARGEST_BATCH = 32
_TOKENS = 8


def batch_sizes(count: int, largest: int = LARGEST_BATCH) -> Iterator[tuple[int, int]]:
    """Batches that take `count` rows in order, each as (rows, size): size - rows are filled up.

    A size is a power of two up to `largest`, which is one too. A rest is filled up if that
    costs less than another call: where more than half of what would be filled is there.
    """
    while count > 0:
        size = min(largest, 1 << (count.bit_length() - 1))
        if size < largest and count - size > size // 2:
            size *= 2
        rows = min(count, size)
        yield rows, size
        count -= rows


def token_length(longest: int, most: int) -> int:
    """The length that texts of up to `longest` tokens are filled up to."""
    return min(most, -(-longest // _TOKENS) * _TOKENS)


def run_in_batches(
    count: int, width: int, run: Callable[[slice, int], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The rows (count, width) that `run` gives, batch by batch.

    It is given a slice of the `count` inputs and the batch's size; rows beyond those of the slice
    are dropped.
    """
    rows = np.empty((count, width), np.float32)
    start = 0
    for taken, size in batch_sizes(count):
        part = slice(start, start + taken)
        rows[part] = run(part, size)[:taken]
        start += taken
    return rows


def filled(array: NDArray[Any], size: int) -> NDArray[Any]:
    """`array` with zero rows after its own, (size, ...)."""
    if len(array) == size:
        return array
    longer = np.zeros((size, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
