"""English texts of a shop's kind, made from the products that are trained on."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.languages.word_lists import frequent_words
from twinset.catalogue import Catalogue
from twinset.languages.language_detector import words_of

Product = Mapping[str, str]
_FREQUENT = 8_000  # words of English at large
_MIXED = 15_000


@dataclass(frozen=True)
class ShopTexts:
    """English texts: `names` whole and with words left out, `phrases` of one to three attributes,
    single `words` of names and of English at large, and those `mixed` with values; `values` are the
    words of the attributes' values."""

    names: list[str]
    phrases: list[str]
    words: list[str]
    mixed: list[str]
    values: frozenset[str]

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        attributes: Sequence[str],
        rows: NDArray[np.int64],
        seed: int = 0,
    ) -> ShopTexts:
        """Texts of the products in `rows`, those that are trained on; `attributes` make the
        phrases."""
        rng = random.Random(seed)
        products = _products(catalogue, attributes, rows)
        names = {product["title"] for product in products if product["title"]}
        shortened = {_some_words(name, rng) for name in sorted(names) if rng.random() < 0.5}
        phrases = {
            _phrase([product[name] for name in attributes if product[name]], rng)
            for product in products
            for _ in range(3)
        }
        counts: dict[str, int] = {}
        for name in names:
            for word in words_of(name):
                counts[word] = counts.get(word, 0) + 1
        own = {word for word, count in counts.items() if count >= 3 and len(word) > 2}
        words = sorted(own | set(frequent_words("en", _FREQUENT)))
        beside = sorted(phrases - {""}) or [""]
        return cls(
            names=sorted(names | shortened),
            phrases=sorted(phrases - {""}),
            words=words,
            mixed=[f"{rng.choice(words)} {rng.choice(beside)}".strip() for _ in range(_MIXED)],
            values=frozenset(
                word for one in products for name in attributes for word in words_of(one[name])
            ),
        )

    def queries(self) -> list[str]:
        """Names and phrases, a phrase for each name."""
        phrases = self.phrases * (len(self.names) // max(len(self.phrases), 1) + 1)
        return [*self.names, *phrases[: len(self.names)]]


def _products(
    catalogue: Catalogue, attributes: Sequence[str], rows: NDArray[np.int64]
) -> list[Product]:
    columns = ["title", *attributes]
    table = catalogue.rows(columns).take(rows)
    values = [table[name].to_pylist() for name in columns]
    return [
        {name: str(value or "") for name, value in zip(columns, row, strict=True)}
        for row in zip(*values, strict=True)
    ]


def _some_words(name: str, rng: random.Random) -> str:
    kept = [word for word in name.split() if rng.random() > 0.4]
    return " ".join(kept) or name


def _phrase(values: Sequence[str], rng: random.Random) -> str:
    """Some of a product's values, mostly in their order, in small letters or as they are."""
    if not values:
        return ""
    chosen = sorted(rng.sample(range(len(values)), rng.randint(1, min(3, len(values)))))
    if rng.random() < 0.3:
        rng.shuffle(chosen)
    text = " ".join(values[place] for place in chosen)
    return text.lower() if rng.random() < 0.5 else text
