"""The encoder seam, and the arithmetic that every encoder shares."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from twinset.errors import InvalidInput

Vectors = NDArray[np.float32]
T = TypeVar("T")


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

    @property
    def item_image_weight(self) -> float | None:
        """The weight by which `fuse` joins both sides of an item; None if a model joins them."""

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


def scatter(
    values: Sequence[T | None], encode: Callable[[list[T]], Vectors], dimension: int
) -> Vectors:
    """Encode the values that are there; the rows of those that are not stay zero."""
    present = [i for i, value in enumerate(values) if value is not None]
    rows = np.zeros((len(values), dimension), np.float32)
    if present:
        rows[present] = encode([value for value in values if value is not None])
    return rows


def require_a_side(images: Sequence[object], texts: Sequence[object]) -> None:
    """Raise InvalidInput if an item has neither an image nor a text."""
    if any(i is None and t is None for i, t in zip(images, texts, strict=True)):
        raise InvalidInput("An item needs an image or a text.")
