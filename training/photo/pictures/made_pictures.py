"""Pictures that the photo head learns from beside those it is given, made by code.

Photos seen otherwise, studio pictures before rooms and other backdrops, pieces of rooms, and
pictures that show no garment at all. What measures (`benchmarks.quality.altered_photos`) is written
apart on purpose.
"""

from __future__ import annotations

import io

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps
from PIL.Image import Image as Picture
from scipy import ndimage

Colour = tuple[int, int, int]
_WHITE = 246  # a pixel this light in all channels, joined to the border, is backdrop
_WORDS = ("the", "of", "and", "cotton", "in", "a", "is", "that", "for", "it", "as", "was", "with")


def seen_otherwise(photo: Picture, draw: Generator) -> Picture:
    """A part of a photo, mirrored, tilted, in another light."""
    width, height = photo.size
    share, stretch = draw.uniform(0.55, 1), np.exp(draw.uniform(-0.2, 0.2))
    across = min(width, int(width * share * stretch))
    down = min(height, int(height * share / stretch))
    left, top = (int(draw.integers(0, n)) for n in (width - across + 1, height - down + 1))
    photo = photo.crop((left, top, left + across, top + down))
    if draw.random() < 0.5:
        photo = ImageOps.mirror(photo)
    if draw.random() < 0.5:
        angle = draw.uniform(-12, 12)
        photo = photo.rotate(angle, Image.Resampling.BILINEAR, fillcolor=_mean_colour(photo))
    photo = ImageEnhance.Brightness(photo).enhance(draw.uniform(0.7, 1.3))
    photo = ImageEnhance.Color(photo).enhance(draw.uniform(0.6, 1.3))
    return ImageEnhance.Contrast(photo).enhance(draw.uniform(0.75, 1.25))


def room_piece(photo: Picture, draw: Generator) -> Picture:
    """A corner of a photo, which most often shows the room alone."""
    width, height = photo.size
    share = draw.uniform(0.18, 0.32)
    across, down = max(1, int(width * share)), max(1, int(height * share))
    left = int(draw.integers(0, 2)) * (width - across)
    top = int(draw.integers(0, 2)) * (height - down)
    return photo.crop((left, top, left + across, top + down))


def in_a_room(studio: Picture, photo: Picture, draw: Generator) -> Picture:
    """A studio picture as a shopper might take it: before a room of `photo`, or a plain colour."""
    if draw.random() < 0.7:
        scene = room_piece(photo, draw).resize(studio.size, Image.Resampling.BICUBIC)
    else:
        scene = Image.new("RGB", studio.size, _colour(draw, 30, 230))
    placed = Image.composite(scene, studio, backdrop_of(studio))
    return _compressed(seen_otherwise(placed, draw), int(draw.integers(30, 80)))


def before_a_tint(studio: Picture, draw: Generator) -> Picture:
    """A studio picture before grey or a colour, compressed: still a studio picture."""
    grey = int(draw.uniform(150, 250))
    tint = (grey, grey, grey) if draw.random() < 0.7 else _colour(draw, 90, 255)
    placed = Image.composite(Image.new("RGB", studio.size, tint), studio, backdrop_of(studio))
    return _compressed(placed, int(draw.integers(30, 90)))


def backdrop_of(studio: Picture) -> Picture:
    """Mask (255 = backdrop) of the light area that touches the border."""
    areas, _ = ndimage.label(np.asarray(studio).min(axis=2) >= _WHITE)
    border = np.unique(np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]]))
    mask = np.isin(areas, border[border > 0])
    return Image.fromarray((mask * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(1))


def no_garment(draw: Generator) -> Picture:
    """One of: a plain colour, noise, clouds, a ramp, stripes or checks, text, shapes, a chart."""
    size = int(draw.integers(120, 320)), int(draw.integers(120, 320))
    makers = (_plain, _noise, _clouds, _ramp, _checks, _text, _text, _shapes, _chart)
    return makers[int(draw.integers(0, len(makers)))](size, draw)


def _plain(size: tuple[int, int], draw: Generator) -> Picture:
    white = int(draw.uniform(200, 255))
    colour = _colour(draw, 0, 255) if draw.random() < 0.5 else (white, white, white)
    return Image.new("RGB", size, colour)


def _noise(size: tuple[int, int], draw: Generator) -> Picture:
    return Image.fromarray(draw.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8))


def _clouds(size: tuple[int, int], draw: Generator) -> Picture:
    rows, columns = (int(n) for n in draw.integers(2, 12, 2))
    coarse = draw.normal(128, 60, (rows, columns, 3)).clip(0, 255).astype(np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def _ramp(size: tuple[int, int], draw: Generator) -> Picture:
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    angle = draw.uniform(0, 6.3)
    slope = np.cos(angle) * columns / size[0] + np.sin(angle) * rows / size[1]
    share = (slope - slope.min()) / np.ptp(slope)
    return _between(share, draw)


def _checks(size: tuple[int, int], draw: Generator) -> Picture:
    side, rows_too = int(draw.integers(4, 24)), int(draw.integers(0, 2))
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    return _between((columns // side + (rows // side) * rows_too) % 2, draw)


def _between(share: NDArray[np.float64], draw: Generator) -> Picture:
    first, second = draw.uniform(0, 255, (2, 3))
    return Image.fromarray((first + (second - first) * share[..., None]).astype(np.uint8))


def _text(size: tuple[int, int], draw: Generator) -> Picture:
    page, pen, ink = _page(size, draw)
    font = ImageFont.load_default(int(draw.integers(9, 26)))
    left = int(draw.integers(2, 30))
    for top in range(int(draw.integers(2, 40)), size[1], int(draw.integers(14, 32))):
        if draw.random() > 0.1:
            pen.text((left, top), " ".join(draw.choice(_WORDS, 14)), ink, font=font)
    return page


def _shapes(size: tuple[int, int], draw: Generator) -> Picture:
    page, pen, _ = _page(size, draw)
    for _ in range(int(draw.integers(1, 9))):
        x, y = int(draw.integers(0, size[0])), int(draw.integers(0, size[1]))
        side = int(draw.integers(8, 90))
        box, fill = (x - side, y - side, x + side, y + side), _colour(draw, 0, 255)
        match int(draw.integers(0, 3)):
            case 0:
                pen.ellipse(box, fill=fill)
            case 1:
                pen.rectangle(box, fill=fill)
            case _:
                count = int(draw.integers(3, 7))
                corners = draw.integers(-side, side, (count, 2)) + np.array((x, y))
                pen.polygon([(int(a), int(b)) for a, b in corners], fill=fill)
    return page


def _chart(size: tuple[int, int], draw: Generator) -> Picture:
    page, pen, ink = _page(size, draw)
    walk = np.cumsum(draw.normal(0, 1, (200, 2)), axis=0)
    walk = (walk - walk.min(0)) / np.ptp(walk, axis=0) * np.array(size)
    pen.line([(float(a), float(b)) for a, b in walk], fill=ink, width=int(draw.integers(1, 6)))
    for place in range(int(draw.integers(0, 14))):
        left, top = 10 + place * 16, size[1] - int(draw.integers(5, 100))
        pen.rectangle((left, top, left + 10, size[1]), fill=_colour(draw, 0, 255))
    return page


def _page(size: tuple[int, int], draw: Generator) -> tuple[Picture, ImageDraw.ImageDraw, Colour]:
    lightest = 225 if draw.random() < 0.6 else 0
    page = Image.new("RGB", size, _colour(draw, lightest, 255))
    return page, ImageDraw.Draw(page), _colour(draw, 0, 110)


def _colour(draw: Generator, low: int, high: int) -> Colour:
    red, green, blue = (int(value) for value in draw.uniform(low, high, 3))
    return red, green, blue


def _mean_colour(picture: Picture) -> Colour:
    red, green, blue = (int(value) for value in np.asarray(picture).mean(axis=(0, 1)))
    return red, green, blue


def _compressed(picture: Picture, quality: int) -> Picture:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
