"""What further pictures of items do for photos: items found by their best picture or the main one.

    python -m benchmarks.quality.second_views --encoder models/compact --catalog catalog.parquet \\
        --embeddings embeddings --photos data/fashion/photos224.parquet

The items with a photo in `--photos` get two further pictures: that photo, and a close-up of it. The
queries are what a shopper might send of 1,000 of the items: the whole product as `altered_photos`
has it, and a part of that from close by. Asked is how often the item itself comes first or among
ten of all items of the catalogue, and how many of ten are of its kind.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

from benchmarks.quality.altered_photos import shopper_photo
from twinset.catalogue import Catalogue
from twinset.embeddings import Embeddings, open_embeddings
from twinset.encoders import load_encoder
from twinset.encoders.encoder import Vectors
from twinset.images.decode import crop_box
from twinset.index.faiss_index import FaissIndex
from twinset.index.vector_index import VectorIndex
from twinset.photo.photo_reading import PhotoReading
from twinset.progress import track
from twinset.text.word_template import render_texts
from twinset.views.best_view_index import BestViewIndex
from twinset.views.stored_views import StoredViews

_BATCH = 128
_CLOSE = (0.25, 0.25, 0.75, 0.75)  # the middle half of each side
_K = 10


@dataclass(frozen=True)
class Photos:
    """The items that have a further photo, by their rows in the catalogue."""

    rows: list[int]
    images: list[Image.Image]


def main() -> None:
    """Print the figures with and without further pictures, for both kinds of query."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name in ("encoder", "catalog", "embeddings", "photos"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--queries", type=int, default=1000)
    options = parser.parse_args()
    catalogue, made = Catalogue(options.catalog), open_embeddings(options.embeddings)
    encoder: Any = load_encoder(options.encoder, "cpu")
    photos = _photos(options.photos, made)
    texts = render_texts(made.text_template or encoder.text_template, catalogue.rows())
    items = FaissIndex.build(made.item, "exact")
    seen = BestViewIndex(items, _views(encoder, photos, texts))
    kinds = np.array(catalogue.rows([str(catalogue.category)])[0].to_pylist())
    chosen = np.random.default_rng(0).permutation(len(photos.rows))[: options.queries]
    asked = [photos.rows[n] for n in chosen]
    for name, box in (("the whole product", None), ("a part from close by", _CLOSE)):
        queries = _queries(encoder, [photos.images[n] for n in chosen], box)
        for what, index in (("main picture", items), ("best picture", seen)):
            figures = _figures(index, queries, asked, kinds)
            sys.stdout.write(f"{name}, by the {what}: {figures}\n")
            sys.stdout.flush()


def _photos(path: Path, made: Embeddings) -> Photos:
    row_of = {item_id: row for row, item_id in enumerate(made.ids)}
    held = [one for one in pq.read_table(path).to_pylist() if str(one["id"]) in row_of]
    held.sort(key=lambda one: row_of[str(one["id"])])
    images = [Image.open(io.BytesIO(one["image"])).convert("RGB") for one in held]
    return Photos([row_of[str(one["id"])] for one in held], images)


def _views(encoder: Any, photos: Photos, texts: Sequence[str | None]) -> StoredViews:
    """The photo and its close-up as views of each item, as an export embeds them."""
    owners = np.repeat(np.array(photos.rows, np.int64), 2)
    parts = []
    starts = range(0, len(photos.rows), _BATCH)
    for start in track(starts, "Embedding further pictures", len(starts)):
        images, words = list[Image.Image](), list[str | None]()
        for row, image in zip(
            photos.rows[start : start + _BATCH], photos.images[start : start + _BATCH], strict=True
        ):
            images += [image, crop_box(image, _CLOSE)]
            words += [texts[row]] * 2
        parts.append(encoder.encode_items(images, words).item)
    return StoredViews(owners, FaissIndex.build(np.concatenate(parts), "exact"), None)


def _queries(encoder: Any, images: Sequence[Image.Image], box: Any) -> Vectors:
    """The vectors (q, d) of shoppers' photos, as the service encodes them."""
    generator = np.random.default_rng(1)
    altered = [shopper_photo(image, generator) for image in images]
    shown = altered if box is None else [crop_box(image, box) for image in altered]
    parts = []
    for start in range(0, len(shown), _BATCH):
        batch = shown[start : start + _BATCH]
        if getattr(encoder, "photo_head", None) is None:
            parts.append(encoder.encode_images(batch))
        else:
            rows = encoder.read_photos(batch)
            parts.append(np.stack([PhotoReading.of_row(row).leaning for row in rows]))
    return np.concatenate(parts).astype(np.float32)


def _figures(index: VectorIndex, queries: Vectors, rows: Sequence[int], kinds: Any) -> str:
    found = index.search(queries, _K)[0]
    own = np.array(rows)[:, None]
    first = float((found[:, :1] == own).mean())
    among = float((found == own).any(axis=1).mean())
    alike = float((kinds[found] == kinds[own]).mean())
    return f"first {first:.3f}, among {_K} {among:.3f}, of its kind {alike:.3f}"


if __name__ == "__main__":
    main()
