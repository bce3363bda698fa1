"""A deterministic encoder without weights: the public mock, and a floor to compare with.

Words hash to random directions and an image is its coarse colour layout, so equal inputs meet,
inputs that share words or colours come close, and every route can be tested without a model.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage
from PIL.Image import Image

from twinset.artefacts import new_folder, write_manifest
from twinset.encoders.encoder import (
    ItemVectors,
    Vectors,
    fuse,
    normalise,
    require_a_side,
    scatter,
)
from twinset.errors import ArtefactError

_GRID = 6
_MAX_DIMENSION = 4096


class HashEncoder:
    """See `twinset.encoders.encoder.Encoder`; `dimension` is any number from 2 up."""

    name = "hash"
    text_template = "{title} {description}"
    image_size = (64, 64)
    item_image_weight = 0.5

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension
        self.fingerprint = f"hash-{dimension}"
        generator = np.random.default_rng(7)
        size = (_GRID * _GRID * 3, dimension)
        self._projection = generator.standard_normal(size).astype(np.float32)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        rows = np.zeros((len(images), self.dimension), np.float32)
        for row, image in enumerate(images):
            small = image.resize((_GRID, _GRID), PillowImage.Resampling.BOX)
            # Centred, so that dark and light images point different ways; never exactly zero.
            pixels = np.asarray(small, np.float32).reshape(-1) / 255 - 0.5 + 1e-3
            rows[row] = pixels @ self._projection
        return normalise(rows)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.lower()) or [text]:
                rows[row] += self._direction(word)
        return normalise(rows)

    def _direction(self, word: str) -> Vectors:
        digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        generator = np.random.default_rng(int.from_bytes(digest, "little"))
        return generator.standard_normal(self.dimension).astype(np.float32)

    def encode_items(
        self, images: Sequence[Image | None], texts: Sequence[str | None]
    ) -> ItemVectors:
        require_a_side(images, texts)
        image = scatter(images, self.encode_images, self.dimension)
        text = scatter(texts, self.encode_texts, self.dimension)
        return ItemVectors(image, text, fuse(image, text, self.item_image_weight))

    @classmethod
    def load(cls, folder: Path, manifest: Mapping[str, Any]) -> HashEncoder:
        """The encoder of a folder that `save` wrote."""
        dimension = manifest.get("dimension")
        if not isinstance(dimension, int) or not 2 <= dimension <= _MAX_DIMENSION:
            raise ArtefactError(folder / "encoder.json", "lacks a usable dimension")
        return cls(dimension)

    def save(self, folder: Path) -> None:
        """Write an encoder folder that `load_encoder` opens as this encoder."""
        with new_folder(folder) as staging:
            (staging / "hash.json").write_text(json.dumps({"dimension": self.dimension}))
            fields = {"name": self.name, "architecture": "hash", "dimension": self.dimension}
            write_manifest(
                staging, "encoder", {**fields, "fingerprint": self.fingerprint}, "encoder.json"
            )
