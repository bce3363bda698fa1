"""An encoder whose rows hold all that a photo head may read, before there is a head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from training.photo.late_branch import SHARED, TAPPED, ImagenetBranch
from twinset.artefacts import read_manifest
from twinset.encoders.dual_encoder import IMAGE_MODEL, DualEncoder, open_parts
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import InvalidInput
from twinset.photo.tower_taps import NO_TAPS, Taps

Shape = tuple[int, ...]  # of early features, (c, h, w), or empty
_BLOCKS = 16  # of EfficientNet-Lite0; a network of another number of blocks is not tapped
_BATCH = 32
_SAME = 0.02  # early features whose mean difference is a smaller share are ImageNet's


@dataclass(frozen=True)
class TappedEncoder:
    """An encoder whose image model puts out `own` columns that a photo head reads, by `taps`, and
    after them early features of `shape` (c, h, w).

    The shape is empty if the tower does not start as ImageNet's EfficientNet-Lite0 does: then there
    is nothing for a photo branch to go on from.
    """

    encoder: DualEncoder
    taps: Taps
    own: int
    shape: Shape

    def early(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Early features (n, c, h, w) of pictures."""
        encoder, parts = self.encoder, []
        for start in range(0, len(pictures), _BATCH):
            batch = pictures[start : start + _BATCH]
            columns = encoder.image_model({"pixels": encoder.pixels(batch, len(batch))})
            parts.append(columns[:, self.own :].reshape(-1, *self.shape))
        return np.concatenate(parts)


def tapped_encoder(folder: Path) -> TappedEncoder:
    """The encoder of a folder, tapped for all that there is to read.

    Raises:
        InvalidInput: the folder holds another architecture than a dual encoder.
    """
    manifest = read_manifest(folder, "encoder", ENCODER_MANIFEST)
    if manifest["architecture"] != "dual-onnx":
        raise InvalidInput("Only a dual encoder takes a photo head.")
    blocks = block_outputs(folder / IMAGE_MODEL)
    if not blocks:
        encoder = _opened(folder, manifest, NO_TAPS)
        return TappedEncoder(encoder, NO_TAPS, encoder.dimension, ())
    pooled = tuple(blocks[number] for number in TAPPED)
    taps = Taps(pooled, blocks[SHARED - 1])
    encoder = _opened(folder, manifest, taps)
    shape, width = _shared_shape(encoder)
    if shape:
        return TappedEncoder(encoder, taps, width - math.prod(shape), shape)
    taps = Taps(pooled)
    encoder = _opened(folder, manifest, taps)
    return TappedEncoder(encoder, taps, _shared_shape(encoder)[1], ())


def block_outputs(model: Path) -> list[str]:
    """Names of what the blocks of an EfficientNet-Lite0 put out, first to last; none if the model
    is another network.

    A block ends in a convolution without an activation, and in a sum if it is residual.
    """
    nodes = onnx.load(model, load_external_data=False).graph.node
    activated = {name for node in nodes if node.op_type in ("Clip", "Relu") for name in node.input}
    found = []
    for node, following in zip(nodes, [*nodes[1:], nodes[-1]], strict=True):
        if node.op_type == "Conv" and node.output[0] not in activated:
            summed = following.op_type == "Add" and node.output[0] in following.input
            found.append(following.output[0] if summed else node.output[0])
    return found if len(found) == _BLOCKS else []


def _opened(folder: Path, manifest: dict[str, Any], taps: Taps) -> DualEncoder:
    spec, (image, text), tokenizer = open_parts(folder, manifest, "cpu", None, taps)
    return DualEncoder(spec, str(manifest["fingerprint"]), image, text, tokenizer)


def _shared_shape(encoder: DualEncoder) -> tuple[Shape, int]:
    """The shape (c, h, w) of the early features that end the image model's rows, empty if they are
    not ImageNet's, and the width of the rows."""
    size = (1, *encoder.image_size[::-1], 3)
    pixels = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    with torch.no_grad():
        scaled = torch.from_numpy(encoder.spec.pixels.apply(pixels))
        own = ImagenetBranch().shared(scaled).numpy()
    columns = encoder.image_model({"pixels": pixels})
    apart = np.abs(columns[0, -own.size :] - own.ravel()).mean()
    same = bool(apart < _SAME * np.abs(own).mean())
    return (own.shape[1:] if same else ()), columns.shape[1]
