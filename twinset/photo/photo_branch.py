"""A residual correction that brings vectors of photos by people to the items of their kind.

The encoder's own vectors stay as they are: only the query side passes through here, and pictures
on a light backdrop pass unchanged.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from twinset.errors import InvalidInput

Vectors = NDArray[np.float32]
_LIGHT = 240
_PARTS = ("first", "first_bias", "second", "second_bias")


def light_border(image: Image) -> float:
    """Share of an RGB picture's border that is light, which tells studio pictures from photos.

    The border is the outermost pixel of each side after the picture is made 64 pixels square.
    """
    pixels = np.asarray(image.convert("RGB").resize((64, 64))).min(axis=2)
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    return float((border >= _LIGHT).mean())


@dataclass(frozen=True)
class PhotoBranch:
    """Corrects the vectors of photos, so that rooms and bodies do not decide what is found.

    Shapes: `first` (d, h), `first_bias` (h,), `second` (h, d), `second_bias` (d,).
    """

    first: Vectors
    first_bias: Vectors
    second: Vectors
    second_bias: Vectors
    studio_border: float = 0.6

    def __post_init__(self) -> None:
        dimension, hidden = self.first.shape
        shapes = ((hidden,), (hidden, dimension), (dimension,))
        if tuple(getattr(self, part).shape for part in _PARTS[1:]) != shapes:
            raise InvalidInput("The photo branch's parts do not fit each other.")

    def correct(self, vectors: Vectors, borders: NDArray[np.float64]) -> Vectors:
        """Unit rows (n, d) for queries; a row keeps its values if its border is a studio's.

        `borders` (n,) comes from `light_border`.
        """
        hidden = np.maximum(vectors @ self.first + self.first_bias, 0)
        moved = vectors + hidden @ self.second + self.second_bias
        moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-12)
        studio = (borders >= self.studio_border)[:, None]
        return np.where(studio, vectors, moved).astype(np.float32)

    def save(self, path: Path) -> None:
        """Write the parts as half-precision arrays, without pickle."""
        parts = {part: getattr(self, part).astype(np.float16) for part in _PARTS}
        np.savez(path, **parts, studio_border=np.float32(self.studio_border))

    @classmethod
    def load(cls, path: Path) -> PhotoBranch:
        """Read what `save` wrote.

        Raises:
            InvalidInput: if a part is missing or the parts do not fit each other.
        """
        with np.load(path, allow_pickle=False) as stored:
            if missing := {*_PARTS, "studio_border"} - set(stored.files):
                raise InvalidInput(f"The photo branch lacks {', '.join(sorted(missing))}.")
            parts = {part: stored[part].astype(np.float32) for part in _PARTS}
            return cls(**parts, studio_border=float(stored["studio_border"]))
