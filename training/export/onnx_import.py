"""Reading an exported encoder back into towers, so that training can go on from it.

An export folds each batch norm into the convolution before it, and stores the matrices of the text
tower as int8 with scales. Here each norm gets the statistics of pictures that are shown to the
tower, and the scale and shift that undo them: the towers give what the encoder gives in evaluation,
and about that in training, where a norm takes the statistics of its batch. The rounding of the
matrices stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from training.config import TrainingConfig
from training.config_file import parse_config
from training.run.checkpoint import SAME_TOWERS
from training.towers import DualTowers, TowerPair
from training.towers.tower import Tower
from twinset.artefacts import read_manifest
from twinset.encoders.dual_encoder import IMAGE_MODEL, TEXT_MODEL
from twinset.encoders.dual_spec import ARCHITECTURE
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import ArtefactError

LOGIT_SCALE = "logit_scale"
_FOLDED = "_bias"  # what the exporter adds to a convolution's weight to name a folded norm's shift
_BATCH = 64
Weights = dict[str, NDArray[np.float32]]


def is_encoder(folder: Path) -> bool:
    """True if a folder holds an exported encoder, and not a run."""
    return (folder / ENCODER_MANIFEST).is_file()


def load_exported(folder: Path, config: TrainingConfig, towers: TowerPair, images: Tensor) -> None:
    """Give `towers` the weights of the encoder in `folder`.

    `images` in 0..1, (n, 3, h, w), are such as it will be trained on.

    Raises:
        ArtefactError: if the encoder is damaged, of other towers, or was not exported by training.
    """
    manifest = read_manifest(folder, "encoder", ENCODER_MANIFEST)
    if manifest.get("architecture") != ARCHITECTURE or not isinstance(towers, DualTowers):
        raise ArtefactError(folder, "only dual encoders can be trained on from what they exported")
    given = parse_config(manifest["training"])
    for key in SAME_TOWERS:
        if attrgetter(key)(given) != attrgetter(key)(config):
            raise ArtefactError(folder, f"is of another {key.replace('.', ' ')}")
    for tower, file in ((towers.image, IMAGE_MODEL), (towers.text, TEXT_MODEL)):
        try:
            _fill(tower, _read_weights(folder / file))
        except (AttributeError, IndexError, KeyError, RuntimeError):
            raise ArtefactError(folder / file, "cannot be read back into its tower") from None
    if LOGIT_SCALE in manifest:
        towers.set_scale(float(manifest[LOGIT_SCALE]))
    _take_statistics(towers, images)


def _read_weights(path: Path) -> Weights:
    """Weights and biases by the names that the tower has for them, int8 ones scaled."""
    graph = onnx.load(path).graph
    held: Weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    biases: dict[str, str] = {}  # of the product of that name
    products: list[tuple[str, str]] = []  # and its matrix
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            held[node.input[0].removesuffix("_quantized")] = _scaled(node, held)
        elif node.op_type == "MatMul":
            products.append((node.output[0], node.input[1].removesuffix("_dequantized")))
        elif node.op_type == "Add":
            biases[node.input[0]] = node.input[1]
    # The exporter keeps a linear layer's matrix transposed and under no name of its own.
    for product, matrix in products:
        if matrix in held:
            held[biases[product].removesuffix("bias") + "weight"] = held[matrix].T
    return {k: v for k, v in held.items() if k.endswith((".weight", ".bias", ".weight" + _FOLDED))}


def _scaled(node: onnx.NodeProto, held: Weights) -> NDArray[np.float32]:
    rounded, scale = (held[name] for name in node.input)
    axis = next(attribute.i for attribute in node.attribute if attribute.name == "axis")
    shape = [-1 if place == axis % rounded.ndim else 1 for place in range(rounded.ndim)]
    return np.asarray(rounded * scale.reshape(shape), np.float32)


def _fill(tower: Tower, weights: Weights) -> None:
    """Copy all weights to their places; a place without one is a RuntimeError."""
    norms = dict(_norms(tower))
    missing = set(tower.parameters())
    with torch.no_grad():
        for name, value in weights.items():
            owner, _, kind = name.rpartition(".")
            part = tower.part(owner)
            if kind == "weight" + _FOLDED:
                missing -= set(norms[part].parameters())
                place = _pass_on(norms[part])
            else:
                place = getattr(part, kind)
                missing.discard(place)
            if place.shape != value.shape:
                raise RuntimeError(f"{name} has another shape")
            place.copy_(torch.from_numpy(value.copy()))
    if missing:
        raise RuntimeError("some weights are missing")


def _norms(tower: nn.Module) -> Iterator[tuple[nn.Module, nn.BatchNorm2d]]:
    """Each convolution that a batch norm follows, with it."""
    last: nn.Module | None = None
    for part in tower.modules():
        if isinstance(part, nn.Conv2d):
            last = part
        elif isinstance(part, nn.BatchNorm2d) and last is not None:
            yield last, part


def _pass_on(norm: nn.BatchNorm2d) -> Tensor:
    """Let a norm change nothing in evaluation, and return the shift that it adds to that."""
    norm.reset_running_stats()
    norm.weight.fill_((1 + norm.eps) ** 0.5)
    return norm.bias


def _take_statistics(towers: TowerPair, images: Tensor) -> None:
    """Let the norms know the mean and variance of what reaches them; evaluation stays as it is."""
    seen = {norm: _Moments() for _, norm in _norms(towers.image)}
    hooks = [norm.register_forward_pre_hook(seen[norm]) for norm in seen]
    towers.eval()
    with torch.no_grad():
        for batch in torch.split(images, _BATCH):
            towers.run_image_tower(batch)
        for norm, moments in seen.items():
            mean, variance = moments.mean.float(), moments.variance.float()
            norm.running_mean, norm.running_var = mean, variance
            norm.weight.copy_((variance + norm.eps).sqrt())
            norm.bias.add_(mean)
    for hook in hooks:
        hook.remove()
    towers.train()


class _Moments:
    """Mean and variance of each channel over all that a norm is given, (n, c, h, w) at a time."""

    def __init__(self) -> None:
        self._count, self._sum, self._squares = 0, torch.zeros(()), torch.zeros(())

    def __call__(self, _: nn.Module, inputs: tuple[Tensor]) -> None:
        values = inputs[0].double()
        self._count += values.numel() // values.shape[1]
        self._sum = self._sum + values.sum((0, 2, 3))
        self._squares = self._squares + (values * values).sum((0, 2, 3))

    @property
    def mean(self) -> Tensor:
        return self._sum / self._count

    @property
    def variance(self) -> Tensor:
        return self._squares / self._count - self.mean**2
