"""A small dictionary from ten and more languages to the English that shoppers type.

`dictionary.csv` has a row for each English word or phrase and a column for each language, with
alternatives between slashes. Words are compared by their stems (Snowball), so a row names one form
of each. In an entry `#` stands for a price, so that "do" is "for" but "do 50" is "up to 50"; in
English `<` before a word moves it before what was read last, since "黒以外" puts "except" behind.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA

from twinset.text.text_folding import fold, without_accents
from twinset.words.translation.devanagari import in_one_spelling
from twinset.words.translation.foreign_tokens import NUMBER, foreign_tokens
from twinset.words.word_forms import stem

_FILE = Path(__file__).with_name("dictionary.csv")
_STEMMERS: Mapping[str, str] = {
    "de": "german",
    "fr": "french",
    "hi": "hindi",
    "es": "spanish",
    "it": "italian",
    "nl": "dutch",
    "pl": "polish",
    "pt": "portuguese",
    "ru": "russian",
}
# Languages that write compounds in one word: "Lederjacke", "zomerjurk".
_COMPOUNDING: Mapping[str, tuple[str, ...]] = {
    "de": ("", "s", "n", "en", "es", "e", "er"),
    "nl": ("", "s", "e", "en"),
}
_TYPED_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_LEAST_PART = 3  # letters of each part of a compound
_LEAST_COMPOUND = 7
_LEAST_STEM = 2  # signs: "की" and "का" have one in common, and mean nothing
_LEAST_SLIP = 5  # letters of a word that may be misspelt
Key = tuple[str, ...]


@dataclass(frozen=True)
class Dictionary:
    """The words of one language, each with its English.

    Example:
        >>> dictionary_of("de").english(["schwarze"])
        'black'
    """

    code: str
    _entries: Mapping[Key, str] = field(default_factory=dict)
    _written: frozenset[str] = frozenset()  # single words without their accents
    _forms: Mapping[str, Sequence[Key]] = field(default_factory=dict)  # as written, by English
    longest: int = 0  # words of its longest entry; signs of Chinese and Japanese are words

    @classmethod
    def of(cls, code: str, rows: Sequence[tuple[str, str]]) -> Dictionary:
        """A dictionary of rows of English and its translations, divided by slashes."""
        entries: dict[Key, str] = {}
        keyed = [
            (keys, english)
            for english, foreign in rows
            for entry in filter(None, foreign.split("/"))
            for keys in [list(_keys(code, _words(entry)))]
        ]
        # A word as it is written comes before another word of the same stem.
        for level in range(max((len(keys) for keys, _ in keyed), default=0)):
            for keys, english in keyed:
                if level < len(keys):
                    entries.setdefault(keys[level], english)
        forms: dict[str, list[Key]] = {}
        for keys, english in keyed:
            forms.setdefault(english, []).append(keys[0])
        written = {_spelling_of(code)(keys[0][0]) for keys, _ in keyed if len(keys[0]) == 1}
        return cls(code, entries, frozenset(written), forms, max(map(len, entries), default=0))

    def english(self, words: Sequence[str]) -> str | None:
        """The English of folded words, "" if they say nothing; None if they are not known."""
        for key in _keys(self.code, words):
            found = self._entries.get(key)
            if found is not None:
                return found
        return self._compound(words[0]) if len(words) == 1 else None

    def forms(self, english: str) -> Sequence[Key]:
        """The words, folded, that the rows of some English hold: "noir" and "noire" of "black"."""
        return self._forms.get(english, ())

    def writes(self, word: str) -> bool:
        """True if a row holds just this folded word as it is, its accents aside."""
        return _spelling_of(self.code)(word) in self._written

    def nearest(self, word: str) -> str | None:
        """The English of a word that is one slip of the keyboard away; None if none is."""
        if len(word) < _LEAST_SLIP or self.code not in _STEMMERS:
            return None
        found = process.extractOne(word, self._single, scorer=OSA.distance, score_cutoff=1)
        return None if found is None else self._entries[(found[0],)]

    @cached_property
    def _single(self) -> list[str]:
        """The words that a misspelt one is compared with."""
        return [key[0] for key in self._entries if len(key) == 1 and len(key[0]) >= _LEAST_SLIP]

    def _compound(self, word: str) -> str | None:
        """The English of a compound of two known words, the longest last one."""
        links = _COMPOUNDING.get(self.code, ()) if len(word) >= _LEAST_COMPOUND else ()
        for place in range(_LEAST_PART, len(word) - _LEAST_PART + 1) if links else ():
            head = self._word(word[place:])
            if not head:
                continue
            for link in links:
                first = self._word(word[:place].removesuffix(link)) if link else None
                first = first or self._word(word[:place])
                if first:
                    return f"{first} {head}"
        return None

    def _word(self, word: str) -> str | None:
        """The English of a part of a compound."""
        if len(word) < _LEAST_PART:
            return None
        return next(
            (self._entries[k] for k in _keys(self.code, [word]) if k in self._entries), None
        )


def _keys(code: str, words: Sequence[str]) -> Iterator[Key]:
    """What words are looked up by, as they are written first and by their stems last."""
    if code == "ru":
        words = tuple(map(in_cyrillic, words))
    yield tuple(words)
    if code not in _STEMMERS:
        return
    spelled = _spelling_of(code)
    bare = tuple(map(spelled, words))
    yield bare
    if code == "de":
        yield tuple(word.translate(_TYPED_UMLAUTS) for word in words)
    yield tuple(spelled(_stem(code, word)) for word in words)
    yield tuple(_stem(code, word) for word in bare)
    yield tuple(map(stem, bare))  # "bleus", which Snowball does not bring to "bleu"


def _words(entry: str) -> list[str]:
    """The words of an entry, `NUMBER` among them."""
    return [one.key for one in foreign_tokens(entry) if one.is_word or one.key == NUMBER]


@lru_cache(4096)
def in_cyrillic(word: str) -> str:
    """A Russian word that was typed in Latin letters, "tufli", in Cyrillic ones; others as they
    are."""
    if not word.isascii() or not word.isalpha():
        return word
    for latin, letters in _cyrillic():
        word = word.replace(latin, letters)
    return word


@cache
def _cyrillic() -> list[tuple[str, str]]:
    """Latin letters and the Cyrillic ones for them, several before those that they begin with."""
    text = _FILE.with_name("cyrillic.txt").read_text(encoding="utf-8")
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return [(latin, letters) for latin, letters in lines]


def _spelling_of(code: str) -> Callable[[str], str]:
    """What makes one of a word's spellings; the vowels of Hindi are marks and stay."""
    return in_one_spelling if code == "hi" else _bare


def _bare(word: str) -> str:
    return without_accents(word).replace("ł", "l")


@lru_cache(4096)
def _stem(code: str, word: str) -> str:
    found = str(_stemmer(code).stemWord(word))
    return found if len(found) >= _LEAST_STEM else word


@cache
def _stemmer(code: str) -> Any:
    return snowballstemmer.stemmer(_STEMMERS[code])


@cache
def _rows() -> list[dict[str, str]]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def languages_translated() -> tuple[str, ...]:
    """The codes of the languages that have a dictionary."""
    return tuple(code for code in _rows()[0] if code != "en")


@cache
def dictionary_of(code: str) -> Dictionary:
    """The dictionary of a language; empty if there is none."""
    if code not in languages_translated():
        return Dictionary(code)
    return Dictionary.of(code, [(fold(row["en"]), row[code]) for row in _rows()])
