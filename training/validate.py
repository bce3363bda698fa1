"""Scores after each epoch, on products of names that are not trained on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from core.metrics import first_hit_ranks, precision_at
from training.augment import resize
from training.data import Products
from training.towers import DualTowers

_BATCH = 128


def validate(
    model: DualTowers, products: Products, rows: NDArray[np.int64], tokenizer: Tokenizer
) -> dict[str, float]:
    """Text to image by exact name, and the agreement of neighbours by image.

    The pool is `rows` alone, so the figures rank runs; `twinset evaluate` gives those to quote.
    """
    rows = rows[products.has_image[rows]]
    if len(rows) < 2:
        return {}  # a neighbour needs a second product
    images, texts = embed_rows(model, products, rows, tokenizer)
    names = np.unique([products.titles[row] for row in rows], return_inverse=True)[1]
    ranks = first_hit_ranks(texts @ images.T, names[:, None] == names[None, :])
    category = products.codes[rows, -1]
    same = category[:, None] == category[None, :]
    similarity = images @ images.T
    np.fill_diagonal(similarity, -np.inf)
    return {
        "text_to_image_recall@1": float(np.mean(ranks <= 1)),
        "text_to_image_recall@10": float(np.mean(ranks <= 10)),
        "image_precision@10": precision_at(similarity, same, 10),
    }


@torch.no_grad()
def embed_rows(
    model: DualTowers, products: Products, rows: NDArray[np.int64], tokenizer: Tokenizer
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Unit rows of the images and of the texts of some products, (n, d) each."""
    model.eval()
    device = next(model.parameters()).device
    images, texts = [], []
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        pixels = torch.from_numpy(products.pixels[batch])
        images.append(model.embed_images(resize(pixels, *pixels.shape[1:3]).to(device)).cpu())
        encodings = tokenizer.encode_batch([products.texts[row] for row in batch])
        ids = torch.tensor([e.ids for e in encodings], device=device)
        mask = torch.tensor([e.attention_mask for e in encodings], device=device)
        texts.append(model.embed_texts(ids, mask).cpu())
    return torch.cat(images).numpy(), torch.cat(texts).numpy()
