"""A glossary of fashion words in ten languages, and the phrases that are made from it.

It teaches the head what the sentence encoder knows badly ("Krawatte", "spódnica"). A row holds
English words and their translations, alternatives divided by slashes. None of its entries is among
the words that the head is measured with (`translated_phrases.kept_out_words`): those are plurals
and inflected forms, these are singulars, other forms and synonyms.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.languages.translated_phrases import LANGUAGES

_FILE = Path(__file__).with_name("glossary.csv")
_NO_SPACE = frozenset({"zh", "ja"})
_PHRASES = 14  # of each foreign noun
KIND, COLOUR, ATTRIBUTE = "kind", "colour", "attribute"


@dataclass(frozen=True)
class Translation:
    """A text in another language, and what it is in English."""

    foreign: str
    english: str


@dataclass(frozen=True)
class Entry:
    """A row of the glossary in one language: English, and its translations."""

    role: str
    english: str
    foreign: tuple[str, ...]


def entries(code: str) -> list[Entry]:
    """The rows of the glossary that have a translation into a language."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [Entry(r["role"], r["en"], tuple(filter(None, r[code].split("/")))) for r in rows]
    return [entry for entry in found if entry.foreign]


def translations(seed: int = 0) -> list[Translation]:
    """Each entry alone, and nouns with colours and other attributes in either order."""
    rng = random.Random(seed)
    return [
        one
        for code in LANGUAGES[1:]
        for entry in entries(code)
        for one in _of_entry(entry, code, rng)
    ]


def _of_entry(entry: Entry, code: str, rng: random.Random) -> Iterator[Translation]:
    others = [one for one in entries(code) if one.role != KIND]
    for word in entry.foreign:
        yield Translation(word, entry.english)
        if not word.islower():
            yield Translation(word.lower(), entry.english)
        for _ in range(_PHRASES if entry.role == KIND else 0):
            beside = rng.sample(others, 1 if rng.random() < 0.75 else 2)
            foreign = [word, *(rng.choice(one.foreign) for one in beside)]
            rng.shuffle(foreign)
            text = ("" if code in _NO_SPACE else " ").join(foreign)
            english = " ".join([*(one.english for one in beside), entry.english])
            yield Translation(text if rng.random() < 0.5 else text.lower(), english)
