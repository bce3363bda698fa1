"""An encoder that is opened by the first item that has to be embedded, one side at a time.

Most nightly runs of a shop change prices and stock, which no vector is made of, or some pictures,
or some words: opening a model takes as long as all else that the export does then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from PIL.Image import Image

from twinset.artefacts import read_manifest
from twinset.encoders import Encoder, ItemVectors, load_encoder
from twinset.encoders.dual_encoder import DualEncoder
from twinset.encoders.dual_spec import ARCHITECTURE, DualSpec
from twinset.encoders.encoder import Vectors, fuse, require_a_side, scatter
from twinset.encoders.encoder_folder import ENCODER_MANIFEST, load_side


class LateEncoder:
    """See `twinset.encoders.encoder.Encoder`; what `encoder.json` says needs no model.

    The models' files are checked when they are opened.

    Raises:
        ArtefactError: if the folder holds no `encoder.json` of a dual encoder.
    """

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self._folder, self._device = folder, device
        said = read_manifest(folder, "encoder", ENCODER_MANIFEST, check_only=())
        spec = DualSpec.from_manifest(said, folder / ENCODER_MANIFEST)
        self.name, self.fingerprint = spec.name, str(said["fingerprint"])
        self.dimension, self.text_template = spec.dimension, spec.text_template
        self.image_size = spec.image_width, spec.image_height
        self.item_image_weight = spec.item_image_weight

    @cached_property
    def _images(self) -> DualEncoder:
        return load_side(self._folder, "image", self._device)

    @cached_property
    def _texts(self) -> DualEncoder:
        return load_side(self._folder, "text", self._device)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        return self._images.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._texts.encode_texts(texts)

    def encode_items(
        self, images: Sequence[Image | None], texts: Sequence[str | None]
    ) -> ItemVectors:
        require_a_side(images, texts)
        image = scatter(images, self._encode_views, self.dimension)
        text = scatter(texts, self.encode_texts, self.dimension)
        return ItemVectors(image, text, fuse(image, text, self.item_image_weight))

    def _encode_views(self, images: Sequence[Image]) -> Vectors:
        return self._images.encode_items(images, [None] * len(images)).image


def open_late(folder: Path, device: str = "auto") -> Encoder:
    """The encoder of a folder; the models of a dual encoder are opened when they are needed.

    Raises:
        ArtefactError: if the folder is not that of an encoder.
    """
    said = read_manifest(folder, "encoder", ENCODER_MANIFEST, check_only=())
    if said.get("architecture") == ARCHITECTURE:
        return LateEncoder(folder, device)
    return load_encoder(folder, device)
