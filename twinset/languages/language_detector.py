"""Which language a query is in: made for a few words, brands and slips of the keyboard among them.

Libraries for this task are made for sentences; see docs/model.md for how they compare. A linear
model of letter groups decides, and only where a word is not one of the English words that the
encoder knows. A text is held to be English unless the model is sure that it is not.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twinset.errors import InvalidInput
from twinset.languages.language import ENGLISH
from twinset.languages.scripts import languages_of_script
from twinset.text.text_folding import plain

_WORD = re.compile(r"[^\W\d_]+")
_LONGEST = 4  # letters of a group
_MOST_WORDS = 40  # of a text; more do not change the verdict
_MOST_LETTERS = 24  # of a word
_SLIP_LETTERS = range(4, 16)  # of a word that may be a misspelt one
_BESIDE_ENGLISH = 0.02
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def words_of(text: str) -> list[str]:
    """The words of a text in small letters, without digits, signs and lone Latin letters."""
    found = _WORD.findall(plain(text).lower())[:_MOST_WORDS]
    return [word for word in found if len(word) > 1 or not word.isascii()]


def features_of(word: str, buckets: int) -> Iterator[int]:
    """Buckets (below `buckets`) of a word's letter groups, its edges marked, and of all of it."""
    marked = f"<{word[:_MOST_LETTERS]}>"
    for length in range(1, _LONGEST + 1):
        for start in range(len(marked) - length + 1):
            yield zlib.crc32(marked[start : start + length].encode()) % buckets
    yield zlib.crc32(f"={word}".encode()) % buckets


def one_slip_away(word: str, words: Set[str]) -> bool:
    """True if one letter left out, added, replaced or swapped makes the word one of `words`."""
    if len(word) not in _SLIP_LETTERS:
        return False
    parts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    return (
        any(start + end[1:] in words for start, end in parts)
        or any(start + end[1::-1] + end[2:] in words for start, end in parts)
        or any(start + letter + end in words for start, end in parts for letter in _LETTERS)
        or any(start + letter + end[1:] in words for start, end in parts for letter in _LETTERS)
    )


@dataclass(frozen=True)
class LanguageDetector:
    """A linear model over the letter groups of a text's words.

    `codes` (c,) names the languages, English first; `weights` (buckets, c) int8 are multiplied by
    `scale`; `bias` (c,). A text of words in `english` alone is English whatever the model says;
    beside other words they count by `known_share`, since people of every language write "jeans".
    A word one slip away from them adds `slip_bonus` to the logit of English, unless it is one of
    `foreign`, words that another language does use.
    Another language is named only if English is less likely than `most_english`, and far less
    likely than that if one of its words is English.
    """

    codes: tuple[str, ...]
    weights: NDArray[np.int8]
    scale: float
    bias: NDArray[np.float32]
    english: frozenset[str]
    most_english: float
    known_share: float = 1.0
    slip_bonus: float = 0.0
    foreign: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        count = len(self.codes)
        if self.weights.shape[1:] != (count,) or self.bias.shape != (count,):
            raise InvalidInput("The language detector's parts do not fit each other.")
        if not self.codes or self.codes[0] != ENGLISH.code:
            raise InvalidInput("The language detector's first language is not English.")

    def find(self, text: str) -> tuple[str, float]:
        """The language of a text, and its probability."""
        allowed = languages_of_script(text)
        if len(allowed) == 1:
            return allowed[0], 1.0
        words = words_of(text)
        if not allowed and self.english.issuperset(words):
            return ENGLISH.code, 1.0
        chances = self.chances(words)
        if allowed:
            places = [self.codes.index(code) for code in allowed]
            chances = np.where(np.isin(np.arange(len(chances)), places), chances, 0)
            chances = chances / chances.sum()
        elif chances[0] >= self._most_english(words):
            return ENGLISH.code, float(chances[0])
        else:
            chances[0] = 0.0
        best = int(chances.argmax())
        return self.codes[best], float(chances[best])

    def _most_english(self, words: list[str]) -> float:
        """Brands look like words of some language: beside English the model has to be surer."""
        return self.most_english if self.english.isdisjoint(words) else _BESIDE_ENGLISH

    def chances(self, words: list[str]) -> NDArray[np.float64]:
        """The probability of each language, (c,), by the model alone."""
        known = [word for word in words if word in self.english]
        others = [word for word in words if word not in self.english]
        logits = self._sum(others) + self.known_share * self._sum(known) + self.bias
        if self.slip_bonus:
            unsure = [word for word in others if word not in self.foreign]
            slips = sum(one_slip_away(word, self.english) for word in unsure)
            logits[0] += self.slip_bonus * slips
        chances = np.exp(logits - logits.max())
        return np.asarray(chances / chances.sum(), np.float64)

    def _sum(self, words: list[str]) -> NDArray[np.float64]:
        buckets = len(self.weights)
        found = [feature for word in words for feature in features_of(word, buckets)]
        total = self.weights[found].sum(axis=0, dtype=np.int64)
        return np.asarray(total * self.scale, np.float64)
