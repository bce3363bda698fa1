"""An encoder that is opened by the first item that has to be embedded.

Most nightly runs of a shop change prices and stock, which no vector is made of: opening the
encoder's models takes as long as all else that the export does then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from PIL.Image import Image

from twinset.artefacts import read_manifest
from twinset.encoders import Encoder, ItemVectors, load_encoder
from twinset.encoders.dual_spec import DualSpec
from twinset.encoders.encoder import Vectors
from twinset.encoders.encoder_folder import ENCODER_MANIFEST


class LateEncoder:
    """See `twinset.encoders.encoder.Encoder`; what `encoder.json` says needs no model.

    The models' files are checked when they are opened.

    Raises:
        ArtefactError: if the folder holds no `encoder.json` of a dual encoder.
    """

    def __init__(self, folder: Path, device: str = "auto") -> None:
        self._folder, self._device = folder, device
        said = read_manifest(folder, "encoder", ENCODER_MANIFEST, check_files=False)
        spec = DualSpec.from_manifest(said, folder / ENCODER_MANIFEST)
        self.name, self.fingerprint = spec.name, str(said["fingerprint"])
        self.dimension, self.text_template = spec.dimension, spec.text_template
        self.image_size = spec.image_width, spec.image_height

    @cached_property
    def _opened(self) -> Encoder:
        return load_encoder(self._folder, self._device, for_items=True)

    def encode_images(self, images: Sequence[Image]) -> Vectors:
        return self._opened.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self._opened.encode_texts(texts)

    def encode_items(
        self, images: Sequence[Image | None], texts: Sequence[str | None]
    ) -> ItemVectors:
        return self._opened.encode_items(images, texts)


def open_late(folder: Path, device: str = "auto") -> Encoder:
    """The encoder of a folder, its models opened when they are first asked for.

    Raises:
        ArtefactError: if the folder is not that of an encoder.
    """
    said = read_manifest(folder, "encoder", ENCODER_MANIFEST, check_files=False)
    if said.get("architecture") == "hash":
        return load_encoder(folder, device, for_items=True)
    return LateEncoder(folder, device)
