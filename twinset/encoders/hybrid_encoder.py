"""A two-tower encoder with late fusion: both sides of an item enter one vector through a model.

The folder is that of a dual encoder, whose towers here end in projections of width `projected`,
and `fusion.onnx` (both projections -> vector). A side that is missing enters as zeros, as it did
in training, so an image, a text and an item with both lie in one space.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL.Image import Image

from twinset.encoders.dual_encoder import (
    DualEncoder,
    open_parts,
    require_listed,
)
from twinset.encoders.dual_spec import DualSpec
from twinset.encoders.encoder import ItemVectors, Vectors, normalise, require_a_side, scatter
from twinset.encoders.runtime.batch_shapes import filled, run_in_batches
from twinset.encoders.runtime.onnx_runtime import Model, open_model
from twinset.errors import ArtefactError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

ARCHITECTURE = "hybrid-onnx"
FUSION_MODEL = "fusion.onnx"


class HybridEncoder(DualEncoder):
    """See `twinset.encoders.encoder.Encoder`. Built by `load_encoder`."""

    def __init__(
        self,
        spec: DualSpec,
        fingerprint: str,
        towers: tuple[Model, Model],
        tokenizer: Tokenizer | None,
        fusion: tuple[Model, int],
    ) -> None:
        super().__init__(spec, fingerprint, *towers, tokenizer)
        self._fusion, self._projected = fusion

    @classmethod
    def load(
        cls, folder: Path, manifest: Mapping[str, Any], device: str, threads: int | None
    ) -> HybridEncoder:
        """Open the files of a folder whose checksums were verified."""
        spec, towers, tokenizer = open_parts(folder, manifest, device, threads)
        require_listed(folder, manifest, FUSION_MODEL)
        projected = manifest.get("projected")
        if not isinstance(projected, int) or projected < 1:
            raise ArtefactError(folder / "encoder.json", "lacks the width of the projections")
        fusion = open_model(folder / FUSION_MODEL, device, threads), projected
        encoder = cls(spec, str(manifest["fingerprint"]), towers, tokenizer, fusion)
        encoder._try_out(folder)
        return encoder

    @property
    def item_image_weight(self) -> None:
        """None: the fusion is a model."""

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        image = self._project_images(images)
        return self._fuse(image, np.zeros_like(image))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        text = self._project_texts(texts)
        return self._fuse(np.zeros_like(text), text)

    def encode_items(
        self, images: Sequence[Image | None], texts: Sequence[str | None]
    ) -> ItemVectors:
        require_a_side(images, texts)
        image = scatter(images, self._project_images, self._projected)
        text = scatter(texts, self._project_texts, self._projected)
        nothing = np.zeros_like(image)
        vectors = ItemVectors(
            self._fuse(image, nothing), self._fuse(nothing, text), self._fuse(image, text)
        )
        vectors.image[[i for i, value in enumerate(images) if value is None]] = 0
        vectors.text[[i for i, value in enumerate(texts) if value is None]] = 0
        return vectors

    def _project_images(self, images: Sequence[Image]) -> Vectors:
        return self._run_image_model(images, self._projected)

    def _project_texts(self, texts: Sequence[str]) -> Vectors:
        return self._run_text_model(texts, self._projected)

    def _fuse(self, image: Vectors, text: Vectors) -> Vectors:
        """Projections (n, projected) each, zeros if a side is missing -> unit rows (n, d)."""

        def run(part: slice, size: int) -> Vectors:
            return self._fusion(
                {"image": filled(image[part], size), "text": filled(text[part], size)}
            )

        return normalise(run_in_batches(len(image), self.dimension, run))
