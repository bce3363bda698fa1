"""Scores after each epoch, on products of names that are not trained on."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.config import TrainingConfig
from training.data.augment import resize
from training.data.product_data import Products
from training.data.sampling import even_batch
from training.objective.losses import batch_hard_triplet_loss, contrastive_loss
from training.towers import DualTowers, TowerPair
from twinset.retrieval_metrics import first_hit_ranks, precision_at, recall_at

_BATCH = 128
# The score that a schedule and early stopping follow, by strategy: higher is better.
_MONITORED = {"clip": "text_to_image_recall@10", "hybrid": "item_precision@10"}
Rows = NDArray[np.int64]
Vectors = NDArray[np.float32]


def validate(
    model: TowerPair, products: Products, rows: Rows, tokenizer: Tokenizer, config: TrainingConfig
) -> dict[str, float]:
    """Text to image by exact name, the agreement of neighbours in category, and the loss.

    The pool is `rows` alone, so the figures rank runs; `twinset evaluate` gives those to quote.
    `validation_loss` is the strategy's own (contrastive or triplet) without augmentation, in
    batches of the size that is trained with.
    """
    rows = rows[products.has_image[rows]]
    if len(rows) < 2:
        return {}  # a neighbour needs a second product
    images, texts, items = embed_rows(model, products, rows, tokenizer)
    names = np.unique([products.titles[row] for row in rows], return_inverse=True)[1]
    ranks = first_hit_ranks(texts @ images.T, names[:, None] == names[None, :])
    losses = _losses(model, products, rows, (images, texts, items), config)
    return {
        **({"validation_loss": float(np.mean(losses))} if losses else {}),
        "text_to_image_recall@1": recall_at(ranks, 1),
        "text_to_image_recall@10": recall_at(ranks, 10),
        **category_figures(images, items, products.categories[rows]),
    }


def category_figures(
    images: Vectors, items: Vectors, categories: NDArray[np.int32]
) -> dict[str, float]:
    """How far the nearest others of each product share its category; (n, d) twice, and (n,).

    Products of unknown category (negative) are answers that never fit, and do not ask; empty if
    no category is known.
    """
    asking = np.flatnonzero(categories >= 0)
    if len(asking) == 0:
        return {}
    same = categories[asking, None] == categories[None, :]
    same[np.arange(len(asking)), asking] = False
    image_similarity, item_similarity = _to_others(images, asking), _to_others(items, asking)
    return {
        "image_precision@10": precision_at(image_similarity, same, 10),
        "item_precision@10": precision_at(item_similarity, same, 10),
        "item_recall@1": recall_at(first_hit_ranks(item_similarity, same), 1),
    }


def monitored(figures: dict[str, float], config: TrainingConfig) -> float | None:
    """What a schedule and early stopping follow: higher is better; None if it was not measured."""
    if config.optimisation.monitor == "loss":
        loss = figures.get("validation_loss")
        return None if loss is None else -loss
    return figures.get(_MONITORED[config.strategy])


@torch.no_grad()
def _losses(
    model: TowerPair,
    products: Products,
    rows: Rows,
    sides: tuple[Vectors, Vectors, Vectors],
    config: TrainingConfig,
) -> list[float]:
    """The loss of each batch of validation products; none if they do not fill one of two."""
    image, text, item = map(torch.from_numpy, sides)
    categories, names = products.categories[rows], products.names[rows]
    size = min(config.optimisation.batch_size, len(rows))
    places, losses = np.arange(len(rows)), []
    # Shuffled, since neighbours in a catalogue are alike.
    order = np.random.default_rng(config.seed).permutation(len(rows))
    for step in range(len(rows) // size):
        if isinstance(model, DualTowers):
            batch = order[step * size : (step + 1) * size]
            matches = torch.from_numpy(names[batch, None] == names[None, batch])
            loss = contrastive_loss(image[batch], text[batch], model.scale.cpu(), matches)
        else:
            batch = even_batch(places, categories, config.optimisation, config.seed, step)
            if len(batch) == 0:
                break
            known = torch.from_numpy(categories[batch])
            over_all = config.loss.triplet_mean == "all"
            loss = batch_hard_triplet_loss(item[batch], known, config.loss.margin, over_all)
        losses.append(float(loss))
    return losses


def _to_others(rows: Vectors, asking: Rows) -> Vectors:
    """Similarity of the rows (n, d) that ask, (q,), to each other row, (q, n)."""
    similarity = rows[asking] @ rows.T
    similarity[np.arange(len(asking)), asking] = -np.inf
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
