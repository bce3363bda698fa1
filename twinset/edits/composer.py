"""From a picture or an item, and words that change it, to the vector of what is wanted.

The sum of the two vectors finds things that look like both: pictures are more like each other than
a text is like any, so "in red" hardly moves a blue dress. The composer is a small network that was
taught, on the products of a catalogue, where the changed product lies (a combiner on frozen
vectors as in CLIP4Cir, Baldrati et al., 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from twinset.errors import ArtefactError

COMPOSER = "composer.npz"
# Without a composer: how much the words count beside the picture, which counts 1.
PLAIN_WEIGHT = 2.5
Vectors = NDArray[np.float32]
_PARTS = ("first", "first_bias", "second", "second_bias")


class Composes(Protocol):
    """Brings vectors of queries and of the words that change them together."""

    def compose(self, queries: Vectors, texts: Vectors) -> Vectors:
        """Unit rows (n, d) of what is wanted, from unit rows (n, d) each."""


@dataclass(frozen=True)
class PlainSum:
    """The weighted sum of both: what is done for an encoder that has no composer."""

    weight: float = PLAIN_WEIGHT

    def compose(self, queries: Vectors, texts: Vectors) -> Vectors:
        return _unit(queries + self.weight * texts)


@dataclass(frozen=True)
class Composer:
    """The learnt combination. Shapes: `first` (2d, h), `first_bias` (h,), `second` (h, d + 2),
    `second_bias` (d + 2,).

    The hidden layer sees the query and the text. Its output is an offset of d numbers, and the
    logarithms of how much of the query and of the text are added to the offset. Parts that are all
    zero therefore give the plain sum of both.

    Example:
        >>> composer.compose(photo[None], text[None])[0]
    """

    first: Vectors
    first_bias: Vectors
    second: Vectors
    second_bias: Vectors

    def __post_init__(self) -> None:
        wide, hidden = self.first.shape
        shapes = ((hidden,), (hidden, wide // 2 + 2), (wide // 2 + 2,))
        if wide % 2 or tuple(getattr(self, part).shape for part in _PARTS[1:]) != shapes:
            raise ValueError("the composer's parts do not fit each other")

    @property
    def dimension(self) -> int:
        """The length d of the vectors that it takes and gives."""
        return len(self.first) // 2

    def compose(self, queries: Vectors, texts: Vectors) -> Vectors:
        hidden = np.concatenate([queries, texts], axis=1) @ self.first + self.first_bias
        out = np.maximum(hidden, 0) @ self.second + self.second_bias
        shares, offset = np.exp(out[:, :2]), out[:, 2:]
        return _unit(queries * shares[:, :1] + texts * shares[:, 1:] + offset)

    def save(self, path: Path) -> None:
        """Write the parts as half-precision arrays, without pickle."""
        np.savez(path, **{part: getattr(self, part).astype(np.float16) for part in _PARTS})

    @classmethod
    def load(cls, path: Path, dimension: int) -> Composer:
        """Read what `save` wrote, for vectors of `dimension` numbers.

        Raises:
            ArtefactError: the file is no composer, or is one for vectors of another length.
        """
        try:
            with np.load(path, allow_pickle=False) as stored:
                composer = cls(*(stored[part].astype(np.float32) for part in _PARTS))
        except (OSError, ValueError, KeyError):
            raise ArtefactError(path, "is not a composer of edits") from None
        if composer.dimension != dimension:
            raise ArtefactError(path, f"is for {composer.dimension} dimensions, not {dimension}")
        return composer


def _unit(rows: Vectors) -> Vectors:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-12), np.float32)


@runtime_checkable
class _HasComposer(Protocol):
    @property
    def composer(self) -> Composes | None: ...


def composer_of(encoder: object) -> Composes:
    """The composer that an encoder brings in its folder; the plain sum if it has none."""
    own = encoder.composer if isinstance(encoder, _HasComposer) else None
    return own or PlainSum()
