"""Words as the words of a catalogue and of a query are compared: folded, and by their stems.

Plurals fall together ("dress", "dresses"), and so do spellings with a hyphen, a space or neither
("t-shirt", "T shirt", "tshirt"), because a phrase is looked up by its letters without the gaps.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twinset.text.text_folding import fold

# Signs of Devanagari words that `\w` does not know: vowels, nasals, the dot below, half letters.
MARKS = r"\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u200c\u200d"
_TOKEN = re.compile(rf"[^\W_]+(?:['\u2019][^\W_]+|[{MARKS}][^\W_]*)*|[^\w\s]")
_APOSTROPHE = re.compile(r"['\u2019]")
AND, AND_SIGN = "and", "&"
_HYPHENS = frozenset("-\u2010\u2011\u2013\u2014/")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign of a text: `key` is its folded form, `start` and `end` are its place."""

    key: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return self.key[0].isalnum()


def tokens(text: str) -> list[Token]:
    """The words and signs of a text in order; "men's" is one word, its key "mens"."""
    return [
        Token(_APOSTROPHE.sub("", fold(found.group())) or found.group(), found.start(), found.end())
        for found in _TOKEN.finditer(text)
    ]


def words_of(text: str) -> list[str]:
    """The folded words of a text, without signs."""
    return [token.key for token in tokens(text) if token.is_word]


def name_words(text: str) -> list[str]:
    """The folded words of a name, whose "&" is a word too: "H&M" and "Marks and Spencer"."""
    return words_of(text.replace(AND_SIGN, f" {AND} "))


def stem(word: str) -> str:
    """A folded word without its plural's ending; short words stay as they are."""
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    if len(word) > 4 and word.endswith(("ies", "ie")):  # "hoodies" and "hoodie"
        return word.removesuffix("s")[:-2] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word


def stems_of(text: str) -> tuple[str, ...]:
    """The stems of a text's words, in order."""
    return tuple(map(stem, words_of(text)))


def joined(words: Iterable[str]) -> str:
    """The key of a phrase of folded words: stems without gaps.

    Example:
        >>> joined(["flip", "flops"]) == joined(["flipflops"])
        True
    """
    return "".join(map(stem, words))


def is_hyphen(token: Token) -> bool:
    """True for a sign that may stand inside of a compound word."""
    return token.key in _HYPHENS


def phrase_words(phrase: Sequence[Token]) -> list[str] | None:
    """The words of consecutive tokens if only hyphens stand between them, else None; "&" is the
    word "and"."""
    if not phrase or not phrase[0].is_word or not phrase[-1].is_word:
        return None
    words: list[str] = []
    for token in phrase:
        if token.is_word:
            words.append(token.key)
        elif token.key == AND_SIGN:
            words.append(AND)
        elif token.key not in _HYPHENS:
            return None
    return words


def stands_in_phrase(token: Token) -> bool:
    """True for what is a word of a phrase: a word, or the sign for "and"."""
    return token.is_word or token.key == AND_SIGN
