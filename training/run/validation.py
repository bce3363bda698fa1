"""Scores after each epoch, on products of names that are not trained on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.data.augment import resize
from training.data.product_data import Products
from training.towers import TowerPair
from twinset.retrieval_metrics import first_hit_ranks, precision_at, recall_at

_BATCH = 128
# The score that a schedule and early stopping follow, by strategy: higher is better.
MONITORED = {"clip": "text_to_image_recall@10", "hybrid": "item_precision@10"}
Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]


def validate(
    model: TowerPair, products: Products, rows: Rows, tokenizer: Tokenizer
) -> dict[str, float]:
    """Text to image by exact name, and the agreement of neighbours in category.

    The pool is `rows` alone, so the figures rank runs; `twinset evaluate` gives those to quote.
    """
    rows = rows[products.has_image[rows]]
    if len(rows) < 2:
        return {}  # a neighbour needs a second product
    images, texts, items = embed_rows(model, products, rows, tokenizer)
    names = np.unique([products.titles[row] for row in rows], return_inverse=True)[1]
    ranks = first_hit_ranks(texts @ images.T, names[:, None] == names[None, :])
    same = products.categories[rows, None] == products.categories[None, rows]
    np.fill_diagonal(same, val=False)
    image_similarity, item_similarity = _to_others(images), _to_others(items)
    return {
        "text_to_image_recall@1": recall_at(ranks, 1),
        "text_to_image_recall@10": recall_at(ranks, 10),
        "image_precision@10": precision_at(image_similarity, same, 10),
        "item_precision@10": precision_at(item_similarity, same, 10),
        "item_recall@1": recall_at(first_hit_ranks(item_similarity, same), 1),
    }


def _to_others(rows: Vectors) -> Vectors:
    """Similarity of each row to each other one, (n, n)."""
    similarity = rows @ rows.T
    np.fill_diagonal(similarity, -np.inf)
    return similarity


@torch.no_grad()
def embed_rows(
    model: TowerPair, products: Products, rows: Rows, tokenizer: Tokenizer
) -> tuple[Vectors, Vectors, Vectors]:
    """Unit rows of the images, the texts and the items of some products, (n, d) each."""
    model.eval()
    device = next(model.parameters()).device
    parts = []
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        pixels = torch.from_numpy(products.pixels[batch])
        encodings = tokenizer.encode_batch([products.texts[row] for row in batch])
        ids = torch.tensor([e.ids for e in encodings], device=device)
        mask = torch.tensor([e.attention_mask for e in encodings], device=device)
        images = resize(pixels, *pixels.shape[1:3]).to(device)
        parts.append([rows.cpu() for rows in model.embed_all(images, ids, mask)])
    image, text, item = (torch.cat(side).numpy() for side in zip(*parts, strict=True))
    return image, text, item
