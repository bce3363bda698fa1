"""Augmentation of whole batches, on the device that their pixels are on.

One affine resampling does scale, crop, rotation, aspect and flip and brings the cached pixels to
the training resolution at the same time, so that each pixel is interpolated once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor

from training.config import AugmentationConfig

# Between these grey levels on all channels a pixel of a product photo turns into studio backdrop.
# Most are 1.0; a ramp that starts lower dissolves white products.
_BACKDROP = (0.955, 0.98)
_COARSE = 4  # what is joined to the border is found at a quarter of the size


@dataclass(frozen=True)
class Draws:
    """Random numbers of a batch on the device of its pixels.

    They are drawn on the CPU, so that a run augments alike on every device, and few enough for
    the copy not to matter.
    """

    generator: torch.Generator
    device: torch.device

    def uniform(self, n: int, low: float, high: float) -> Tensor:
        """(n,) numbers between `low` and `high`."""
        return self.of_shape(n) * (high - low) + low

    def of_shape(self, *shape: int) -> Tensor:
        """Numbers between 0 and 1."""
        return torch.rand(*shape, generator=self.generator).to(self.device)

    def normal(self, *shape: int) -> Tensor:
        """Numbers of the standard normal distribution."""
        return torch.randn(*shape, generator=self.generator).to(self.device)

    def chosen(self, n: int, share: float) -> Tensor:
        """(n,) bool: a `share` of true on average."""
        return self.of_shape(n) < share

    def rows(self, n: int, share: float) -> Tensor:
        """Places of a `share` of n rows; found on the CPU, so that no GPU has to wait."""
        drawn = torch.rand(n, generator=self.generator) < share
        return torch.nonzero(drawn).flatten().to(self.device)


def resize(pixels: Tensor, height: int, width: int) -> Tensor:
    """uint8 (n, h, w, 3) -> float (n, 3, height, width) in 0..1, without augmentation."""
    images = pixels.permute(0, 3, 1, 2).float() / 255
    if images.shape[2:] == (height, width):
        return images
    return F.interpolate(images, (height, width), mode="bilinear", antialias=True)


def augment(
    pixels: Tensor, height: int, width: int, config: AugmentationConfig, generator: torch.Generator
) -> Tensor:
    """uint8 (n, h, w, 3) -> float (n, 3, height, width) in 0..1, each image changed at random."""
    images = pixels.permute(0, 3, 1, 2).float() / 255
    if len(images) == 0:
        return images.new_zeros(0, 3, height, width)
    draws = Draws(generator, images.device)
    images = _replace_backdrop(images, config.background, draws)
    images = _move(images, (height, width), config, draws)
    images = _relight(images, config.colour, draws)
    images = _blur(images, config.blur, draws)
    return images.clamp_(0, 1)


def as_shoppers_photo(config: AugmentationConfig) -> AugmentationConfig:
    """The augmentation of a second view: most photos in another place, light and position."""
    return replace(config, background=0.85, geometry=1.0, colour=1.0, blur=0.3)


def _replace_backdrop(images: Tensor, share: float, draws: Draws) -> Tensor:
    """Lay some products before another scene than the studio's white."""
    n, _, height, width = images.shape
    rows = draws.rows(n, share)
    if len(rows) == 0:
        return images
    scenes = _scenes(len(rows), height, width, draws)
    images = images.clone()
    images[rows] = torch.lerp(images[rows], scenes, studio_backdrop(images[rows]))
    return images


def studio_backdrop(images: Tensor) -> Tensor:
    """(n, 3, h, w) in 0..1 -> (n, 1, h, w), 1 where the light backdrop of a product photo is.

    Only what is joined to the border counts, so that a white shirt keeps its inside.
    """
    dark, white = _BACKDROP
    light = images.amin(1, keepdim=True).sub(dark).div(white - dark).clamp(0, 1)
    height, width = light.shape[2:]
    coarse = F.avg_pool2d(light, _COARSE, ceil_mode=True) > 0.5
    joined = torch.zeros_like(coarse)
    joined[..., [0, -1], :], joined[..., :, [0, -1]] = True, True
    joined &= coarse
    while True:  # a step reaches one cell further, so this ends after at most as many as there are
        grown = (F.max_pool2d(joined.float(), 3, 1, 1) > 0) & coarse
        if torch.equal(grown, joined):
            break
        joined = grown
    # A cell more, so that the fine edge of the product decides and not the coarse one.
    near = F.max_pool2d(joined.float(), 3, 1, 1)
    return light * F.interpolate(near, (height, width), mode="nearest")


def _scenes(n: int, height: int, width: int, draws: Draws) -> Tensor:
    """(n, 3, height, width): soft gradients of four colours, some with texture, some with the edge
    of a floor or a table."""
    size = (height, width)
    corners = draws.of_shape(n, 3, 2, 2)
    grey = corners.mean(1, keepdim=True)
    corners = torch.lerp(grey, corners, draws.uniform(n, 0.1, 1).view(n, 1, 1, 1))
    scenes = F.interpolate(corners, size, mode="bilinear", align_corners=True)
    edge = draws.uniform(n, 0.4, 1.4).view(n, 1, 1) * height  # beyond the picture in some
    below = (torch.arange(height, device=draws.device).view(1, height, 1) > edge).float()[:, None]
    scenes = torch.lerp(scenes, scenes.flip(0), below)  # the floor is another's wall
    for cells in (16, 48):
        noise = draws.normal(n, 1, cells, cells)
        amount = (draws.uniform(n, -0.1, 0.2) * 0.5).clamp(min=0).view(n, 1, 1, 1)
        scenes = scenes + amount * F.interpolate(noise, size, mode="bilinear", align_corners=False)
    return scenes.clamp_(0, 1)


def _move(
    images: Tensor, size: tuple[int, int], config: AugmentationConfig, draws: Draws
) -> Tensor:
    n = len(images)
    moved = draws.chosen(n, config.geometry).float()
    zoom = 1 + moved * draws.uniform(n, -0.35, 0.15)  # below 1 crops, above 1 shows margin
    aspect = torch.exp(moved * draws.uniform(n, -0.25, 0.25))
    angle = moved * draws.uniform(n, -12, 12) * math.pi / 180
    flip = torch.where(draws.chosen(n, 0.5 * config.flips), -1.0, 1.0)
    shift_x = moved * draws.uniform(n, -0.12, 0.12)
    shift_y = moved * draws.uniform(n, -0.12, 0.12)
    matrix = torch.zeros(n, 2, 3, device=draws.device)
    matrix[:, 0, 0] = flip * zoom * aspect * angle.cos()
    matrix[:, 0, 1] = -zoom * angle.sin()
    matrix[:, 1, 0] = flip * zoom * angle.sin()
    matrix[:, 1, 1] = zoom / aspect * angle.cos()
    matrix[:, 0, 2] = shift_x
    matrix[:, 1, 2] = shift_y
    grid = F.affine_grid(matrix, [n, 3, *size], align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _relight(images: Tensor, share: float, draws: Draws) -> Tensor:
    """Brightness, contrast and a slight colour cast; hue stays, since colour is a label."""
    n = len(images)
    touched = draws.chosen(n, share).float()
    contrast = 1 + touched * draws.uniform(n, -0.25, 0.25)
    brightness = touched * draws.uniform(n, -0.12, 0.12)
    exposure = 1 + touched * draws.uniform(n, -0.3, 0.2)
    cast = 1 + touched[:, None] * (draws.of_shape(n, 3) - 0.5) * 0.12
    images = images * exposure.view(n, 1, 1, 1)
    images = (images - 0.5) * contrast.view(n, 1, 1, 1) + 0.5 + brightness.view(n, 1, 1, 1)
    return images * cast.view(n, 3, 1, 1)


def _blur(images: Tensor, share: float, draws: Draws) -> Tensor:
    """Lose detail as a small or badly compressed photo does: halve the size and enlarge again."""
    rows = draws.rows(len(images), share)
    if len(rows) == 0:
        return images
    height, width = images.shape[2:]
    small = F.interpolate(images[rows], scale_factor=0.5, mode="area")
    images[rows] = F.interpolate(small, (height, width), mode="bilinear", align_corners=False)
    return images
