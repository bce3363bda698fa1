"""What the photo head learns from, as the image tower sees it: photos, products, and neither."""

from __future__ import annotations

import io
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.Image import Image as Picture

from training.data.split import split_of
from training.photo.material import BOTTOMS, TOPS, Material, Seen, Vectors, kept_out, tunes
from training.photo.pictures.garment_scenes import SceneMaker
from training.photo.pictures.made_pictures import (
    before_a_tint,
    in_a_room,
    no_garment,
    room_piece,
    seen_otherwise,
)
from training.photo.shopper_labels import ARTICLE_TYPES
from twinset.encoders.dual_encoder import DualEncoder
from twinset.encoders.encoder import normalise
from twinset.encoders.runtime.onnx_runtime import Model

logger = logging.getLogger("training.photo")
_BATCH = 32
_BOXES = 4  # of a scene, at most


@dataclass(frozen=True)
class Sizes:
    """How many pictures of each sort are used."""

    views: int = 6
    products: int = 3000
    backdrops: int = 700
    small: int = 1500
    nothing: int = 1200
    scenes: int = 2400


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


@dataclass(frozen=True)
class Gatherer:
    """Looks at pictures with an encoder, and with ImageNet's late blocks on its early features.

    The encoder's rows end in early features of `shape` (c, h, w); `imagenet` is a `FlatImagenet`,
    whose columns end in features of `middle` (c, h, w). Without it the encoder's own columns are
    all there is.
    """

    encoder: DualEncoder
    imagenet: Model | None
    shape: tuple[int, ...]
    middle: tuple[int, ...]

    def see(self, pictures: Iterable[Picture]) -> Seen:
        """What both see in the pictures, a batch at a time."""
        parts, left = [], iter(pictures)
        while batch := list(islice(left, _BATCH)):
            columns = self.encoder.image_model({"pixels": self.encoder.pixels(batch, len(batch))})
            parts.append(self.seen(columns))
        return Seen.joined(*parts)

    def seen(self, columns: Vectors) -> Seen:
        """What the encoder's columns, and ImageNet's of these, say of pictures."""
        if self.imagenet is None:
            none = np.zeros((len(columns), *self.middle), np.float16)
            rows = columns.copy()
            rows[:, : self.encoder.dimension] = normalise(rows[:, : self.encoder.dimension])
            return Seen(rows, np.ones(len(rows), np.float32), none)
        size, middle = math.prod(self.shape), math.prod(self.middle)
        own, early = columns[:, :-size], columns[:, -size:]
        late = self.imagenet({"early": early.reshape(-1, *self.shape)})
        pooled, familiar = late[:, : -middle - 1], late[:, -middle - 1].copy()
        rows = np.concatenate([own, pooled], axis=1)
        rows[:, : self.encoder.dimension] = normalise(rows[:, : self.encoder.dimension])
        return Seen(rows, familiar, _halves(late[:, -middle:].reshape(-1, *self.middle)))

    def gather(self, data: Path, photos: Photos, products: Products, sizes: Sizes) -> Material:
        """See everything that is learnt from; people kept out are left out."""
        draw = np.random.default_rng(0)
        mine = [photos.pictures[row] for row in np.flatnonzero(~photos.out)]
        studio, places = _studio_pictures(data, products, sizes, draw)
        logger.info("seeing %d photos in %d views", len(mine), sizes.views)
        views = [self.see(mine), self.see(ImageOps.mirror(one) for one in mine)]
        for _ in range(sizes.views - len(views)):
            views += [self.see(seen_otherwise(one, draw) for one in mine)]
        logger.info("seeing %d products, before rooms and as they are", len(studio))
        altered = self.see(in_a_room(one, mine[_any(mine, draw)], draw) for one in studio)
        tinted = (before_a_tint(one, draw) for one in studio[: sizes.backdrops])
        small = map(open_picture, _small_pictures(data, sizes.small))
        rooms = (room_piece(mine[_any(mine, draw)], draw) for _ in range(sizes.nothing))
        made = (no_garment(draw) for _ in range(sizes.nothing))
        backdrops = Seen.joined(self.see(small), self.see(tinted))
        nothing = Seen.joined(self.see(rooms), self.see(made))
        logger.info("seeing %d scenes of several garments", sizes.scenes)
        maker = _scene_maker(studio, products.types[places], mine)
        scenes, boxes = self._scenes(maker, sizes.scenes, draw)
        return Material(
            photos=Seen.stack(views),
            labels=photos.labels[~photos.out],
            altered=altered,
            studio=self.see(studio),
            products=places,
            items=products.vectors,
            types=products.types,
            backdrops=backdrops,
            nothing=nothing,
            scenes=scenes,
            boxes=boxes,
            tuning=photos.tuning[~photos.out],
        )

    def _scenes(self, maker: SceneMaker, count: int, draw: Generator) -> tuple[Seen, Vectors]:
        boxes = np.full((count, _BOXES, 4), np.nan, np.float32)

        def pictures() -> Iterator[Picture]:
            for row in range(count):
                scene = maker.draw(draw)
                for place, box in enumerate(scene.boxes):
                    boxes[row, place] = box
                yield scene.picture

        return self.see(pictures()), boxes


def _halves(values: Vectors) -> NDArray[np.float16]:
    return values.astype(np.float16)


def _scene_maker(
    studio: Sequence[Picture], types: NDArray[np.str_], photos: Sequence[Picture]
) -> SceneMaker:
    worn = frozenset().union(*ARTICLE_TYPES.values())
    laid, tops, bottoms = (
        [studio[row] for row in np.flatnonzero(np.isin(types, sorted(kinds))).tolist()]
        for kinds in (worn, TOPS, BOTTOMS)
    )
    return SceneMaker(laid, tops, bottoms, photos)


def _studio_pictures(
    data: Path, products: Products, sizes: Sizes, draw: Generator
) -> tuple[list[Picture], NDArray[np.int64]]:
    """Large pictures of products trained on, and the places of these among the items."""
    place = {item: row for row, item in enumerate(products.ids)}
    large = pq.read_table(data / "fashion" / "photos224.parquet").to_pylist()
    learnt = {item for item, row in place.items() if _is_trained_on(products.titles[row])}
    large = [large[row] for row in draw.permutation(len(large)) if str(large[row]["id"]) in learnt]
    chosen = large[: sizes.products]
    places = np.array([place[str(row["id"])] for row in chosen])
    return [open_picture(row["image"]) for row in chosen], places


def familiar_pictures(data: Path, photos: Photos) -> list[Picture]:
    """Some photos of people learnt from, and some of the catalogue's pictures."""
    draw = np.random.default_rng(1)
    mine = draw.permutation(np.flatnonzero(~photos.out))[:500]
    small = [open_picture(image) for image in _small_pictures(data, 300)]
    return [photos.pictures[row] for row in mine] + small


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


def _any(pictures: Sequence[Picture], draw: Generator) -> int:
    return int(draw.integers(0, len(pictures)))
