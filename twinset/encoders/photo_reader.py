"""Runs the image tower, the photo branch and the photo head over query photos."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from twinset.encoders.encoder import normalise
from twinset.encoders.runtime.batch_shapes import filled, run_in_batches
from twinset.errors import ArtefactError, InvalidInput
from twinset.photo.photo_head import PhotoHead
from twinset.photo.photo_reading import row_width

Vectors = NDArray[np.float32]
Model = Callable[[Mapping[str, NDArray[Any]]], Vectors]
Layers = Callable[[Vectors], Vectors]
Pixels = Callable[[slice, int], NDArray[np.uint8]]
PHOTO_HEAD = "photo.npz"


def open_photo_head(folder: Path, manifest: Mapping[str, Any]) -> PhotoHead | None:
    """The photo head of an encoder folder; None if it has none.

    Raises:
        ArtefactError: if the file is damaged, or not for vectors of this encoder.
    """
    if PHOTO_HEAD not in manifest["files"]:
        return None
    try:
        head = PhotoHead.load(folder / PHOTO_HEAD)
        if head.dimension != manifest["dimension"]:
            raise InvalidInput("The photo head has another dimension than the encoder.")
        return head
    except (OSError, ValueError, KeyError, InvalidInput):
        raise ArtefactError(folder / PHOTO_HEAD, "does not fit encoder.json") from None


@dataclass(frozen=True)
class PhotoReader:
    """Every picture goes through `tower`; those that are not a studio's through `branch` too.

    `tower` puts out own columns and, if there is a branch, early features after them. `glance` and
    `layers` compute the head's products.
    """

    head: PhotoHead
    tower: Model
    branch: Model | None
    glance: Layers
    layers: Layers

    def read(self, count: int, pixels: Pixels) -> Vectors:
        """The rows (count, row_width(d)) of photos; `pixels` gives a slice of them as a batch."""

        def run(part: slice, size: int) -> Vectors:
            columns = self.tower({"pixels": pixels(part, size)})
            return self._read(columns[: part.stop - part.start])

        return run_in_batches(count, row_width(self.head.dimension), run)

    def _read(self, columns: Vectors) -> Vectors:
        head = self.head
        own = np.ascontiguousarray(columns[:, : head.own])
        own[:, : head.dimension] = normalise(own[:, : head.dimension])
        glances = head.glances(own, self.glance)
        rows = head.read(own, glances)
        closer = head.needs_look(glances)
        if len(closer):
            late = self._late(columns[closer])
            rows[closer] = head.look(own[closer], late, glances[closer], self.layers)
        return rows

    def _late(self, columns: Vectors) -> Vectors:
        """What the photo branch makes of the early features at the end of the columns."""
        if self.branch is None:
            return np.zeros((len(columns), 0), np.float32)
        branch = self.branch
        early = columns[:, self.head.own :].reshape(-1, *self.head.early_shape)

        def run(part: slice, size: int) -> Vectors:
            return branch({"early": filled(early[part], size)})[: part.stop - part.start]

        return run_in_batches(len(early), self.head.late, run)
