"""How often words occur in each language, from the package wordfreq.

The lists are CC BY-SA 4.0 (Robyn Speer, wordfreq 3.1); what is trained on them holds none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import wordfreq
from numpy.typing import NDArray

from twinset.languages.language_detector import words_of

_FAR_MORE = 5
_SELDOM = 3e-7  # below this frequency lists are noise


@dataclass(frozen=True)
class WordTable:
    """Words of several languages; `shares` (n, languages): who uses a word, which adds up to 1."""

    words: list[str]
    shares: NDArray[np.float32]


def frequent_words(code: str, count: int) -> list[str]:
    """The most frequent words of a language, letters alone, most frequent first."""
    listed = wordfreq.top_n_list(code, 2 * count)
    return [word for word in listed if words_of(word) == [word]][:count]


def word_table(codes: Sequence[str], counts: Sequence[int]) -> WordTable:
    """The most frequent words of each language, `counts` of them, with their shares."""
    listed = zip(codes, counts, strict=True)
    words = sorted({w for code, count in listed for w in frequent_words(code, count)})
    shares = np.zeros((len(words), len(codes)), np.float32)
    for place, code in enumerate(codes):
        known = wordfreq.get_frequency_dict(code, "best")
        shares[:, place] = [known.get(word, 0.0) for word in words]
    return WordTable(words, shares / np.maximum(shares.sum(1, keepdims=True), 1e-12))


def looks_foreign(word: str, codes: Sequence[str]) -> bool:
    """True if one of these languages uses the word far more often than English does.

    Names of products are full of such words ("Nero", "Blanc"), which say nothing about a query.
    """
    english = wordfreq.word_frequency(word, "en")
    other = max(wordfreq.word_frequency(word, code) for code in codes)
    return bool(other > max(_FAR_MORE * english, _SELDOM))
