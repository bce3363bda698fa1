"""What `twinset adopt` needs of a public model, whatever library it comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL.Image import Image
from tokenizers import Tokenizer
from torch import Tensor, nn

from twinset.encoders.dual_spec import DualSpec
from twinset.encoders.encoder import Vectors, normalise
from twinset.errors import ConfigError

ImageReference = Callable[[Sequence[Image]], Vectors]
TextReference = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True)
class Source:
    """A public model as its library runs it: both sides, its specification, and its own output.

    `image` maps scaled pixels (n, 3, h, w) to features (n, d), `text` token ids and mask (n, t) to
    features (n, d). The references give the library's own unit rows (n, d). `revision` is the
    commit of a hub's repository, None for a local folder.
    """

    image: nn.Module
    text: nn.Module
    tokenizer: Tokenizer
    spec: DualSpec
    licence: str | None
    reference_images: ImageReference
    reference_texts: TextReference
    revision: str | None = None


def licence_of(folder: str) -> str | None:
    """The licence that a model card names in its first lines; None without a local card."""
    card = Path(folder) / "README.md"
    lines = card.read_text(encoding="utf-8").splitlines()[:40] if card.is_file() else []
    return next((line[8:].strip() for line in lines if line.startswith("license:")), None)


def sample_pictures() -> list[Image]:
    """Noise on gradients in four shapes: square, tall, wide and small."""
    generator = np.random.default_rng(0)
    pictures = []
    for width, height in ((300, 300), (240, 400), (500, 200), (90, 120)):
        cells = generator.integers(0, 256, (6, 5, 3), np.uint8)
        small = PillowImage.fromarray(cells)
        pictures.append(small.resize((width, height), PillowImage.Resampling.BICUBIC))
    return pictures


def first_line(error: Exception) -> str:
    """What a library said of a model that it could not load, short enough for one line."""
    return " ".join(str(error).split())[:200]


class _FirstOfImage(nn.Module):
    """The first `count` numbers of an image side; its argument is named, as the exporter asks."""

    def __init__(self, side: nn.Module, count: int) -> None:
        super().__init__()
        self.side, self.count = side, count

    def forward(self, pixels: Tensor) -> Tensor:
        features: Tensor = self.side(pixels)
        return features[:, : self.count]


class _FirstOfText(nn.Module):
    """The first `count` numbers of a text side."""

    def __init__(self, side: nn.Module, count: int) -> None:
        super().__init__()
        self.side, self.count = side, count

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        features: Tensor = self.side(input_ids, attention_mask)
        return features[:, : self.count]


def truncated(source: Source, count: int) -> Source:
    """The model with the first `count` numbers of its vectors, for those trained to allow that.

    Raises:
        ConfigError: if its vectors have no more numbers than that.
    """
    if count >= source.spec.dimension:
        raise ConfigError(f"--truncate-dim must be below {source.spec.dimension}")

    def images(given: Sequence[Image]) -> Vectors:
        return normalise(source.reference_images(given)[:, :count])

    def texts(given: Sequence[str]) -> Vectors:
        return normalise(source.reference_texts(given)[:, :count])

    return replace(
        source,
        image=_FirstOfImage(source.image, count),
        text=_FirstOfText(source.text, count),
        spec=replace(source.spec, dimension=count),
        reference_images=images,
        reference_texts=texts,
    )
