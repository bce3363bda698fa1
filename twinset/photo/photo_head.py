"""What a query photo says beyond its vector: a small network on features of the image tower.

Item vectors do not pass through here, so an encoder may gain or change a head while its indexes
stay valid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twinset.errors import InvalidInput
from twinset.photo.tower_taps import Taps

Vectors = NDArray[np.float32]
Layers = Callable[[Vectors], Vectors]
_FIXED = ("mean", "spread", "first", "first_bias", "second", "second_bias")
_NUMBERS = ("kind_scale", "least_evidence")
_FURTHEST = 5.0  # features this many spreads from their mean say no more than nearer ones
_LEAN = 0.5
# Between these chances that a picture is a studio's, the correction fades out.
_STUDIO, _PHOTO = 0.7, 0.3


@dataclass(frozen=True)
class PhotoReading:
    """What the head read of one photo.

    `plain` (d,) is the encoder's own vector; `corrected` (d,) is where items like the garment are
    expected, the same as `plain` for studio pictures; `kind` (d,) points to the items of the
    garment's kind, whatever their colour. `studio` and `garment` are chances from 0 to 1.
    `familiar`, from 0 to 1, is how much the picture looks like what garments are taken for.
    """

    plain: Vectors
    corrected: Vectors
    kind: Vectors
    studio: float
    garment: float
    familiar: float

    @property
    def leaning(self) -> Vectors:
        """The vector to search with: `plain` with half of `corrected`, of unit length.

        Alone, `corrected` finds the commonest items of a kind, whatever their colour.
        """
        both = (self.plain + _LEAN * self.corrected)[None]
        return np.asarray(_unit(both)[0], np.float32)

    @classmethod
    def of_row(cls, row: Vectors) -> PhotoReading:
        """Read a row of `PhotoHead.read`."""
        width = (len(row) - 3) // 3
        plain, corrected, kind = (row[part * width : (part + 1) * width] for part in range(3))
        return cls(plain, corrected, kind, float(row[-3]), float(row[-2]), float(row[-1]))


@dataclass(frozen=True)
class PhotoHead:
    """Two layers on the vector (d,) and the pooled features of some layers of the image tower.

    `taps` names the tower's tensors whose means and maxima over the picture are the first features.
    With an `early_shape`, the whole tensor of that shape (c, h, w) goes through the photo branch,
    whose output is further features and a last column: how familiar the picture is, from 0 to 1.
    Features are t in all, without that column. A photo with less than `least_evidence` of a garment
    shows none, see `evidence`.
    Shapes: `mean` and `spread` (d + t,), `first` (d + t, h), `first_bias` (h,), `second`
    (h, 2d + 2), `second_bias` (2d + 2,). `kind_scale` makes a cosine to a kind a logit.
    """

    taps: Taps
    mean: Vectors
    spread: Vectors
    first: Vectors
    first_bias: Vectors
    second: Vectors
    second_bias: Vectors
    kind_scale: float
    early_shape: tuple[int, ...] = ()
    least_evidence: float = -30.0

    def __post_init__(self) -> None:
        (inputs, hidden), outputs = self.first.shape, self.second_bias.shape
        shapes = ((inputs,), (inputs,), (inputs, hidden), (hidden,), (hidden, *outputs), outputs)
        if tuple(getattr(self, part).shape for part in _FIXED) != shapes:
            raise InvalidInput("The photo head's parts do not fit each other.")
        if self.second.shape[1] % 2 or self.dimension < 1 or inputs < self.dimension:
            raise InvalidInput("The photo head's outputs are not two vectors and two chances.")

    @property
    def dimension(self) -> int:
        """d, the width of the encoder's vectors."""
        return (len(self.second_bias) - 2) // 2

    @property
    def branch(self) -> bool:
        """True if a photo branch makes a part of the features."""
        return bool(self.early_shape)

    @property
    def width(self) -> int:
        """The width of the rows that `read` takes: d + t, and one more with a photo branch."""
        return len(self.mean) + self.branch

    def read(self, rows: Vectors, layers: Layers | None = None) -> Vectors:
        """Unit vectors and features (n, width) -> rows (n, 3d + 3) for `PhotoReading.of_row`.

        `layers` computes `outputs` by other means than NumPy.
        """
        plain, seen = rows[:, : self.dimension], rows[:, : len(self.mean)]
        familiar = rows[:, -1:] if self.branch else np.ones((len(rows), 1))
        inputs = np.clip((seen - self.mean) / self.spread, -_FURTHEST, _FURTHEST)
        outputs = (layers or self.outputs)(np.asarray(inputs, np.float32))
        correction, direction, logits = np.split(outputs, [self.dimension, 2 * self.dimension], 1)
        studio, garment = (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).T
        share = np.clip((_STUDIO - studio) / (_STUDIO - _PHOTO), 0, 1)[:, None]
        parts = (
            plain,
            _unit(plain + share * correction),
            _unit(plain + direction),
            studio[:, None],
            garment[:, None],
            familiar,
        )
        return np.concatenate(parts, axis=1, dtype=np.float32)

    @property
    def layers(self) -> tuple[tuple[Vectors, Vectors], ...]:
        """Weights and bias of each layer."""
        return (self.first, self.first_bias), (self.second, self.second_bias)

    def outputs(self, inputs: Vectors) -> Vectors:
        """What the two layers make of inputs (n, d + t) of unit spread, (n, 2d + 2)."""
        hidden = np.maximum(inputs @ self.first + self.first_bias, 0)
        return np.asarray(hidden @ self.second + self.second_bias, np.float32)

    def save(self, path: Path) -> None:
        """Write the parts, the weights in half precision, without pickle."""
        parts = {part: getattr(self, part).astype(np.float16) for part in _FIXED}
        parts |= {part: getattr(self, part).astype(np.float32) for part in ("mean", "spread")}
        parts |= {name: np.float32(getattr(self, name)) for name in _NUMBERS}
        pooled, whole = np.array(self.taps.pooled, np.str_), np.array(self.taps.whole or "")
        shape = np.array(self.early_shape, np.int64)
        np.savez(path, **parts, pooled=pooled, whole=whole, early_shape=shape)

    @classmethod
    def load(cls, path: Path) -> PhotoHead:
        """Read what `save` wrote.

        Raises:
            InvalidInput: if a part is missing or the parts do not fit each other.
        """
        with np.load(path, allow_pickle=False) as stored:
            wanted = {*_FIXED, *_NUMBERS, "pooled", "whole", "early_shape"}
            if missing := wanted - set(stored.files):
                raise InvalidInput(f"The photo head lacks {', '.join(sorted(missing))}.")
            parts = {part: stored[part].astype(np.float32) for part in _FIXED}
            scale, least = (float(stored[name]) for name in _NUMBERS)
            taps = Taps(tuple(stored["pooled"].tolist()), str(stored["whole"]) or None)
            shape = tuple(stored["early_shape"].tolist())
            return cls(taps, **parts, kind_scale=scale, early_shape=shape, least_evidence=least)


def evidence(familiar: float, garment: float, kind: float) -> float:
    """How much speaks for a garment: the sum of the log odds of three chances.

    They are how familiar the picture is, that it shows a garment, and that of its likeliest kind.
    """
    chances = np.clip([familiar, garment, kind], 1e-3, 1 - 1e-3)
    return float(np.log(chances / (1 - chances)).sum())


def _unit(rows: Vectors) -> Vectors:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows / lengths, np.float32)
