"""The hybrid two-tower model of the study: a projection per tower and late fusion."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor, nn

from training.config import TrainingConfig
from training.towers.backbones import open_image_backbone, open_text_backbone
from training.towers.pair import TowerPair
from training.towers.tower import ImageTower, TextTower

PROJECTED = 512  # what each tower contributes to the fusion
_IMAGE_HIDDEN = 1024
_TEXT_HIDDEN = 768
_DROPOUT = 0.3
_FUSION_DROPOUT = 0.2


class HybridTowers(TowerPair):
    """Both towers' projections, concatenated and mapped to one unit vector (n, d).

    A side that is missing enters the fusion as zeros, so an image, a text and an item with both
    are embedded by the same weights.
    """

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        model = config.model
        image = open_image_backbone(model)
        project = study_projection if model.heads == "study" else projection
        head = project(image.width, _IMAGE_HIDDEN)
        self.image = ImageTower(image, head, model.frozen_image_blocks)
        text = open_text_backbone(model)
        head = project(text.width, _TEXT_HIDDEN)
        self.text = TextTower(text, head, model.frozen_text_blocks)
        deep = model.heads == "study"
        self.fusion = DeepFusion(model.dimension) if deep else Fusion(model.dimension)
        self.register_pixels(config)

    def forward(self, images: Tensor, input_ids: Tensor, mask: Tensor, showings: Tensor) -> Tensor:
        """Items -> unit rows (n, s, d), one per showing; `showings` (n, s, 2) bool says whether
        image and text count in each."""
        image, text = self.run_image_tower(images), self.run_text_tower(input_ids, mask)
        rows = [
            self._fuse(image * there[:, :1], text * there[:, 1:]) for there in showings.unbind(1)
        ]
        return torch.stack(rows, dim=1)

    def embed_images(self, images: Tensor) -> Tensor:
        image = self.run_image_tower(images)
        return self._fuse(image, torch.zeros_like(image))

    def embed_texts(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        text = self.run_text_tower(input_ids, mask)
        return self._fuse(torch.zeros_like(text), text)

    def embed_all(
        self, images: Tensor, input_ids: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        image, text = self.run_image_tower(images), self.run_text_tower(input_ids, mask)
        nothing = torch.zeros_like(image)
        return self._fuse(image, nothing), self._fuse(nothing, text), self._fuse(image, text)

    def _fuse(self, image: Tensor, text: Tensor) -> Tensor:
        return F.normalize(self.fusion(image, text).float(), dim=1)


class Fusion(nn.Module):
    """Projections of both sides (n, 512) each -> (n, d), not yet of unit length."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * PROJECTED, dimension)

    def forward(self, image: Tensor, text: Tensor) -> Tensor:
        fused: Tensor = self.linear(torch.cat([image, text], dim=1))
        return fused


class DeepFusion(nn.Module):
    """The study's: both projections (n, 512) -> 1024-512-d, not yet of unit length."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2 * PROJECTED, PROJECTED),
            nn.BatchNorm1d(PROJECTED),
            nn.ReLU(),
            nn.Dropout(_FUSION_DROPOUT),
            nn.Linear(PROJECTED, dimension),
        )

    def forward(self, image: Tensor, text: Tensor) -> Tensor:
        fused: Tensor = self.layers(torch.cat([image, text], dim=1))
        return fused


def study_projection(width: int, hidden: int) -> nn.Sequential:
    """Features of a backbone (n, width) -> (n, 512), as in the study: width-hidden-512."""
    return nn.Sequential(
        nn.Linear(width, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Dropout(_DROPOUT),
        nn.Linear(hidden, PROJECTED),
    )


def projection(width: int, hidden: int) -> nn.Sequential:
    """Features of a backbone (n, width) -> (n, 512), with norm, ReLU and dropout after both."""
    return nn.Sequential(
        *study_projection(width, hidden),
        nn.BatchNorm1d(PROJECTED),
        nn.ReLU(),
        nn.Dropout(_DROPOUT),
    )
