"""Pictures of several garments: is each found, and is one garment taken for two?

    python -m benchmarks.quality.garment_pairs DATA --index INDEX

DATA is the folder of `fashion/` and `photos/`: photos of people kept out of training, and the
catalogue's own pictures, of which each has to be found first in its box. A garment is found if a
box covers it by half or more (intersection over union with its part of the picture).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from PIL.Image import Image as Picture
from rich.console import Console
from rich.table import Table

from app.recommend.photos.garment_boxes import widened
from app.recommend.photos.photo_search import PhotoQuery
from app.recommend.query import SearchQuery
from app.recommend.ranking import rank
from benchmarks.quality.shopper_photo_figures import Shop
from training.photo.head_material import open_picture, read_labelled
from training.photo.material import kept_out
from twinset.images.decode import crop_box
from twinset.photo.photo_reading import Box, PhotoReading

_EACH = 100  # pictures of each arrangement
_HEIGHT = 240
Arrange = Callable[[list[Picture]], tuple[Picture, list[Box]]]


@dataclass(frozen=True)
class Found:
    """The boxes that the service would name, what it read inside each, and the seconds that
    looking into them took."""

    boxes: list[Box]
    readings: list[PhotoReading]
    seconds: float


def main(
    data: Annotated[Path, typer.Argument()],
    index: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
) -> None:
    """Print how many garments are found in each arrangement, and how many single ones are split."""
    shop, draw = Shop.open(encoder, index), np.random.default_rng(0)
    rows = [row for row in read_labelled(data) if kept_out(str(row["person"]))]
    photos = [open_picture(rows[i]["image"]) for i in draw.permutation(len(rows))[: 3 * _EACH]]
    pictured = draw.permutation(np.flatnonzero(shop.version.images.has_image))[: 3 * _EACH]
    stored = [shop.version.images.read(int(row)) for row in pictured]
    own = [open_picture(one.data) for one in stored if one is not None]
    heads = ("all found", "each found", "boxes too many", "first in its box", "ms for boxes")
    table = Table("pictures of", "arranged", *heads)
    for name, pictures in (("photos of people kept out", photos), ("the catalogue", own)):
        for how, (count, arrange) in ARRANGEMENTS.items():
            groups = [
                list(range(start, start + count))
                for start in range(0, min(len(pictures), count * _EACH), count)
            ]
            made = [arrange([pictures[place] for place in group]) for group in groups]
            found = [look_at(shop, picture) for picture, _ in made]
            cells = figures([one.boxes for one in found], [boxes for _, boxes in made])
            firsts = [
                _first(shop, inside) == stored[place]
                for one, (_, boxes), group in zip(found, made, groups, strict=True)
                for inside, place in _matched(one, boxes, group)
            ]
            first = f"{np.mean(firsts):.3f}" if pictures is own and firsts else ""
            took = np.median([one.seconds for one in found]) * 1000
            table.add_row(name, how, *cells, first, f"{took:.1f}")
    Console().print(table)


def alone(pictures: list[Picture]) -> tuple[Picture, list[Box]]:
    """One picture as it is."""
    return pictures[0], [(0.0, 0.0, 1.0, 1.0)]


def beside(pictures: list[Picture]) -> tuple[Picture, list[Box]]:
    """Pictures in a row, as wide as the first."""
    size = (round(_HEIGHT * pictures[0].width / pictures[0].height), _HEIGHT)
    whole = Image.new("RGB", (len(pictures) * size[0], _HEIGHT))
    for place, one in enumerate(pictures):
        whole.paste(one.resize(size), (place * size[0], 0))
    count = len(pictures)
    return whole, [(place / count, 0.0, (place + 1) / count, 1.0) for place in range(count)]


def above(pictures: list[Picture]) -> tuple[Picture, list[Box]]:
    """Pictures in a column, as high as the first."""
    turned, boxes = beside([one.transpose(Image.Transpose.TRANSPOSE) for one in pictures])
    upright = turned.transpose(Image.Transpose.TRANSPOSE)
    return upright, [(y1, x1, y2, x2) for x1, y1, x2, y2 in boxes]


def unlike(pictures: list[Picture]) -> tuple[Picture, list[Box]]:
    """A large picture at the left and one of half its height at the lower right, on grey."""
    whole = Image.new("RGB", (360, 280), (150, 146, 140))
    places = ((10, 10, 210, 270), (230, 130, 340, 270))
    for one, (left, top, right, bottom) in zip(pictures, places, strict=True):
        whole.paste(one.resize((right - left, bottom - top)), (left, top))
    return whole, [(a / 360, b / 280, c / 360, d / 280) for a, b, c, d in places]


ARRANGEMENTS: dict[str, tuple[int, Arrange]] = {
    "alone": (1, alone),
    "two side by side": (2, beside),
    "two above each other": (2, above),
    "two of unlike sizes": (2, unlike),
    "three side by side": (3, beside),
}


def look_at(shop: Shop, picture: Picture) -> Found:
    """What the service would say of a picture, asked for its regions."""
    reading = shop.read([picture])[0]
    start = time.perf_counter()
    boxes = sorted(widened(box) for box in reading.boxes)
    inside = shop.read(crop_box(picture, box) for box in boxes)
    seconds = time.perf_counter() - start
    kept = [(b, r) for b, r in zip(boxes, inside, strict=True) if not shop.refuses(r)]
    return Found([box for box, _ in kept], [reading for _, reading in kept], seconds)


def figures(found: list[list[Box]], there: list[list[Box]]) -> tuple[str, str, str]:
    """Shares of pictures whose garments are all found, of garments found, of boxes too many."""
    hits = [matches(boxes, right) for boxes, right in zip(found, there, strict=True)]
    each = np.concatenate([[place is not None for place in one] for one in hits])
    every = np.mean([None not in one for one in hits])
    named = [sum(place is not None for place in one) for one in hits]
    extra = np.mean([len(boxes) > count for boxes, count in zip(found, named, strict=True)])
    return f"{every:.3f}", f"{each.mean():.3f}", f"{extra:.3f}"


def matches(boxes: list[Box], right: list[Box]) -> list[int | None]:
    """For each garment the place of the box that covers it best, by half or more; else None."""
    found: list[int | None] = []
    for one in right:
        shares = [overlap(box, one) for box in boxes]
        best = int(np.argmax(shares)) if shares else 0
        found.append(best if shares and shares[best] >= 0.5 and best not in found else None)
    return found


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    across = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    down = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return across * down / max(sum(areas) - across * down, 1e-9)


def _matched(found: Found, right: list[Box], group: list[int]) -> list[tuple[PhotoReading, int]]:
    """What was read in the box of each garment that was found, and the garment's picture."""
    places = matches(found.boxes, right)
    return [
        (found.readings[place], own)
        for place, own in zip(places, group, strict=True)
        if place is not None
    ]


def _first(shop: Shop, reading: PhotoReading) -> object:
    vector, _ = shop.photos.look(shop.version, reading, PhotoQuery())
    hits = rank(shop.version, vector, SearchQuery(limit=1)).hits
    return shop.version.images.read(hits[0].row)


if __name__ == "__main__":
    typer.run(main)
