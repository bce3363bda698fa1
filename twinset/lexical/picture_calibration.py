"""Makes items without a picture comparable, for a query of words, with items that have one.

A text lies nearer to a text than to any picture: an item that has words alone would come first for
words that have nothing to do with it. So a sample of a catalogue's pictured items is kept with two
vectors each: of the words alone, and of the item. A query's similarities to both say how much the
lack of a picture is worth at each height, and that is taken off: quantiles are matched, as when
two exams are put on one scale (equipercentile equating, Kolen and Brennan, 2014).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinset.errors import ArtefactError
from twinset.index.vector_index import Vectors

CALIBRATION_FILE = "picture_calibration.npy"
_SAMPLE, _LEAST = 2048, 256
_HEIGHTS = (0.0, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 1.0)
# How slowly similarities above those of every item of the sample rise to 1.
_BEND = 4
Numbers = NDArray[np.float64]


def sample_pairs(text: Vectors, image: Vectors, item: Vectors) -> Vectors | None:
    """The vectors (2, m, d) of words alone and of the item, of m items that have both sides.

    None if fewer than 256 items do: too few to tell how the two kinds differ. The items are spread
    evenly over the rows, so the same embeddings give the same sample.
    """
    both = np.flatnonzero(_any(text) & _any(image))
    if len(both) < _LEAST:
        return None
    rows = both[np.linspace(0, len(both) - 1, min(_SAMPLE, len(both))).astype(np.int64)]
    return np.stack([text[rows], item[rows]]).astype(np.float32)


def _any(vectors: Vectors) -> NDArray[np.bool_]:
    """Which rows (n,) are not zero; unit vectors of any length have a first number or another."""
    return np.asarray(vectors.any(axis=1))


@dataclass(frozen=True)
class Curve:
    """Similarities of items without a picture, and what an item with one would have had there.

    Both (k,) rise. Below the lower end the difference stays as it is there. Above the upper end, at
    which the nearest items with a picture lie, it takes nearly the same text to come much further:
    a title of one word is nearer to another word than any item of the sample, whatever they mean.
    """

    bare: Numbers
    pictured: Numbers

    def __call__(self, scores: Numbers) -> Numbers:
        """Scores (n,) of items without a picture, on the scale of the others; never lowers order.

        The largest is 1: nothing is more similar than the same.
        """
        inside = np.clip(scores, self.bare[0], self.bare[-1])
        below = np.minimum(scores - self.bare[0], 0)
        above = np.maximum(scores - self.bare[-1], 0) / max(1 - self.bare[-1], 1e-9)
        left = 1 - self.pictured[-1]
        moved = np.interp(inside, self.bare, self.pictured) + below + left * above**_BEND
        return np.asarray(np.minimum(moved, 1.0))


class PictureCalibration:
    """The sample of a version; `curve` reads it for one query.

    Raises:
        ArtefactError: from `load`, if the file holds no such sample.
    """

    def __init__(self, pairs: Vectors) -> None:
        self._bare, self._pictured = pairs

    @classmethod
    def load(cls, path: Path, dimension: int) -> PictureCalibration:
        """Map what `sample_pairs` gave and `np.save` wrote."""
        try:
            pairs = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise ArtefactError(path, "is not a NumPy array") from None
        if pairs.ndim != 3 or pairs.shape[0] != 2 or pairs.shape[2] != dimension:
            raise ArtefactError(path, f"does not hold pairs of {dimension} dimensions")
        return cls(pairs)

    @classmethod
    def of_version(cls, folder: Path, manifest: Mapping[str, Any]) -> PictureCalibration | None:
        """What a version whose checksums were verified holds of it; None if it has none."""
        known = CALIBRATION_FILE in manifest["files"]
        return cls.load(folder / CALIBRATION_FILE, int(manifest["dimension"])) if known else None

    def curve(self, query: Vectors) -> Curve:
        """How scores of the two kinds compare for a query vector (d,)."""
        bare, pictured = (_quantiles(side @ query) for side in (self._bare, self._pictured))
        return Curve(bare, pictured)


def _quantiles(values: Vectors) -> Numbers:
    """`numpy.quantile(values, _HEIGHTS)`, without the checks that take most of its time."""
    ordered = np.sort(values).astype(np.float64)
    places = np.arange(len(ordered))
    return np.interp(np.multiply(_HEIGHTS, len(ordered) - 1), places, ordered)
