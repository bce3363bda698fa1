"""Making a shopper's photo of a studio photo: another background, a crop, lighting, a tilt, JPEG.

What training's augmentation does to tensors is written apart on purpose: an encoder should be
measured on damage that it was not made with.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

# A pixel this light in all channels, at the border or joined to it, is backdrop. Of the borders of
# 500 studio photos 94 % are; at 236, as at first, half of many a white shirt went with the wall.
_WHITE = 246


def shopper_photo(studio: Image.Image, generator: Generator) -> Image.Image:
    """An RGB photo of about the size of `studio`; all five changes are made to every photo."""
    scene = _scene(studio.size, generator)
    photo = Image.composite(scene, studio, _backdrop(studio))
    photo = photo.rotate(
        generator.uniform(-10, 10), Image.Resampling.BICUBIC, fillcolor=_mean_colour(scene)
    )
    photo = _crop(photo, generator)
    photo = _relight(photo, generator)
    if generator.random() < 0.3:
        photo = photo.filter(ImageFilter.GaussianBlur(generator.uniform(0.5, 1.2)))
    return _compress(photo, int(generator.integers(25, 60)))


def _backdrop(studio: Image.Image) -> Image.Image:
    """Mask (255 = backdrop) of the light area that touches the border, so that a white shirt
    keeps its inside."""
    light = Image.fromarray((np.asarray(studio).min(axis=2) >= _WHITE).astype(np.uint8) * 128)
    light = light.copy()  # an array's own pixels cannot be painted on
    width, height = light.size
    border = [(x, y) for x in range(0, width, 4) for y in (0, height - 1)]
    border += [(x, y) for y in range(0, height, 4) for x in (0, width - 1)]
    for place in border:
        if light.getpixel(place) == 128:
            ImageDraw.floodfill(light, place, 255)
    mask = Image.fromarray((np.asarray(light) == 255).astype(np.uint8) * 255)
    return mask.filter(ImageFilter.GaussianBlur(1))


def _scene(size: tuple[int, int], generator: Generator) -> Image.Image:
    """A wall above a floor or table in muted colours, mottled, and light from one side."""
    width, height = size
    horizon = int(height * generator.uniform(0.45, 0.95))
    pixels = np.empty((height, width, 3))
    pixels[:horizon] = generator.uniform(60, 225) + generator.uniform(-30, 30, 3)
    pixels[horizon:] = generator.uniform(40, 200) + generator.uniform(-40, 40, 3)
    pixels *= np.linspace(generator.uniform(0.7, 1), generator.uniform(0.7, 1), width)[:, None]
    coarse = generator.normal(128, 30, (height // 8 + 1, width // 8 + 1)).clip(0, 255)
    mottle = Image.fromarray(coarse.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    pixels += (np.asarray(mottle, float)[..., None] - 128) * generator.uniform(0.1, 0.6)
    pixels += generator.normal(0, 4, (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _mean_colour(image: Image.Image) -> tuple[int, int, int]:
    red, green, blue = np.asarray(image).mean(axis=(0, 1)).astype(int).tolist()
    return red, green, blue


def _crop(image: Image.Image, generator: Generator) -> Image.Image:
    """Keep 80 to 95 % of each side, from anywhere."""
    width, height = image.size
    across, down = (
        int(width * generator.uniform(0.8, 0.95)),
        int(height * generator.uniform(0.8, 0.95)),
    )
    left, top = generator.integers(0, width - across + 1), generator.integers(0, height - down + 1)
    return image.crop((int(left), int(top), int(left) + across, int(top) + down))


def _relight(image: Image.Image, generator: Generator) -> Image.Image:
    image = ImageEnhance.Brightness(image).enhance(generator.uniform(0.7, 1.2))
    image = ImageEnhance.Contrast(image).enhance(generator.uniform(0.75, 1.15))
    warmth = generator.uniform(0.93, 1.07)  # lamps are warmer than a studio's flash, shade colder
    tinted = np.asarray(image) * np.array([warmth, 1.0, 2 - warmth])
    return Image.fromarray(tinted.clip(0, 255).astype(np.uint8))


def _compress(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
