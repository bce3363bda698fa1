"""Two pictures side by side: are both garments found, and is one garment taken for two?

    python -m benchmarks.quality.garment_pairs DATA --index INDEX

DATA is the folder of `fashion/` and `photos/`: photos of people kept out of training, and the
catalogue's own pictures, of which each has to be found first in its box.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from PIL import Image
from PIL.Image import Image as Picture
from rich.console import Console
from rich.table import Table

from app.recommend.photos.garment_boxes import HALVES, WIDE, are_apart
from app.recommend.photos.photo_search import PhotoQuery
from app.recommend.query import SearchQuery
from app.recommend.ranking import rank
from benchmarks.quality.shopper_photo_figures import Shop
from training.photo.fit_head import kept_out
from training.photo.head_material import open_picture, read_labelled
from twinset.images.decode import crop_box
from twinset.photo.photo_head import PhotoReading

_PAIRS = 100
_HEIGHT = 240


@dataclass(frozen=True)
class Seen:
    """The halves of a picture, and whether it is taken for two garments."""

    halves: tuple[PhotoReading, PhotoReading]
    apart: bool


def main(
    data: Annotated[Path, typer.Argument()],
    index: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
) -> None:
    """Print how many pairs are found, and how many single garments are split."""
    shop, draw = Shop.open(encoder, index), np.random.default_rng(0)
    rows = [row for row in read_labelled(data) if kept_out(str(row["person"]))]
    photos = [open_picture(rows[i]["image"]) for i in draw.permutation(len(rows))[: 3 * _PAIRS]]
    pictured = draw.permutation(np.flatnonzero(shop.version.images.has_image))[: 3 * _PAIRS]
    stored = [shop.version.images.read(int(row)) for row in pictured]
    own = [open_picture(one.data) for one in stored if one is not None]
    table = Table("side by side", "pairs found", "single ones split", "found first in its box")
    pairs = look_at(shop, beside(photos[:_PAIRS], photos[_PAIRS : 2 * _PAIRS]))
    alone = look_at(shop, photos[2 * _PAIRS :])
    table.add_row("photos of people kept out", _share(pairs), _share(alone), "")
    pairs = look_at(shop, beside(own[:_PAIRS], own[_PAIRS : 2 * _PAIRS]))
    alone = look_at(shop, own[2 * _PAIRS :])
    firsts = [
        _first(shop, pair.halves[side]) == stored[place + side * _PAIRS]
        for place, pair in enumerate(pairs)
        for side in (0, 1)
    ]
    table.add_row(
        "the catalogue's pictures", _share(pairs), _share(alone), f"{np.mean(firsts):.3f}"
    )
    Console().print(table)


def beside(left: list[Picture], right: list[Picture]) -> list[Picture]:
    """Each picture of `left` with that of `right` beside it, as high and as wide."""
    made = []
    for one, other in zip(left, right, strict=True):
        size = (round(_HEIGHT * one.width / one.height), _HEIGHT)
        both = Image.new("RGB", (2 * size[0], _HEIGHT))
        both.paste(one.resize(size), (0, 0))
        both.paste(other.resize(size), (size[0], 0))
        made.append(both)
    return made


def look_at(shop: Shop, pictures: list[Picture]) -> list[Seen]:
    """What the service would say of each picture, asked for its regions."""
    left, right = (shop.read(crop_box(one, box) for one in pictures) for box in HALVES)
    seen = []
    for one, other, picture in zip(left, right, pictures, strict=True):
        apart = are_apart(one, other, picture.width >= WIDE * picture.height)
        seen.append(Seen((one, other), apart and not (shop.refuses(one) or shop.refuses(other))))
    return seen


def _share(seen: list[Seen]) -> str:
    return f"{np.mean([one.apart for one in seen]):.3f}"


def _first(shop: Shop, reading: PhotoReading) -> object:
    vector, _ = shop.photos.look(shop.version, reading, PhotoQuery())
    hits = rank(shop.version, vector, SearchQuery(limit=1)).hits
    return shop.version.images.read(hits[0].row)


if __name__ == "__main__":
    typer.run(main)
