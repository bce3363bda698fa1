"""What a query photo says beyond its vector: small networks on features of the image tower.

A glance tells studio pictures, which keep their vector, from photos; photos get a closer look, by
features of the photo branch too. Item vectors do not pass through here, so an encoder may gain or
change a head while its indexes stay valid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinset.errors import InvalidInput
from twinset.photo.box_grid import MOST_BOXES, NUMBERS, boxes_of
from twinset.photo.tower_taps import Taps

Vectors = NDArray[np.float32]
Layers = Callable[[Vectors], Vectors]
_SMALL = ("mean", "spread")  # kept in full precision
_WEIGHTS = ("first", "first_bias", "second", "second_bias", "glance", "glance_bias")
_NUMBERS = ("kind_scale", "glance_scale", "tuned_share", "least_evidence")
_SHAPES = ("early_shape", "grid")
_FURTHEST = 5.0  # features this many spreads from their mean say no more than nearer ones
# Between these chances that a picture is a studio's, the correction fades out.
STUDIO, PHOTO = 0.7, 0.3
# A glance from which on a picture is a studio's of one garment, so that a look would find no more.
_SURELY = 0.97


@dataclass(frozen=True)
class PhotoHead:
    """A layer for the glance, two for the closer look.

    `taps` names the tower's tensors whose means and maxima over the picture follow the vector (d,)
    in `own` columns. With an `early_shape`, the whole tensor of that shape (c, h, w) goes through
    the photo branch, whose `late` columns are further features, a direction for the kind (d,), how
    familiar the picture is, and guesses (5, *grid) of where garments are. Features are f in all,
    the own ones and those of the branch. A photo with less than `least_evidence` of a garment shows
    none, see `evidence`.

    Shapes: `mean` and `spread` (f,), `first` (f, h), `first_bias` (h,), `second` (h, 2d + 1),
    `second_bias` (2d + 1,), `glance` (own, d + 2), `glance_bias` (d + 2,). `kind_scale` makes a
    cosine to a kind a logit, after a glance alone `glance_scale`; of a photo's direction for the
    kind the branch gives `tuned_share`.
    """

    taps: Taps
    mean: Vectors
    spread: Vectors
    first: Vectors
    first_bias: Vectors
    second: Vectors
    second_bias: Vectors
    glance: Vectors
    glance_bias: Vectors
    kind_scale: float
    glance_scale: float
    tuned_share: float = 0.0
    least_evidence: float = -30.0
    early_shape: tuple[int, ...] = ()
    grid: tuple[int, ...] = (0, 0)

    def __post_init__(self) -> None:
        d, (inputs, hidden) = self.dimension, self.first.shape
        closer: list[tuple[int, ...]] = [(inputs, hidden), (hidden,), (hidden, 2 * d + 1)]
        shapes = ((inputs,), (inputs,), *closer, (2 * d + 1,), (self.own, d + 2), (d + 2,))
        if tuple(getattr(self, part).shape for part in (*_SMALL, *_WEIGHTS)) != shapes:
            raise InvalidInput("The photo head's parts do not fit each other.")
        if d < 1 or not d <= self.own <= inputs or (self.own < inputs and not self.branch):
            raise InvalidInput("The photo head's features do not fit its outputs.")

    @property
    def dimension(self) -> int:
        """d, the width of the encoder's vectors."""
        return len(self.glance_bias) - 2

    @property
    def own(self) -> int:
        """How many columns the image tower gives, the vector among them."""
        return len(self.glance)

    @property
    def late(self) -> int:
        """How many columns the photo branch gives; 0 if there is none."""
        if not self.branch:
            return 0
        cells = NUMBERS * self.grid[0] * self.grid[1]
        return len(self.mean) - self.own + self.dimension + 1 + cells

    @property
    def branch(self) -> bool:
        """True if a photo branch makes a part of the features."""
        return bool(self.early_shape)

    def glances(self, own: Vectors, layer: Layers | None = None) -> Vectors:
        """Own columns (n, own), vectors of unit length first -> (n, d + 2): the direction of the
        kind, and the chances that it is a studio's picture and that it shows a garment.

        `layer` computes the product by other means than NumPy.
        """
        inputs = self._scaled(own, slice(self.own))
        outputs = layer(inputs) if layer else inputs @ self.glance + self.glance_bias
        kind = _unit(own[:, : self.dimension] + outputs[:, : self.dimension])
        kind *= self.glance_scale / max(self.kind_scale, 1e-6)
        return np.concatenate([kind, _chance(outputs[:, -2:])], axis=1, dtype=np.float32)

    def needs_look(self, glances: Vectors) -> NDArray[np.int64]:
        """The places of pictures that are not surely a studio's of one garment."""
        return np.flatnonzero(glances[:, -2] < _SURELY)

    def read(self, own: Vectors, glances: Vectors) -> Vectors:
        """The rows (n, row_width(d)) of pictures that had a glance alone."""
        plain, count = own[:, : self.dimension], len(own)
        known = np.ones((count, 1), np.float32)
        none = np.zeros((count, MOST_BOXES * NUMBERS), np.float32)
        kind, chances = glances[:, : self.dimension], glances[:, -2:]
        return np.concatenate([plain, plain, kind, chances, known, none], axis=1)

    def look(
        self, own: Vectors, late: Vectors, glances: Vectors, layers: Layers | None = None
    ) -> Vectors:
        """The rows of pictures of which the branch gave `late` (n, late) columns."""
        d, further = self.dimension, len(self.mean) - self.own
        inputs = self._scaled(np.concatenate([own, late[:, :further]], axis=1), slice(None))
        outputs = (layers or self.outputs)(inputs)
        correction, turn, garment = np.split(outputs, [d, 2 * d], axis=1)
        plain, studio = own[:, :d], glances[:, -2:-1]
        share = np.clip((STUDIO - studio) / (STUDIO - PHOTO), 0, 1)
        kind, familiar = _unit(plain + turn), np.ones((len(own), 1), np.float32)
        boxes = np.zeros((len(own), MOST_BOXES * NUMBERS), np.float32)
        if self.branch:
            tuned, familiar = late[:, further : further + d], late[:, further + d : further + d + 1]
            kind = (1 - self.tuned_share) * kind + self.tuned_share * _unit(tuned)
            guesses = late[:, further + d + 1 :].reshape(-1, NUMBERS, *self.grid)
            boxes = np.stack([boxes_of(one).ravel() for one in guesses])
        parts = (
            plain,
            _unit(plain + share * correction),
            share * kind + (1 - share) * glances[:, :d],
            studio,
            share * _chance(garment) + (1 - share) * glances[:, -1:],
            familiar,
            boxes,
        )
        return np.concatenate(parts, axis=1, dtype=np.float32)

    @property
    def layers(self) -> tuple[tuple[Vectors, Vectors], ...]:
        """Weights and bias of each layer of the closer look."""
        return (self.first, self.first_bias), (self.second, self.second_bias)

    def outputs(self, inputs: Vectors) -> Vectors:
        """What the two layers make of scaled inputs (n, f), (n, 2d + 1)."""
        hidden = np.maximum(inputs @ self.first + self.first_bias, 0)
        return np.asarray(hidden @ self.second + self.second_bias, np.float32)

    def _scaled(self, features: Vectors, part: slice) -> Vectors:
        scaled = (features - self.mean[part]) / self.spread[part]
        return np.asarray(np.clip(scaled, -_FURTHEST, _FURTHEST), np.float32)

    def save(self, path: Path) -> None:
        """Write the parts, the weights in half precision, without pickle."""
        parts: dict[str, Any] = {part: getattr(self, part).astype(np.float16) for part in _WEIGHTS}
        parts |= {part: getattr(self, part).astype(np.float32) for part in _SMALL}
        parts |= {name: np.float32(getattr(self, name)) for name in _NUMBERS}
        parts |= {name: np.array(getattr(self, name), np.int64) for name in _SHAPES}
        pooled, whole = np.array(self.taps.pooled, np.str_), np.array(self.taps.whole or "")
        np.savez(path, **parts, pooled=pooled, whole=whole)

    @classmethod
    def load(cls, path: Path) -> PhotoHead:
        """Read what `save` wrote.

        Raises:
            InvalidInput: if a part is missing or the parts do not fit each other.
        """
        with np.load(path, allow_pickle=False) as stored:
            wanted = {*_SMALL, *_WEIGHTS, *_NUMBERS, *_SHAPES, "pooled", "whole"}
            if missing := wanted - set(stored.files):
                raise InvalidInput(f"The photo head lacks {', '.join(sorted(missing))}.")
            parts: dict[str, Any] = {name: float(stored[name]) for name in _NUMBERS}
            parts |= {part: stored[part].astype(np.float32) for part in (*_SMALL, *_WEIGHTS)}
            parts |= {name: tuple(stored[name].tolist()) for name in _SHAPES}
            taps = Taps(tuple(stored["pooled"].tolist()), str(stored["whole"]) or None)
            return cls(taps, **parts)


def evidence(familiar: float, garment: float, kind: float) -> float:
    """How much speaks for a garment: the sum of the log odds of three chances.

    They are how familiar the picture is, that it shows a garment, and that of its likeliest kind.
    """
    chances = np.clip([familiar, garment, kind], 1e-3, 1 - 1e-3)
    return float(np.log(chances / (1 - chances)).sum())


def _chance(logits: Vectors) -> Vectors:
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


def _unit(rows: Vectors) -> Vectors:
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return np.asarray(rows / lengths, np.float32)
