"""Fitting the language detector on the words of each language, and on English queries of a shop.

A word is taught with the share that each language has in its use: "rose" is partly English,
"schwarz" is German. The shop's own texts are taught with slips of the keyboard, since a misspelt
English query must never be taken for another language.
"""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.languages.slips import slip
from training.languages.word_lists import frequent_words, looks_foreign, word_table
from twinset.languages.language_detector import (
    LanguageDetector,
    features_of,
    one_slip_away,
    words_of,
)
from twinset.words.synonyms.synonyms import default_lines

# Languages told apart by their letters alone need no training: `twinset.languages.scripts`.
_SPOKEN = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "tr")
_OTHERS = ("sv", "da", "nb", "fi", "cs", "hu", "ro", "id", "vi")
_OWN_LETTERS = ("ru", "uk", "bg", "ar", "fa", "ur")
CODES = (*_SPOKEN, *_OTHERS, *_OWN_LETTERS)


@dataclass(frozen=True)
class DetectorRecipe:
    """How the detector is fitted.

    `words` of each spoken language and `other_words` of each other one are taught, and
    `shop_queries` English texts. A word of the shop's names counts as English if it occurs
    `known_from` times, or if it looks foreign `brand_from` times.
    """

    words: int = 40_000
    other_words: int = 12_000
    shop_queries: int = 120_000
    known_from: int = 4
    brand_from: int = 40
    buckets: int = 2**17
    epochs: int = 3
    batch: int = 2048
    rate: float = 0.03
    most_english: float = 0.35
    known_share: float = 0.4
    slip_bonus: float = 4.0
    confusable_words: int = 40_000
    seed: int = 0


@dataclass(frozen=True)
class _Lessons:
    """Features of n texts, and the share (n, languages) that each language has in them."""

    features: list[NDArray[np.int32]]
    shares: NDArray[np.float32]


def fit_detector(
    english: Sequence[str], values: frozenset[str], recipe: DetectorRecipe
) -> LanguageDetector:
    """A detector for the languages of `CODES`.

    `english` are English queries of the shop's kind, names of products among them; `values` are
    words of the catalogue's values, which are English whatever another language makes of them.
    """
    counts = Counter(word for text in english for word in words_of(text))
    foreign = {
        word
        for word, count in counts.items()
        if word not in values and count < recipe.brand_from and looks_foreign(word, CODES[1:])
    }
    known = {word for word, count in counts.items() if count >= recipe.known_from} - foreign
    known |= values | _synonyms()
    lessons = _lessons(english, foreign, recipe)
    weights, bias = _fit(lessons, recipe)
    scale = float(np.quantile(np.abs(weights), 0.9999)) / 127
    return LanguageDetector(
        codes=CODES,
        weights=np.clip(np.rint(weights / scale), -127, 127).astype(np.int8),
        scale=scale,
        bias=bias,
        english=frozenset(known),
        most_english=recipe.most_english,
        known_share=recipe.known_share,
        slip_bonus=recipe.slip_bonus,
        foreign=confusable(known, recipe.confusable_words),
    )


def _synonyms() -> set[str]:
    """The words of the synonyms that come with Twinset."""
    return {word for line in default_lines() for word in words_of(line)}


def confusable(english: Set[str], count: int) -> frozenset[str]:
    """Words of the spoken languages, among the `count` most frequent of each, that are one slip
    away from an English word: "bleu", "noir", "Jacken"."""
    words = {word for code in _SPOKEN[1:] for word in frequent_words(code, count)} - english
    return frozenset(
        word for word in words if one_slip_away(word, english) and looks_foreign(word, _SPOKEN[1:])
    )


def _lessons(english: Sequence[str], foreign: set[str], recipe: DetectorRecipe) -> _Lessons:
    rng = random.Random(recipe.seed)
    spoken = [recipe.words] * len(_SPOKEN)
    others = [recipe.other_words] * (len(CODES) - len(_SPOKEN))
    table = word_table(CODES, [*spoken, *others])
    texts, places = list(table.words), list(range(len(table.words)))
    taught = set(texts)
    for place, word in enumerate(table.words):
        if not word.isascii() and (bare := _without_marks(word)) not in taught:
            texts.append(bare)
            places.append(place)
    queries: list[str] = []
    while len(queries) < recipe.shop_queries:
        words = [word for word in words_of(rng.choice(english)) if word not in foreign]
        if words:
            text = " ".join(words)
            queries.append(slip(text, rng) if rng.random() < 0.5 else text)
    shares = np.zeros((len(queries), len(CODES)), np.float32)
    shares[:, 0] = 1.0
    known: dict[str, list[int]] = {}
    features = [_features(text, recipe.buckets, known) for text in [*texts, *queries]]
    return _Lessons(features, np.concatenate([table.shares[places], shares]))


def _without_marks(text: str) -> str:
    """What people type who leave accents and umlauts out."""
    parts = unicodedata.normalize("NFD", text.replace("ß", "ss").replace("ł", "l"))
    return unicodedata.normalize("NFC", "".join(c for c in parts if not unicodedata.combining(c)))


def _features(text: str, buckets: int, known: dict[str, list[int]]) -> NDArray[np.int32]:
    found: list[int] = []
    for word in words_of(text):
        if word not in known:
            known[word] = list(features_of(word, buckets))
        found += known[word]
    return np.array(found, np.int32)


def _fit(
    lessons: _Lessons, recipe: DetectorRecipe
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The weights (buckets, languages) and the bias of a linear model."""
    torch.manual_seed(recipe.seed)
    weights = nn.Embedding(recipe.buckets, len(CODES), sparse=True)
    nn.init.zeros_(weights.weight)
    bias = nn.Parameter(torch.zeros(len(CODES)))
    optimisers = (
        torch.optim.SparseAdam(weights.parameters(), recipe.rate),
        torch.optim.Adam([bias], recipe.rate),
    )
    draw = np.random.default_rng(recipe.seed)
    sizes = np.array([len(row) for row in lessons.features])
    for _ in range(recipe.epochs):
        order = draw.permutation(len(sizes))
        for start in range(0, len(order), recipe.batch):
            batch = order[start : start + recipe.batch]
            flat = torch.from_numpy(np.concatenate([lessons.features[place] for place in batch]))
            offsets = torch.from_numpy((np.cumsum(sizes[batch]) - sizes[batch]).astype(np.int32))
            logits = nn.functional.embedding_bag(
                flat, weights.weight, offsets, mode="sum", sparse=True
            )
            wanted = torch.from_numpy(lessons.shares[batch])
            loss = nn.functional.cross_entropy(logits + bias, wanted)
            for optimiser in optimisers:
                optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            for optimiser in optimisers:
                optimiser.step()  # type: ignore[no-untyped-call]
    return weights.weight.detach().numpy(), bias.detach().numpy().astype(np.float32)
