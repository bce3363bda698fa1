"""The dual encoder of the clip strategy (CLIP: Radford et al., 2021)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor, nn

from training.config import TrainingConfig
from training.towers.backbones import Backbone, open_image_backbone, open_text_backbone
from training.towers.pair import TowerPair
from training.towers.tower import ImageTower, TextTower
from twinset.errors import ConfigError

# CLIP's ceiling of the logit scale (section 2.5).
_TOP_SCALE = 100.0


class DualTowers(TowerPair):
    """Two towers with linear heads into one space, and the learned logit scale.

    An item is the weighted mean of its two sides.
    """

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        model = config.model
        image = open_image_backbone(model)
        self.image = ImageTower(image, _head(image, model.dimension), model.frozen_image_blocks)
        text = open_text_backbone(model)
        self.text = TextTower(text, _head(text, model.dimension), model.frozen_text_blocks)
        self.log_scale = nn.Parameter(torch.tensor(math.log(config.loss.first_scale)))
        self.image_weight = model.item_image_weight
        self.register_pixels(config)

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp().clamp(max=_TOP_SCALE)

    def set_scale(self, scale: float) -> None:
        self.log_scale.data.fill_(math.log(scale))

    def forward(self, images: Tensor, input_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Images in 0..1 (n, 3, h, w) and tokens (m, t) -> unit rows (n, d) and (m, d)."""
        return self.embed_images(images), self.embed_texts(input_ids, mask)

    def embed_images(self, images: Tensor) -> Tensor:
        return F.normalize(self.run_image_tower(images), dim=1)

    def embed_texts(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        return F.normalize(self.run_text_tower(input_ids, mask), dim=1)

    def embed_all(
        self, images: Tensor, input_ids: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        image, text = self.embed_images(images), self.embed_texts(input_ids, mask)
        item = self.image_weight * image + (1 - self.image_weight) * text
        return image, text, F.normalize(item, dim=1)


def _head(backbone: Backbone, dimension: int) -> nn.Linear:
    """The pretrained projection of a backbone that has one, else a new one."""
    if backbone.projection is None:
        return nn.Linear(backbone.width, dimension, bias=False)
    if backbone.projection.out_features != dimension:
        width = backbone.projection.out_features
        raise ConfigError(f"model.dimension must be {width}, the width of the pretrained space")
    return backbone.projection
