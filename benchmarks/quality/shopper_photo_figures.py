"""Fit the photo branch beside an encoder and print what it does for photos of people kept out.

`python -m benchmarks.quality.shopper_photo_figures ENCODER DATA OUTPUT`; DATA is the folder of
`fashion/` and `photos/`. Figures on photos made a shopper's use names that the encoder never saw.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from benchmarks.quality.altered_photos import shopper_photo
from training.data.split import split_of
from training.photo.fit_branch import Material, Recipe, Vectors, fit_branch, kept_out
from training.photo.shopper_labels import ARTICLE_TYPES, BAGS
from twinset.encoders import Encoder, load_encoder

_BATCH = 64
_FEWEST = 10  # photos of a label, or its figure is left out of the mean


def main() -> None:
    """Fit, print the figures before and after, and write the branch to OUTPUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("encoder", "data", "output"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--altered", type=int, default=3200, help="studio photos to alter")
    given = parser.parse_args()
    encoder = load_encoder(given.encoder)
    photos = _read(given.data, "photos/shopper_photos.parquet")
    photos = [row for row in photos if row["label"] in ARTICLE_TYPES]
    products = [
        row for part in (0, 1) for row in _read(given.data, f"fashion/products-{part}.parquet")
    ]
    items = encode_products(encoder, products)
    vectors = encode_pictures(encoder, [_open(row["image"]) for row in photos])
    place = {row["id"]: number for number, row in enumerate(products)}
    large = [r for r in _read(given.data, "fashion/photos224.parquet") if r["id"] in place]
    draw = np.random.default_rng(0)
    large = [large[row] for row in draw.permutation(len(large))[: given.altered]]
    studio = [_open(row["image"]) for row in large]
    plain = encode_pictures(encoder, studio)
    altered = encode_pictures(encoder, [shopper_photo(picture, draw) for picture in studio])
    rows = np.array([place[row["id"]] for row in large])
    unseen = np.array([_unseen(products[row]["productDisplayName"]) for row in rows])
    labels = np.array([row["label"] for row in photos])
    types = np.array([row["articleType"] for row in products])
    out = np.array([kept_out(str(row["person"])) for row in photos])
    material = Material(
        vectors[~out], labels[~out], altered[~unseen], plain[~unseen], rows[~unseen], items, types
    )
    branch = fit_branch(material, Recipe())
    branch.save(given.output)
    for name, move in (("today", False), ("with the branch", True)):
        queries, shoppers = vectors[out], altered[unseen]
        if move:
            queries = branch.correct(queries, np.zeros(len(queries)))
            shoppers = branch.correct(shoppers, np.zeros(len(shoppers)))
        figures = kind_figures(queries, labels[out], items, types)
        figures["product first"] = product_first(shoppers, rows[unseen], items)
        sys.stdout.write(f"{name}: {figures}\n")


def encode_pictures(encoder: Encoder, pictures: Sequence[Image.Image]) -> Vectors:
    """Rows (n, d) of the frozen encoder."""
    starts = range(0, len(pictures), _BATCH)
    return np.concatenate([encoder.encode_images(pictures[i : i + _BATCH]) for i in starts])


def encode_products(encoder: Encoder, products: Sequence[dict[str, Any]]) -> Vectors:
    """Fused rows (n, d), decoding a batch of pictures at a time."""
    parts = [products[start : start + _BATCH] for start in range(0, len(products), _BATCH)]
    return np.concatenate(
        [
            encoder.encode_items(
                [_open(row["image"]) for row in part],
                [str(row["productDisplayName"]) for row in part],
            ).item
            for part in parts
        ]
    )


def kind_figures(
    queries: Vectors, labels: NDArray[np.str_], items: Vectors, types: NDArray[np.str_]
) -> dict[str, float]:
    """Right kind among the first ten, in first place, and a bag first, for labelled photos.

    The first two are means over labels with ten photos or more.
    """
    nearest = np.argsort(-(queries @ items.T), axis=1)[:, :10]
    ten, first = {}, []
    for label in np.unique(labels).tolist():
        mine = nearest[labels == label]
        if len(mine) >= _FEWEST:
            right = np.isin(types[mine], sorted(ARTICLE_TYPES[label]))
            ten[f"P@10 {label}"] = float(right.mean())
            first.append(float(right[:, 0].mean()))
    bags = float(np.isin(types[nearest[:, 0]], sorted(BAGS)).mean())
    mean = float(np.mean(list(ten.values())))
    return {"P@10": mean, "first": float(np.mean(first)), "bag first": bags, **ten}


def product_first(queries: Vectors, own: NDArray[np.int64], items: Vectors) -> float:
    """Share of queries whose own item, a row number in `own`, no other item beats."""
    scores = queries @ items.T
    best = scores[np.arange(len(own)), own]
    return float((scores <= best[:, None]).all(axis=1).mean())


def _read(data: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(data / name).to_pylist()
    return rows


def _unseen(title: str | None) -> bool:
    return split_of(title, test_fraction=0.08, validation_fraction=0.02) != "train"


def _open(stored: Any) -> Image.Image:
    data = stored["bytes"] if isinstance(stored, dict) else stored
    return Image.open(io.BytesIO(data)).convert("RGB")


if __name__ == "__main__":
    main()
