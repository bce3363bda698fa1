"""Texts of a training batch, and what each of them says about every product of the batch."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.config import AugmentationConfig
from training.data.product_data import MISSING, Products


@dataclass(frozen=True)
class TextBatch:
    """n texts, and `matches` (n, n) bool: text i describes product j. The diagonal is true.

    `named` (n,) bool says which texts are names, whole or in part, and not attribute phrases.
    """

    texts: list[str]
    matches: NDArray[np.bool_]
    named: NDArray[np.bool_]


def make_text_batch(
    products: Products, rows: NDArray[np.int64], config: AugmentationConfig, rng: random.Random
) -> TextBatch:
    """Choose a text per product: its name, the name with words dropped, or an attribute phrase.

    Two products of one name are no negatives of each other, and a phrase such as "Navy Blue
    Tshirts" matches every product of the batch that has both attributes.
    """
    names = np.unique([products.titles[row] for row in rows], return_inverse=True)[1]
    matches = names[:, None] == names[None, :]
    codes = products.codes[rows]
    weights = 1 + config.phrase_rarity * products.rarity[rows]
    texts, named = [], np.ones(len(rows), np.bool_)
    for number, row in enumerate(rows):
        phrase = rng.random() < config.attribute_phrases
        asked = _ask_attributes(codes[number], weights[number], rng) if phrase else []
        if asked:
            texts.append(" ".join(products.values[a][codes[number, a]] for a in asked))
            named[number] = False
            matches[number] = (codes[:, asked] == codes[number, asked]).all(axis=1)
        else:
            texts.append(_drop_words(_own_text(products, row, rng), config.word_dropout, rng))
    return TextBatch(texts, matches, named)


def _ask_attributes(
    codes: NDArray[np.int32], weights: NDArray[np.float32], rng: random.Random
) -> list[int]:
    """A random non-empty subset of a product's known attributes, in their natural order; those
    of more weight rather."""
    known = [a for a in range(len(codes)) if codes[a] != MISSING]
    if not known:
        return []
    # The largest of u ** (1 / weight) are a weighted draw (Efraimidis and Spirakis, 2006).
    draws = {a: rng.random() ** (1 / weights[a]) for a in known}
    count = rng.randint(1, min(3, len(known)))
    return sorted(sorted(known, key=draws.__getitem__)[-count:])


def _own_text(products: Products, row: int, rng: random.Random) -> str:
    if products.fuller_texts is not None and rng.random() < 0.5:
        return products.fuller_texts[row]
    return products.texts[row]


def _drop_words(text: str, share: float, rng: random.Random) -> str:
    words = text.split()
    kept = [word for word in words if rng.random() >= share]
    return " ".join(kept or words)
