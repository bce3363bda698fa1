"""One tower: a pretrained backbone and a head on its features."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self, cast

import torch
from torch import Tensor, nn

from training.towers.backbones import Backbone

# On a CPU: this many images pass the blocks that stand still together, so that what lies between
# two layers stays in the processor's cache; and texts are padded in this many groups by length.
_CACHED_IMAGES = 16
_TEXT_GROUPS = 4


class Tower(nn.Module, ABC):
    """A backbone, of which the first blocks may stay as pretrained, and a head.

    While `held`, the whole backbone stands still: no gradient, no dropout, no new batch
    statistics.
    """

    def __init__(self, backbone: Backbone, head: nn.Module, frozen_blocks: int) -> None:
        super().__init__()
        self.backbone = backbone.module
        self.head = head
        self.held = False
        self._parts = backbone
        self._frozen_blocks = frozen_blocks
        kept = [*backbone.stem, *backbone.blocks[:frozen_blocks]] if frozen_blocks else []
        self.frozen = nn.ModuleList(kept)
        self.frozen.requires_grad_(False)

    def part(self, name: str) -> nn.Module:
        """A module by the name that an export has for it, however many blocks were frozen then.

        Raises:
            AttributeError, IndexError: if there is none.
        """
        if not name.startswith("frozen."):
            return self.get_submodule(name)
        _, number, *rest = name.split(".", 2)
        whole = [*self._parts.stem, *self._parts.blocks][int(number)]
        return whole.get_submodule(".".join(rest))

    def _run(self, *inputs: Tensor) -> Tensor:
        saves_work = self.training and not inputs[0].is_cuda
        extract = self._extract_on_cpu if saves_work else self._parts.features
        if not self.held:
            return cast("Tensor", self.head(extract(*inputs)))
        with torch.no_grad():
            features = extract(*inputs)
        return cast("Tensor", self.head(features))

    @abstractmethod
    def _extract_on_cpu(self, *inputs: Tensor) -> Tensor:
        """`features` of the backbone while it is trained, (n, width): the same, in less time."""

    def train(self, mode: bool = True) -> Self:
        """Frozen blocks keep their pretrained batch statistics."""
        super().train(mode)
        (self.backbone if self.held else self.frozen).eval()
        return self


class ImageTower(Tower):
    """Normalised pixels (n, 3, h, w) -> (n, width of the head)."""

    def forward(self, pixels: Tensor) -> Tensor:
        return self._run(pixels)

    def _extract_on_cpu(self, *inputs: Tensor) -> Tensor:
        groups = torch.split(inputs[0], _CACHED_IMAGES)
        if self.held:
            return torch.cat([self._parts.features(group) for group in groups])
        early, late = self._parts.early, self._parts.late
        if early is None or late is None or not self._frozen_blocks:
            return self._parts.features(*inputs)
        with torch.no_grad():
            states = torch.cat([early(group, self._frozen_blocks) for group in groups])
        return late(states, self._frozen_blocks)


class TextTower(Tower):
    """Token ids and attention mask (n, t) -> (n, width of the head)."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self._run(input_ids, attention_mask)

    def _extract_on_cpu(self, *inputs: Tensor) -> Tensor:
        """Texts of like length together, since most are shorter than the longest of a batch."""
        input_ids, mask = inputs
        lengths = mask.sum(1)
        order = lengths.argsort()
        groups = []
        for rows in order.chunk(_TEXT_GROUPS):
            longest = int(lengths[rows[-1]])
            groups.append(self._parts.features(input_ids[rows, :longest], mask[rows, :longest]))
        return torch.cat(groups)[order.argsort()]
