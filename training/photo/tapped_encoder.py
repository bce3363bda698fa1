"""An encoder whose rows hold all that a photo head may read, before there is a head."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from PIL.Image import Image

from training.photo.late_branch import SHARED, TAPPED, LateBranch, export_branch
from twinset.artefacts import read_manifest
from twinset.encoders.dual_encoder import IMAGE_MODEL, DualEncoder, open_parts
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.encoders.onnx_runtime import open_model
from twinset.errors import InvalidInput
from twinset.photo.photo_head import PhotoHead
from twinset.photo.tower_taps import Taps

Shape = tuple[int, ...]  # of early features, (c, h, w), or empty
_BLOCKS = 16  # of EfficientNet-Lite0; a network of another number of blocks is not tapped
_SAME = 0.02  # early features whose mean difference is a smaller share are ImageNet's


def tapped_encoder(folder: Path, garments: list[Image], branch: Path) -> DualEncoder:
    """The encoder of a folder, with a head that reads nothing yet of all there is to read.

    If the image tower starts as ImageNet's does, a photo branch is written to `branch`, for which
    pictures of `garments` are familiar.

    Raises:
        InvalidInput: the folder holds another architecture than a dual encoder.
    """
    manifest = read_manifest(folder, "encoder", ENCODER_MANIFEST)
    if manifest["architecture"] != "dual-onnx":
        raise InvalidInput("Only a dual encoder takes a photo head.")
    blocks = block_outputs(folder / IMAGE_MODEL)
    if not blocks:
        return _opened(folder, manifest, Taps(), ())
    pooled = tuple(blocks[number] for number in TAPPED)
    encoder = _opened(folder, manifest, Taps(pooled, blocks[SHARED - 1]), ())
    shape = _shared_shape(encoder)
    if not shape:
        return _opened(folder, manifest, Taps(pooled), ())
    own, network = _width(encoder) - math.prod(shape), LateBranch()
    everything = _blank(Taps(pooled, blocks[SHARED - 1]), _width(encoder), encoder, ())
    rows = encoder.encode_rows(garments, everything)
    network.learn_familiar(rows[:, own:].reshape(-1, *shape))
    export_branch(network, shape, branch)
    encoder.photo_branch = open_model(branch, "cpu")
    late = encoder.photo_branch({"early": np.zeros((1, *shape), np.float32)}).shape[1] - 1
    encoder.photo_head = _blank(Taps(pooled, blocks[SHARED - 1]), own + late, encoder, shape)
    return encoder


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


def _opened(folder: Path, manifest: dict[str, Any], taps: Taps, shape: Shape) -> DualEncoder:
    spec, (image, text), tokenizer = open_parts(folder, manifest, "cpu", None, taps)
    encoder = DualEncoder(spec, str(manifest["fingerprint"]), image, text, tokenizer)
    encoder.photo_head = _blank(taps, _width(encoder), encoder, shape)
    return encoder


def _width(encoder: DualEncoder) -> int:
    """How many columns the image model puts out."""
    pixels = np.zeros((1, *encoder.image_size[::-1], 3), np.uint8)
    return len(encoder.tapped_model({"pixels": pixels})[0])


def _shared_shape(encoder: DualEncoder) -> Shape:
    """The shape (c, h, w) of the early features that end the image model's rows; empty if they are
    not ImageNet's."""
    size = (1, *encoder.image_size[::-1], 3)
    pixels = np.random.default_rng(0).integers(0, 256, size).astype(np.uint8)
    with torch.no_grad():
        own = LateBranch().shared(torch.from_numpy(encoder.spec.pixels.apply(pixels))).numpy()
    there: NDArray[np.float32] = encoder.tapped_model({"pixels": pixels})[0, -own.size :]
    if there.size != own.size:
        return ()
    apart = np.abs(there - own.ravel()).mean()
    return own.shape[1:] if apart < _SAME * np.abs(own).mean() else ()


def _blank(taps: Taps, width: int, encoder: DualEncoder, shape: Shape) -> PhotoHead:
    zeros, outputs = np.zeros(width, np.float32), 2 * encoder.dimension + 2
    first, second = np.zeros((width, 1), np.float32), np.zeros((1, outputs), np.float32)
    hidden, bias = np.zeros(1, np.float32), np.zeros(outputs, np.float32)
    return PhotoHead(taps, zeros, zeros + 1, first, hidden, second, bias, 1.0, early_shape=shape)
