"""A small network from a multilingual sentence vector to an encoder's own text space."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinset.errors import InvalidInput

Vectors = NDArray[np.float32]
PARTS = ("mean", "first", "first_bias", "second", "second_bias")


@dataclass(frozen=True)
class TextHead:
    """`normalise(relu((x - mean) @ first + first_bias) @ second + second_bias)`.

    Shapes: `mean` (s,), `first` (s, h), `first_bias` (h,), `second` (h, d), `second_bias` (d,),
    for sentence vectors of s numbers and a space of d.
    """

    mean: Vectors
    first: Vectors
    first_bias: Vectors
    second: Vectors
    second_bias: Vectors

    def __post_init__(self) -> None:
        size, hidden = self.first.shape
        shapes = ((size,), (hidden,), (hidden, self.dimension), (self.dimension,))
        given = (self.mean, self.first_bias, self.second, self.second_bias)
        if tuple(part.shape for part in given) != shapes:
            raise InvalidInput("The text head's parts do not fit each other.")

    @property
    def dimension(self) -> int:
        """Numbers of a vector that comes out."""
        return len(self.second_bias)

    def apply(self, sentences: Vectors) -> Vectors:
        """Sentence vectors (n, s) -> unit rows (n, d)."""
        hidden = np.maximum((sentences - self.mean) @ self.first + self.first_bias, 0)
        rows = hidden @ self.second + self.second_bias
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        return np.asarray(rows, np.float32)

    def parts(self) -> dict[str, NDArray[np.float16]]:
        """The arrays to store, in half precision."""
        return {name: getattr(self, name).astype(np.float16) for name in PARTS}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> TextHead:
        """The inverse of `parts`."""
        return cls(**{name: np.asarray(stored[name], np.float32) for name in PARTS})
