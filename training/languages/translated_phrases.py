"""Phrases of colours and kinds in eleven languages, from two small tables beside this file.

The tables are for measuring alone: no word of theirs is trained on in another language than
English (`kept_out_words`). A row says which values of a
field its words stand for, so that an answer can be judged. Where adjectives are inflected, a
colour has several forms, divided by slashes: alone, before or behind a masculine plural, and
a feminine plural; a kind begins with its gender, `m:` or `f:`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "ru", "zh", "ja")
# Nobody looks for red perfume.
_COLOURLESS = frozenset({"perfume", "lipstick", "nail polish"})
_COLOUR_LAST = frozenset({"fr", "es", "it", "pt"})
_NO_SPACE = frozenset({"zh", "ja"})
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Word:
    """A colour or a kind: its `values` in a `field` of the catalogue, and its words by language."""

    field: str
    values: frozenset[str]
    words: Mapping[str, str]


@dataclass(frozen=True)
class Phrase:
    """One query in every language, with the colour and the kind that its words name."""

    colour: Word | None
    kind: Word | None
    texts: Mapping[str, str]


def read_words(name: str) -> list[Word]:
    """The rows of `kind_words.csv` or `colour_words.csv`."""
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        return [
            Word(row["field"], frozenset(row["values"].split(";")), {c: row[c] for c in LANGUAGES})
            for row in csv.DictReader(file)
        ]


def kept_out_words(code: str) -> frozenset[str]:
    """Every word of the tables in a language, in small letters, and each entry as a whole."""
    found: set[str] = set()
    for word in (*read_words("kind_words.csv"), *read_words("colour_words.csv")):
        for form in word.words[code].split("/"):
            noun = form.rpartition(":")[2].lower()
            found |= {noun, *re.split(r"[\s'-]+", noun)}
    return frozenset(found)


def all_phrases() -> Iterator[Phrase]:
    """Each kind, each colour, and each pair of them."""
    kinds, colours = read_words("kind_words.csv"), read_words("colour_words.csv")
    for kind in kinds:
        yield Phrase(None, kind, {code: _noun(kind, code)[1] for code in LANGUAGES})
    for colour in colours:
        yield Phrase(colour, None, {c: colour.words[c].split("/")[0] for c in LANGUAGES})
    for kind in kinds:
        for colour in colours if kind.words["en"] not in _COLOURLESS else ():
            yield Phrase(colour, kind, {code: _pair(colour, kind, code) for code in LANGUAGES})


def _pair(colour: Word, kind: Word, code: str) -> str:
    gender, noun = _noun(kind, code)
    forms = colour.words[code].split("/")
    adjective = forms[-1] if gender == "f" or len(forms) < 3 else forms[-2]
    parts = (noun, adjective) if code in _COLOUR_LAST else (adjective, noun)
    return ("" if code in _NO_SPACE else " ").join(parts)


def _noun(kind: Word, code: str) -> tuple[str, str]:
    gender, _, noun = kind.words[code].rpartition(":")
    return gender, noun
