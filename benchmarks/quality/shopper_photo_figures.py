"""What shoppers' photos find, as the service answers: photos of people kept out of training.

    python -m benchmarks.quality.shopper_photo_figures DATA --index INDEX

DATA is the folder of `fashion/` and `photos/`. Pictures without a garment are those that
scikit-image and scikit-learn ship, pieces of rooms of people kept out, and pictures made by code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow.parquet as pq
import typer
from numpy.typing import NDArray
from PIL.Image import Image as Picture
from rich.console import Console
from rich.table import Table

from app.recommend.photos.photo_search import PhotoLook, PhotoQuery, PhotoSearch
from app.recommend.query import SearchQuery
from app.recommend.ranking import rank
from benchmarks.quality.altered_photos import shopper_photo
from benchmarks.quality.photos.other_pictures import drawn_pictures, shipped_pictures
from training.data.split import split_of
from training.photo.head_material import open_picture, read_labelled
from training.photo.material import kept_out
from training.photo.pictures.made_pictures import room_piece
from training.photo.shopper_labels import ARTICLE_TYPES, BAGS
from twinset.encoders import load_encoder
from twinset.encoders.dual_encoder import DualEncoder
from twinset.index.index_versions import IndexVersion, open_version
from twinset.photo.photo_reading import PhotoReading

_FEWEST = 10  # photos of a label, or its figure is left out of the means
_AT = 10
_BATCH = 32
_PRODUCTS = 500
Labels = NDArray[np.str_]
Answer = tuple[list[str], PhotoLook]


@dataclass(frozen=True)
class Shop:
    """An index version, its encoder, and how photos search it."""

    encoder: DualEncoder
    version: IndexVersion
    photos: PhotoSearch

    @classmethod
    def open(cls, encoder: Path, index: Path) -> Shop:
        loaded, version = load_encoder(encoder), open_version(index)
        version.require_encoder(loaded)
        if not isinstance(loaded, DualEncoder) or loaded.photo_head is None:
            raise typer.BadParameter("the encoder has no photo head")
        return cls(loaded, version, PhotoSearch(loaded.photo_head))

    def read(self, pictures: Iterable[Picture]) -> list[PhotoReading]:
        """What the encoder reads of each picture."""
        rows, batch = [], list(pictures)
        for start in range(0, len(batch), _BATCH):
            rows += list(self.encoder.read_photos(batch[start : start + _BATCH]))
        return [PhotoReading.of_row(row) for row in rows]

    def refuses(self, reading: PhotoReading) -> bool:
        """True if the answer to a photo is that nothing fits."""
        return self.photos.look(self.version, reading, PhotoQuery())[1].nothing_fits

    def answer(self, reading: PhotoReading, asked: PhotoQuery) -> Answer:
        """The kinds of the ten items found, best first, and what the photo was read as."""
        vector, look = self.photos.look(self.version, reading, asked)
        column = self.version.items.columns[self.version.category or ""]
        hits = rank(self.version, vector, SearchQuery(limit=_AT)).hits
        return [str(column.value(hit.row)) for hit in hits], look


def main(
    data: Annotated[Path, typer.Argument()],
    index: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
) -> None:
    """Print every figure, with the data that it was measured on."""
    shop, console = Shop.open(encoder, index), Console()
    rows = [row for row in read_labelled(data) if kept_out(str(row["person"]))]
    labels = np.array([row["label"] for row in rows])
    pictures = [open_picture(row["image"]) for row in rows]
    readings = shop.read(pictures)
    people = len({row["person"] for row in rows})
    console.print(f"{len(rows)} photos by {people} people kept out, {shop.version.count:,} items")
    told = {label: _commonest(shop, label) for label in ARTICLE_TYPES}
    ways: dict[str, Callable[[str], PhotoQuery]] = {
        "the picture as it is": lambda _: PhotoQuery(understand=False),
        "by default": lambda _: PhotoQuery(),
        "with kind= said": lambda label: PhotoQuery(kind=told[label]),
    }
    answers = {
        name: [shop.answer(r, way(label)) for r, label in zip(readings, labels, strict=True)]
        for name, way in ways.items()
    }
    console.print(kinds_table(answers, labels))
    console.print(labels_table(answers, labels))
    console.print(_nothing_table(shop, readings, pictures))
    console.print(_products_table(shop, data))


def _commonest(shop: Shop, label: str) -> str:
    """The kind that a shopper would tap for a label: the one of its kinds with most items."""
    counts = dict(shop.version.items.columns[shop.version.category or ""].counts())
    return max(sorted(ARTICLE_TYPES[label]), key=lambda kind: counts.get(kind, 0))


def kinds_table(answers: dict[str, list[Answer]], labels: Labels) -> Table:
    """Means over labels with ten photos or more; the last two columns over photos."""
    heads = ("P@10", "first", "weakest label", "a bag first", "right among three kinds")
    table = Table("photo to items of its kind", *heads)
    for name, given in answers.items():
        tens, firsts = label_means(given, labels)
        bags = np.mean([found[0] in BAGS for found, _ in given])
        three = np.mean(
            [
                any(guess.kind in ARTICLE_TYPES[label] for guess in look.kinds[:3])
                for (_, look), label in zip(given, labels, strict=True)
            ]
        )
        figures = (np.mean(list(tens.values())), np.mean(list(firsts.values())))
        cells = (*figures, min(tens.values()), bags, three)
        table.add_row(name, *(f"{figure:.3f}" for figure in cells))
    return table


def label_means(answers: list[Answer], labels: Labels) -> tuple[dict[str, float], dict[str, float]]:
    """Share of right kinds among the first ten, and in first place, for each label."""
    tens, firsts = {}, {}
    for label in np.unique(labels).tolist():
        mine = [found for (found, _), own in zip(answers, labels, strict=True) if own == label]
        if len(mine) >= _FEWEST:
            right = ARTICLE_TYPES[label]
            tens[label] = float(np.mean([[kind in right for kind in found] for found in mine]))
            firsts[label] = float(np.mean([found[0] in right for found in mine]))
    return tens, firsts


def labels_table(answers: dict[str, list[Answer]], labels: Labels) -> Table:
    """P@10 of each label."""
    table = Table("P@10 by label", "photos", *answers)
    by_way = [label_means(given, labels)[0] for given in answers.values()]
    for label in by_way[0]:
        cells = (f"{tens[label]:.2f}" for tens in by_way)
        table.add_row(label, str((labels == label).sum()), *cells)
    return table


def _nothing_table(shop: Shop, readings: list[PhotoReading], photos: list[Picture]) -> Table:
    draw = np.random.default_rng(0)
    shop_rows = np.flatnonzero(shop.version.images.has_image)
    chosen = draw.permutation(shop_rows)[:500].tolist()
    stored = [shop.version.images.read(row) for row in chosen]
    own = [open_picture(one.data) for one in stored if one is not None]
    sets = {
        "shoppers' photos": readings,
        "the catalogue's own pictures": shop.read(own),
        "pictures of scikit-image and scikit-learn": shop.read(shipped_pictures()),
        "pieces of rooms of people kept out": shop.read(room_piece(p, draw) for p in photos[:200]),
        "pictures made by code": shop.read(drawn_pictures(200, draw)),
    }
    table = Table("shows no garment, the service says", "pictures", "share", "taken for a studio's")
    for name, read in sets.items():
        refused = np.mean([shop.refuses(one) for one in read])
        studio = np.mean([one.studio > 0.5 for one in read])
        table.add_row(name, str(len(read)), f"{refused:.3f}", f"{studio:.3f}")
    return table


def _products_table(shop: Shop, data: Path) -> Table:
    """Studio photos of products whose names the encoder never saw find their own product."""
    rows = pq.read_table(data / "fashion" / "photos224.parquet").to_pylist()
    rows = [row for row in rows if _is_kept_out(shop, str(row["id"]))]
    draw = np.random.default_rng(0)
    rows = [rows[place] for place in draw.permutation(len(rows))[:_PRODUCTS]]
    studio = [open_picture(row["image"]) for row in rows]
    own = [shop.version.images.read(_row_of(shop, str(row["id"]))) for row in rows]
    sets = {
        "the catalogue's own picture": [open_picture(one.data) for one in own if one is not None],
        "the 224 px photo": studio,
        "the 224 px photo made a shopper's": [shopper_photo(one, draw) for one in studio],
    }
    ways = {"as it is": PhotoQuery(understand=False), "by default": PhotoQuery()}
    table = Table("its product, or the same picture, comes first", "pictures", *ways)
    for name, pictures in sets.items():
        readings = shop.read(pictures)
        cells = []
        for way in ways.values():
            firsts = [
                _shows_the_same(shop, reading, way, str(row["id"]))
                for reading, row in zip(readings, rows, strict=True)
            ]
            cells.append(f"{np.mean(firsts):.3f}")
        table.add_row(name, str(len(pictures)), *cells)
    return table


def _is_kept_out(shop: Shop, item_id: str) -> bool:
    row = shop.version.items.row_of(item_id)
    if row is None:
        return False
    title = shop.version.items.item(row)["title"]
    return split_of(title, test_fraction=0.08, validation_fraction=0.02) != "train"


def _row_of(shop: Shop, item_id: str) -> int:
    row = shop.version.items.row_of(item_id)
    if row is None:
        raise typer.BadParameter(f"the index has no item {item_id}")
    return row


def _shows_the_same(shop: Shop, reading: PhotoReading, way: PhotoQuery, item_id: str) -> bool:
    vector, _ = shop.photos.look(shop.version, reading, way)
    hits = rank(shop.version, vector, SearchQuery(limit=1)).hits
    own, first = (shop.version.images.read(row) for row in (_row_of(shop, item_id), hits[0].row))
    return own is not None and first is not None and own.data == first.data


if __name__ == "__main__":
    typer.run(main)
