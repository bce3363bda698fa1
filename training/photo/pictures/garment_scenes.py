"""Pictures of several garments, made by code, with the box of each: what finding boxes learns from.

Garments are laid out on pieces of rooms, one above the other as an outfit or anywhere, and photos
are put side by side or above each other. What measures (`benchmarks.quality.garment_pairs`) is
written apart on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from PIL import Image, ImageOps
from PIL.Image import Image as Picture

from training.photo.pictures.made_pictures import (
    backdrop_of,
    no_garment,
    room_piece,
    seen_otherwise,
)

Box = tuple[float, float, float, float]
_LONG_SIDE = 288
_TRIES = 12  # places tried for a garment that must not lie on another
_OVERLAP = 0.12  # of the smaller garment, at most
_OPAQUE = 128
# What photos by people leave around a garment, for want of a box around it.
_MARGIN = 0.06


@dataclass(frozen=True)
class Scene:
    """A picture and the boxes of its garments, `x1, y1, x2, y2` as fractions of its sides."""

    picture: Picture
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class SceneMaker:
    """Makes scenes of `studio` pictures, of `tops` and `bottoms` among them, and of `photos` by
    people."""

    studio: Sequence[Picture]
    tops: Sequence[Picture]
    bottoms: Sequence[Picture]
    photos: Sequence[Picture]

    def draw(self, draw: Generator) -> Scene:
        """One of: garments laid out, an outfit, a collage, a photo or picture alone, nothing."""
        makers = (self._laid_out, self._outfit, self._collage, self._alone, self._nothing)
        return makers[int(draw.choice(len(makers), p=(0.3, 0.2, 0.27, 0.15, 0.08)))](draw)

    def _laid_out(self, draw: Generator) -> Scene:
        canvas, boxes = self._floor(draw), list[Box]()
        count = int(draw.choice((1, 2, 3, 4), p=(0.3, 0.4, 0.2, 0.1)))
        for _ in range(count):
            cut = _cut_out(_one_of(self.studio, draw))
            scale = draw.uniform(0.35, 0.9) / count**0.5
            cut = _fitted(cut, scale * canvas.width, scale * canvas.height)
            for _ in range(_TRIES):
                left, top = (int(draw.integers(0, max(1, n))) for n in _room(canvas, cut))
                box = _box(left, top, cut, canvas)
                if all(_shared(box, other) < _OVERLAP for other in boxes):
                    canvas.paste(cut, (left, top), cut.getchannel("A"))
                    boxes.append(box)
                    break
        return Scene(_seen(canvas, draw), tuple(boxes))

    def _outfit(self, draw: Generator) -> Scene:
        """A top above a bottom, of like widths, that touch or nearly do."""
        canvas = self._floor(draw, tall=True)
        share = draw.uniform(0.35, 0.55)
        ends = ((0.02, share), (share + draw.uniform(-0.02, 0.06), 0.98))
        boxes, middle = [], draw.uniform(0.4, 0.6)
        for pictures, (start, end) in zip((self.tops, self.bottoms), ends, strict=True):
            cut = _cut_out(_one_of(pictures, draw))
            cut = _fitted(cut, 0.95 * canvas.width, (end - start) * canvas.height)
            left = int(np.clip(middle * canvas.width - cut.width / 2, 0, canvas.width - cut.width))
            top = int(start * canvas.height)
            canvas.paste(cut, (left, top), cut.getchannel("A"))
            boxes.append(_box(left, top, cut, canvas))
        return Scene(_seen(canvas, draw), tuple(boxes))

    def _collage(self, draw: Generator) -> Scene:
        """Two or three photos or pictures in a row or a column, of unlike sizes."""
        source = self.photos if draw.random() < 0.65 else self.studio
        count, across = int(draw.choice((2, 3), p=(0.75, 0.25))), draw.random() < 0.6
        shares = draw.dirichlet(np.full(count, 25.0))
        height = int(draw.uniform(0.55, 1.4) * 200)
        size = (round(200 * count * 0.75), height) if across else (200, round(height * count * 0.8))
        canvas, start, boxes = Image.new("RGB", size), 0.0, []
        for share in shares.tolist():
            cell = (start, 0, start + share, 1) if across else (0, start, 1, start + share)
            start += share
            left, top, right, bottom = (
                round(place * canvas.size[axis % 2]) for axis, place in enumerate(cell)
            )
            part = _one_of(source, draw).resize((max(1, right - left), max(1, bottom - top)))
            canvas.paste(part, (left, top))
            boxes.append(_inset((cell[0], cell[1], cell[2], cell[3])))
        return Scene(_seen(canvas, draw), tuple(boxes))

    def _alone(self, draw: Generator) -> Scene:
        if draw.random() < 0.75:
            whole = (0.0, 0.0, 1.0, 1.0)
            return Scene(seen_otherwise(_one_of(self.photos, draw), draw), (_inset(whole),))
        picture = _one_of(self.studio, draw)
        return Scene(picture, (_bounds(_cut_mask(picture)),))

    def _nothing(self, draw: Generator) -> Scene:
        if draw.random() < 0.5:
            return Scene(no_garment(draw), ())
        return Scene(room_piece(_one_of(self.photos, draw), draw), ())

    def _floor(self, draw: Generator, tall: bool = False) -> Picture:
        """A piece of a room, or a plain colour, as large as a photo."""
        shape = draw.uniform(1.1, 1.9) if tall else np.exp(draw.uniform(-0.5, 0.5))
        width, height = (round(_LONG_SIDE * side / max(1.0, shape)) for side in (1.0, shape))
        if draw.random() < 0.7:
            piece = room_piece(_one_of(self.photos, draw), draw)
            return piece.resize((width, height), Image.Resampling.BICUBIC)
        red, green, blue = (int(value) for value in draw.uniform(30, 256, 3))
        return Image.new("RGB", (width, height), (red, green, blue))


def _seen(canvas: Picture, draw: Generator) -> Picture:
    """The canvas in another light; boxes keep their places."""
    return ImageOps.autocontrast(canvas, cutoff=2) if draw.random() < 0.2 else canvas


def _one_of(pictures: Sequence[Picture], draw: Generator) -> Picture:
    return pictures[int(draw.integers(0, len(pictures)))]


def _cut_mask(studio: Picture) -> Picture:
    """Where the product is: 255 inside, 0 on the backdrop."""
    return ImageOps.invert(backdrop_of(studio))


def _cut_out(studio: Picture) -> Picture:
    """The product alone, RGBA, cut to its bounds."""
    mask = _cut_mask(studio)
    cut = studio.copy()
    cut.putalpha(mask)
    return cut.crop(_pixels(mask))


def _pixels(mask: Picture) -> tuple[int, int, int, int]:
    solid = mask.point(lambda value: 255 if value >= _OPAQUE else 0)
    return solid.getbbox() or (0, 0, *mask.size)


def _bounds(mask: Picture) -> Box:
    left, top, right, bottom = _pixels(mask)
    return left / mask.width, top / mask.height, right / mask.width, bottom / mask.height


def _fitted(cut: Picture, width: float, height: float) -> Picture:
    scale = min(width / cut.width, height / cut.height)
    return cut.resize((max(1, int(cut.width * scale)), max(1, int(cut.height * scale))))


def _room(canvas: Picture, cut: Picture) -> tuple[int, int]:
    return canvas.width - cut.width + 1, canvas.height - cut.height + 1


def _box(left: int, top: int, cut: Picture, canvas: Picture) -> Box:
    right, bottom = left + cut.width, top + cut.height
    return left / canvas.width, top / canvas.height, right / canvas.width, bottom / canvas.height


def _inset(cell: Box) -> Box:
    x1, y1, x2, y2 = cell
    across, down = _MARGIN * (x2 - x1), _MARGIN * (y2 - y1)
    return x1 + across, y1 + down, x2 - across, y2 - down


def _shared(one: Box, other: Box) -> float:
    """The part of the smaller box that both cover."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))
    return max(0.0, across) * max(0.0, down) / max(smaller, 1e-9)
