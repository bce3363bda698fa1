"""What further words in an item's vector do to the figures of an encoder.

    python -m benchmarks.quality.further_words --encoder models/compact \\
        --catalog catalog.parquet --embeddings embeddings \\
        --words '{title}, {articleType}, {baseColour}, {gender}'

Takes the pictures' vectors from an export, embeds the words of the template anew, fuses both as the
encoder does, and asks what `twinset evaluate` asks. Queries stay the names alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.evaluation.evaluate import evaluate, open_pool
from twinset.catalogue import Catalogue
from twinset.embeddings import Embeddings, open_embeddings
from twinset.encoders import Encoder, load_encoder
from twinset.encoders.dual_encoder import DualEncoder
from twinset.encoders.encoder import Vectors
from twinset.text.word_template import render_texts

_BATCH = 256
_FIGURES = {
    "own_photo": "recall@1",
    "picture_neighbours": "precision@10",
    "text_to_item": "recall@10",
}


def main() -> None:
    """Print a line for the exported words and one for each template."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    for name in ("encoder", "catalog", "embeddings"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--words", action="append", required=True)
    options = parser.parse_args()
    catalogue, made = Catalogue(options.catalog), open_embeddings(options.embeddings)
    encoder = load_encoder(options.encoder, "cpu")
    if not isinstance(encoder, DualEncoder):
        sys.exit("only a dual encoder fuses pictures and words by a weight")
    weight = encoder.spec.item_image_weight
    for template in (None, *options.words):
        item = made.item if template is None else _items(encoder, catalogue, made, template, weight)
        pool = open_pool(options.encoder, catalogue, replace(made, item=item))
        figures = _shown(evaluate(pool, 1000))
        sys.stdout.write(f"{template or 'as exported'}: {figures}\n")
        sys.stdout.flush()


def _items(
    encoder: Encoder, catalogue: Catalogue, made: Embeddings, template: str, weight: float
) -> Vectors:
    texts = [text or " " for text in render_texts(template, catalogue.rows())]
    parts = [encoder.encode_texts(texts[n : n + _BATCH]) for n in range(0, len(texts), _BATCH)]
    fused = weight * made.image + (1 - weight) * np.concatenate(parts)
    return np.asarray(fused / np.linalg.norm(fused, axis=1, keepdims=True), np.float32)


def _shown(scores: Mapping[str, Mapping[str, float]]) -> str:
    return ", ".join(f"{task} {name} {scores[task][name]:.3f}" for task, name in _FIGURES.items())


if __name__ == "__main__":
    main()
