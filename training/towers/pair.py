"""What the towers of both strategies have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from training.config import TrainingConfig
from training.towers.backbones import pixel_statistics
from training.towers.tower import ImageTower, TextTower


class TowerPair(nn.Module, ABC):
    """An image tower and a text tower whose outputs meet in one space of unit rows (n, d).

    Images are in 0..1, (n, 3, h, w); texts are token ids and attention mask, (n, t).
    """

    image: ImageTower
    text: TextTower
    mean: Tensor
    std: Tensor

    def register_pixels(self, config: TrainingConfig) -> None:
        """Take the pixel statistics of the image backbone, and its faster memory layout."""
        mean, std = pixel_statistics(config.model.image)
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)
        self.image.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def hold_backbones(self, held: bool) -> None:
        """Stop or go on training both backbones."""
        self.image.held = self.text.held = held

    def run_image_tower(self, images: Tensor) -> Tensor:
        """Images -> what the image tower says, (n, its width), float32."""
        # Depthwise convolutions run faster channels-last, and on a CPU faster in float32 than
        # in bfloat16, so autocast stops at this tower's door there.
        pixels = ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        keep = torch.is_autocast_enabled(pixels.device.type) and pixels.is_cuda
        with torch.autocast(pixels.device.type, enabled=keep):
            return self.image(pixels).float()  # type: ignore[no-any-return]

    def run_text_tower(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """Tokens -> what the text tower says, (n, its width), float32."""
        return self.text(input_ids, mask).float()  # type: ignore[no-any-return]

    @abstractmethod
    def embed_images(self, images: Tensor) -> Tensor:
        """Images -> unit rows (n, d)."""

    @abstractmethod
    def embed_texts(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """Tokens -> unit rows (n, d)."""

    @abstractmethod
    def embed_all(
        self, images: Tensor, input_ids: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Items with both sides -> unit rows (n, d) of the image, the text and the item."""
