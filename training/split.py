"""Which products are trained on. The name decides, by hash, so that all products of one name fall
on one side, and a name stays there when the catalogue grows or is shuffled."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Split = Literal["train", "validation", "test"]


def split_of(title: str | None, test_fraction: float, validation_fraction: float) -> Split:
    """The side of a product by its name, case and spacing aside."""
    name = " ".join((title or "").lower().split())
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    position = int.from_bytes(digest, "big") / 2**64
    if position < test_fraction:
        return "test"
    return "validation" if position < test_fraction + validation_fraction else "train"


def split_rows(
    titles: Sequence[str | None], test_fraction: float, validation_fraction: float
) -> dict[Split, NDArray[np.int64]]:
    """Row numbers of each side, ascending."""
    sides = np.array([split_of(title, test_fraction, validation_fraction) for title in titles])
    names: tuple[Split, ...] = ("train", "validation", "test")
    return {side: np.flatnonzero(sides == side) for side in names}
