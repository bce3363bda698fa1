"""The encoder seam, and the arithmetic that every encoder shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class ItemVectors:
    """What an encoder says of n items: three row-aligned float32 arrays of shape (n, d).

    Rows are L2-normalised; a row of `image` or `text` is zero if the item has no such side.
    """

    image: Vectors
    text: Vectors
    item: Vectors


class Encoder(Protocol):
    """Maps images, texts and whole items into one d-dimensional space.

    Every method returns float32 rows of unit length, comparable by dot product with each other.
    Safe to call from several threads.
    """

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the vector of a picture or of an English text could: indexes and
        encoders must carry the same one."""

    @property
    def dimension(self) -> int: ...

    @property
    def text_template(self) -> str:
        """How an item's columns become the text that is encoded; see `render_texts`."""

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) that images are resized to, so that callers may decode to less."""

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        """Upright RGB images -> (n, d)."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Texts -> (n, d)."""

    def encode_items(
        self, images: Sequence[Image | None], texts: Sequence[str | None]
    ) -> ItemVectors:
        """Items -> their image, text and fused rows, each side encoded once.

        Either side of an item may be None, not both.

        Raises:
            InvalidInput: if an item has neither side.
        """


def normalise(vectors: Vectors) -> Vectors:
    """Rows scaled to unit length; a zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return unit


def fuse(image: Vectors, text: Vectors, image_weight: float) -> Vectors:
    """Unit rows of `image_weight * image + (1 - image_weight) * text`; (n, d), (n, d) -> (n, d).

    A zero row means that the side is missing: the other side alone then gives the direction.
    """
    return normalise((image_weight * image + (1 - image_weight) * text).astype(np.float32))
