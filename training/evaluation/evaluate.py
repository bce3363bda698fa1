"""Measuring an encoder on a catalogue: how good are the matches that a shopper will see?

Queries are products whose names were kept out of training; the pool is the whole catalogue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.data.product_data import category_values
from training.evaluation.panel import sides_of
from twinset.artefacts import read_manifest
from twinset.catalogue import Catalogue
from twinset.embeddings import Embeddings
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import ArtefactError, CatalogueError
from twinset.retrieval_metrics import first_hit_ranks, mean_reciprocal_rank, precision_at, recall_at

_CHUNK = 256  # queries at a time: 256 x 44,441 similarities take 46 MB
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Pool:
    """The catalogue of n products under evaluation, row-aligned with its embeddings.

    `names`, `category` and `picture` (n,) number the distinct names, categories and images; -1 for
    a product without a category or an image. `held_out` are the rows that were not trained on.
    """

    embeddings: Embeddings
    names: NDArray[np.int64]
    category: NDArray[np.int64]
    picture: NDArray[np.int64]
    held_out: Rows


def open_pool(encoder: Path, catalogue: Catalogue, embeddings: Embeddings) -> Pool:
    """Line a catalogue up with its embeddings and find the products that were not trained on.

    All products of a shop that the encoder never saw are held out.

    Raises:
        CatalogueError: if the catalogue has no category to agree on, or other items.
        ArtefactError: if the embeddings are another encoder's.
    """
    if catalogue.category is None:
        raise CatalogueError(f"{catalogue.path}: names no category, which evaluation compares")
    table = catalogue.rows(["id", "title"])
    if table["id"].to_pylist() != embeddings.ids:
        raise CatalogueError(f"{catalogue.path}: holds other items than {embeddings.folder}")
    titles = [title or "" for title in table["title"].to_pylist()]
    kinds = [value or "" for value in category_values(catalogue)]
    manifest = read_manifest(encoder, "encoder", ENCODER_MANIFEST)
    if manifest["fingerprint"] != embeddings.fingerprint:
        raise ArtefactError(embeddings.folder, "was made by another encoder")
    return Pool(
        embeddings,
        names=_number([" ".join(title.lower().split()) for title in titles]),
        category=np.where([bool(kind) for kind in kinds], _number(kinds), -1),
        picture=_number_pictures(catalogue),
        held_out=sides_of(encoder, catalogue)["test"],
    )


def _number(values: list[str]) -> NDArray[np.int64]:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _number_pictures(catalogue: Catalogue) -> NDArray[np.int64]:
    numbers: dict[bytes, int] = {}
    digests = (
        data and hashlib.blake2b(data, digest_size=16).digest() for data in catalogue.images()
    )
    return np.array([numbers.setdefault(d, len(numbers)) if d else -1 for d in digests], np.int64)


def evaluate(pool: Pool, queries: int, seed: int = 0) -> dict[str, dict[str, float]]:
    """Scores per task, over at most `queries` products (or names) drawn by `seed`.

    - `own_photo`: a product's picture finds it, or one with the identical picture, first.
    - `picture_neighbours`: the nearest items of a picture, its own left out, share its category;
      left out if no product with a picture has one.
    - `text_to_image`, `text_to_item`: an exact name finds a product of that name.

    Raises:
        CatalogueError: if there is nothing to ask about.
    """
    generator = np.random.default_rng(seed)
    everyone = np.flatnonzero(pool.picture >= 0)
    pictured = pool.held_out[pool.picture[pool.held_out] >= 0]
    worded = pool.held_out[pool.embeddings.text[pool.held_out].any(axis=1)]
    names = worded[np.unique(pool.names[worded], return_index=True)[1]]
    kinds = pictured[pool.category[pictured] >= 0]
    if not (len(pictured) and len(names)):
        raise CatalogueError("no product with an image and a name was kept out of training")
    scores = {"own_photo": own_photo(pool, _draw(everyone, queries, generator))}
    if len(kinds):
        scores["picture_neighbours"] = neighbours(pool, _draw(kinds, queries, generator))
    scores["text_to_image"] = by_name(pool, _draw(names, 2 * queries, generator), "image")
    scores["text_to_item"] = by_name(pool, _draw(names, 2 * queries, generator), "item")
    return scores


def _draw(rows: Rows, count: int, generator: np.random.Generator) -> Rows:
    return np.sort(generator.choice(rows, min(count, len(rows)), replace=False))


def own_photo(pool: Pool, rows: Rows) -> dict[str, float]:
    """Recall@1 of the picture itself among all items' fused vectors, the way the service looks."""
    hits = 0
    for chunk in _chunks(rows):
        similarity = pool.embeddings.image[chunk] @ pool.embeddings.item.T
        best = similarity.argmax(axis=1)
        hits += int((pool.picture[best] == pool.picture[chunk]).sum())
    return {"queries": len(rows), "recall@1": hits / len(rows)}


def neighbours(pool: Pool, rows: Rows) -> dict[str, float]:
    """Agreement in category of the items nearest to a picture; the product itself is left out."""
    ranks, precision = [], []
    for chunk in _chunks(rows):
        similarity = pool.embeddings.image[chunk] @ pool.embeddings.item.T
        similarity[np.arange(len(chunk)), chunk] = -np.inf
        relevant = pool.category[chunk, None] == pool.category[None, :]
        relevant[np.arange(len(chunk)), chunk] = False
        ranks.append(first_hit_ranks(similarity, relevant))
        precision.append(precision_at(similarity, relevant, 10) * len(chunk))
    return _summary(np.concatenate(ranks)) | {"precision@10": sum(precision) / len(rows)}


def by_name(pool: Pool, rows: Rows, side: str) -> dict[str, float]:
    """Rank of the first product of the exact name, among all images or all items."""
    documents = getattr(pool.embeddings, side)
    ranks = [
        first_hit_ranks(
            pool.embeddings.text[chunk] @ documents.T,
            pool.names[chunk, None] == pool.names[None, :],
        )
        for chunk in _chunks(rows)
    ]
    return _summary(np.concatenate(ranks))


def _chunks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]


def _summary(ranks: NDArray[np.float64]) -> dict[str, float]:
    recalls = {f"recall@{k}": recall_at(ranks, k) for k in (1, 5, 10)}
    return {"queries": len(ranks), **recalls, "mrr": mean_reciprocal_rank(ranks)}


def shop_report(pool: Pool, scores: dict[str, dict[str, float]]) -> dict[str, Any]:
    """What was measured on the whole catalogue, and every score."""
    embeddings = pool.embeddings
    return {
        "encoder": {"name": embeddings.encoder_name, "fingerprint": embeddings.fingerprint},
        "pool": len(pool.embeddings),
        "held_out": len(pool.held_out),
        "scores": scores,
    }
