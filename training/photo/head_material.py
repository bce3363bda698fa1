"""What the photo head learns from, as features of an encoder: photos, products, and neither."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.Image import Image as Picture

from training.data.split import split_of
from training.photo.fit_head import Material, Vectors, kept_out, tunes
from training.photo.made_pictures import (
    before_a_tint,
    in_a_room,
    no_garment,
    room_piece,
    seen_otherwise,
)
from training.photo.shopper_labels import ARTICLE_TYPES
from twinset.encoders.dual_encoder import DualEncoder
from twinset.errors import InvalidInput
from twinset.photo.photo_head import PhotoHead

_BATCH = 32


@dataclass(frozen=True)
class Sizes:
    """How many pictures of each sort are used."""

    views: int = 6
    products: int = 3000
    backdrops: int = 700
    small: int = 1500
    nothing: int = 1200


@dataclass(frozen=True)
class Photos:
    """Labelled photos by people."""

    pictures: list[Picture]
    labels: NDArray[np.str_]
    out: NDArray[np.bool_]  # whose person is kept out of training
    tuning: NDArray[np.bool_]  # of those who are not, whose person sets how sure the head is

    @classmethod
    def read(cls, data: Path) -> Photos:
        rows = read_labelled(data)
        return cls(
            [open_picture(row["image"]) for row in rows],
            np.array([row["label"] for row in rows]),
            np.array([kept_out(str(row["person"])) for row in rows]),
            np.array([tunes(str(row["person"])) for row in rows]),
        )


@dataclass(frozen=True)
class Products:
    """The items of the catalogue: unit vectors (k, d), ids, titles and article types (k,)."""

    vectors: Vectors
    ids: list[str]
    titles: list[str]
    types: NDArray[np.str_]


def read_labelled(data: Path) -> list[dict[str, Any]]:
    """Rows of the photos by people whose label names a kind: person, label, image."""
    rows = pq.read_table(data / "photos" / "shopper_photos.parquet").to_pylist()
    return [row for row in rows if row["label"] in ARTICLE_TYPES]


def gather(
    encoder: DualEncoder, data: Path, photos: Photos, products: Products, sizes: Sizes
) -> Material:
    """Encode everything that the head is fitted on; people kept out are left out."""
    draw, head = np.random.default_rng(0), head_of(encoder)
    inputs = len(head.mean)
    mine = [photos.pictures[row] for row in np.flatnonzero(~photos.out)]
    views = [mine, [ImageOps.mirror(one) for one in mine]]
    rows = [encode(encoder, view) for view in views[: sizes.views]]
    rows += [
        encode(encoder, (seen_otherwise(one, draw) for one in mine))
        for _ in range(sizes.views - len(rows))
    ]
    place = {item: row for row, item in enumerate(products.ids)}
    large = pq.read_table(data / "fashion" / "photos224.parquet").to_pylist()
    learnt = {item for item, row in place.items() if _is_trained_on(products.titles[row])}
    large = [large[row] for row in draw.permutation(len(large)) if str(large[row]["id"]) in learnt]
    studio = [open_picture(row["image"]) for row in large[: sizes.products]]
    small = [open_picture(image) for image in _small_pictures(data, sizes.small)]
    rooms = (room_piece(one, draw) for one in _some(mine, sizes.nothing, draw))
    made = (no_garment(draw) for _ in range(sizes.nothing))
    tinted = (before_a_tint(one, draw) for one in studio[: sizes.backdrops])
    placed = (in_a_room(one, mine[int(draw.integers(0, len(mine)))], draw) for one in studio)

    def features(pictures: Iterable[Picture]) -> Vectors:
        return encode(encoder, pictures)[:, :inputs]

    return Material(
        photos=np.stack(rows)[:, :, :inputs],
        labels=photos.labels[~photos.out],
        altered=features(placed),
        studio=features(studio),
        products=np.array([place[str(row["id"])] for row in large[: sizes.products]]),
        items=products.vectors,
        types=products.types,
        backdrops=np.concatenate([features(small), features(tinted)]),
        nothing=np.concatenate([features(rooms), features(made)]),
        familiar=rows[0][:, -1] if head.branch else np.ones(len(mine), np.float32),
        tuning=photos.tuning[~photos.out],
    )


def familiar_pictures(data: Path, photos: Photos) -> list[Picture]:
    """Some photos of people learnt from, and some of the catalogue's pictures."""
    draw = np.random.default_rng(1)
    mine = draw.permutation(np.flatnonzero(~photos.out))[:500]
    small = [open_picture(image) for image in _small_pictures(data, 300)]
    return [photos.pictures[row] for row in mine] + small


def encode(encoder: DualEncoder, pictures: Iterable[Picture]) -> Vectors:
    """Rows of `encode_rows`, a batch of pictures at a time."""
    head = head_of(encoder)
    rows, batch = [], []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == _BATCH:
            rows.append(encoder.encode_rows(batch, head))
            batch = []
    return np.concatenate([*rows, encoder.encode_rows(batch, head)])


def head_of(encoder: DualEncoder) -> PhotoHead:
    """The encoder's photo head.

    Raises:
        InvalidInput: it has none.
    """
    if encoder.photo_head is None:
        raise InvalidInput("This encoder has no photo head.")
    return encoder.photo_head


def open_picture(stored: Any) -> Picture:
    """An RGB picture from bytes, or from Parquet's record of them."""
    data = stored["bytes"] if isinstance(stored, dict) else stored
    return Image.open(io.BytesIO(data)).convert("RGB")


def _is_trained_on(title: str) -> bool:
    """True unless the encoder's training kept the name out."""
    return split_of(title, test_fraction=0.08, validation_fraction=0.02) == "train"


def _small_pictures(data: Path, count: int) -> Iterable[Any]:
    column = pq.read_table(data / "fashion" / "products-0.parquet", columns=["image"])["image"]
    chosen = np.random.default_rng(3).permutation(len(column))[:count]
    return (column[int(row)].as_py() for row in chosen)


def _some(pictures: Sequence[Picture], count: int, draw: Generator) -> Iterable[Picture]:
    return (pictures[int(row)] for row in draw.integers(0, len(pictures), count))
