"""Augmentation of whole batches, on the device that trains.

One affine resampling does scale, crop, rotation, aspect and flip and brings the cached pixels to
the training resolution at the same time, so that each pixel is interpolated once.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor

from training.config import AugmentationConfig

# Between these grey levels on all channels a pixel of a product photo turns into studio backdrop.
# Most are 1.0; a ramp that starts lower dissolves white products.
_BACKDROP = (0.955, 0.98)
_COARSE = 4  # what is joined to the border is found at a quarter of the size


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
    images = _replace_backdrop(images, config.background, generator)
    images = _move(images, (height, width), config.geometry, generator)
    images = _relight(images, config.colour, generator)
    images = _blur(images, config.blur, generator)
    return images.clamp_(0, 1)


def as_shoppers_photo(config: AugmentationConfig) -> AugmentationConfig:
    """The augmentation of a second view: most photos in another place, light and position."""
    return replace(config, background=0.85, geometry=1.0, colour=1.0, blur=0.3)


def _uniform(n: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator) * (high - low) + low


def _chosen(n: int, share: float, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator) < share


def _replace_backdrop(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Lay some products before another scene than the studio's white."""
    n, _, height, width = images.shape
    rows = torch.nonzero(_chosen(n, share, generator)).flatten()
    if len(rows) == 0:
        return images
    scenes = _scenes(len(rows), height, width, generator)
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


def _scenes(n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
    """(n, 3, height, width): soft gradients of four colours, some with texture, some with the edge
    of a floor or a table."""
    size = (height, width)
    corners = torch.rand(n, 3, 2, 2, generator=generator)
    grey = corners.mean(1, keepdim=True)
    corners = torch.lerp(grey, corners, _uniform(n, 0.1, 1, generator).view(n, 1, 1, 1))
    scenes = F.interpolate(corners, size, mode="bilinear", align_corners=True)
    edge = _uniform(n, 0.4, 1.4, generator).view(n, 1, 1) * height  # beyond the picture in some
    below = (torch.arange(height).view(1, height, 1) > edge).float()[:, None]
    scenes = torch.lerp(scenes, scenes.flip(0), below)  # the floor is another's wall
    for cells in (16, 48):
        noise = torch.randn(n, 1, cells, cells, generator=generator)
        amount = (_uniform(n, -0.1, 0.2, generator) * 0.5).clamp(min=0).view(n, 1, 1, 1)
        scenes = scenes + amount * F.interpolate(noise, size, mode="bilinear", align_corners=False)
    return scenes.clamp_(0, 1)


def _move(
    images: Tensor, size: tuple[int, int], share: float, generator: torch.Generator
) -> Tensor:
    n = len(images)
    moved = _chosen(n, share, generator).float()
    zoom = 1 + moved * _uniform(n, -0.35, 0.15, generator)  # below 1 crops, above 1 shows margin
    aspect = torch.exp(moved * _uniform(n, -0.25, 0.25, generator))
    angle = moved * _uniform(n, -12, 12, generator) * math.pi / 180
    flip = torch.where(_chosen(n, 0.5, generator), -1.0, 1.0)
    shift_x = moved * _uniform(n, -0.12, 0.12, generator)
    shift_y = moved * _uniform(n, -0.12, 0.12, generator)
    matrix = torch.zeros(n, 2, 3)
    matrix[:, 0, 0] = flip * zoom * aspect * angle.cos()
    matrix[:, 0, 1] = -zoom * angle.sin()
    matrix[:, 1, 0] = flip * zoom * angle.sin()
    matrix[:, 1, 1] = zoom / aspect * angle.cos()
    matrix[:, 0, 2] = shift_x
    matrix[:, 1, 2] = shift_y
    grid = F.affine_grid(matrix.to(images.device), [n, 3, *size], align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _relight(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Brightness, contrast and a slight colour cast; hue stays, since colour is a label."""
    n = len(images)
    touched = _chosen(n, share, generator).float()
    contrast = 1 + touched * _uniform(n, -0.25, 0.25, generator)
    brightness = touched * _uniform(n, -0.12, 0.12, generator)
    exposure = 1 + touched * _uniform(n, -0.3, 0.2, generator)
    cast = 1 + touched[:, None] * (torch.rand(n, 3, generator=generator) - 0.5) * 0.12
    images = images * exposure.view(n, 1, 1, 1)
    images = (images - 0.5) * contrast.view(n, 1, 1, 1) + 0.5 + brightness.view(n, 1, 1, 1)
    return images * cast.view(n, 3, 1, 1)


def _blur(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Lose detail as a small or badly compressed photo does: halve the size and enlarge again."""
    rows = torch.nonzero(_chosen(len(images), share, generator)).flatten()
    if len(rows) == 0:
        return images
    height, width = images.shape[2:]
    small = F.interpolate(images[rows], scale_factor=0.5, mode="area")
    images[rows] = F.interpolate(small, (height, width), mode="bilinear", align_corners=False)
    return images
