"""One tower: a pretrained backbone and a head on its features."""

from __future__ import annotations

from typing import Self, cast

import torch
from torch import Tensor, nn

from training.towers.backbones import Backbone


class Tower(nn.Module):
    """A backbone, of which the first blocks may stay as pretrained, and a head.

    While `held`, the whole backbone stands still: no gradient, no dropout, no new batch
    statistics.
    """

    def __init__(self, backbone: Backbone, head: nn.Module, frozen_blocks: int) -> None:
        super().__init__()
        self.backbone = backbone.module
        self.head = head
        self.held = False
        self._features = backbone.features
        kept = [*backbone.stem, *backbone.blocks[:frozen_blocks]] if frozen_blocks else []
        self.frozen = nn.ModuleList(kept)
        self.frozen.requires_grad_(False)

    def _run(self, *inputs: Tensor) -> Tensor:
        if self.held:
            with torch.no_grad():
                features = self._features(*inputs)
        else:
            features = self._features(*inputs)
        return cast("Tensor", self.head(features))

    def train(self, mode: bool = True) -> Self:
        """Frozen blocks keep their pretrained batch statistics."""
        super().train(mode)
        (self.backbone if self.held else self.frozen).eval()
        return self


class ImageTower(Tower):
    """Normalised pixels (n, 3, h, w) -> (n, width of the head)."""

    def forward(self, pixels: Tensor) -> Tensor:
        return self._run(pixels)


class TextTower(Tower):
    """Token ids and attention mask (n, t) -> (n, width of the head)."""

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self._run(input_ids, attention_mask)
