"""Patterns as titles name them, for catalogues that have no field of patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np

from twinset.index.vector_index import Rows
from twinset.lexical.terms import terms_of
from twinset.lexical.word_index import Words

TITLE: Final = "title"
# Each pattern by the words that titles and shoppers use for it.
PATTERN_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "striped": ("striped", "stripe", "stripes", "stripey", "pinstripe"),
    "checked": ("checked", "check", "checks", "checkered", "chequered", "plaid", "gingham"),
    "floral": ("floral", "flower", "flowers", "flowery"),
    "polka dot": ("polka", "dotted", "dots", "spotted"),
    "printed": ("printed", "print", "prints", "graphic"),
    "solid": ("solid", "plain"),
}
_PATTERN_OF: Final = {word: name for name, words in PATTERN_WORDS.items() for word in words}


def pattern_in(text: str) -> tuple[str, str] | None:
    """The pattern that a text names and the word that names it; None if it names none.

    Example:
        >>> pattern_in("Blue Stripes Shirt")
        ('striped', 'Stripes')
    """
    for word in re.findall(r"\w+", text):
        if word.lower() in _PATTERN_OF:
            return _PATTERN_OF[word.lower()], word
    return None


def rows_of_pattern(words: Words, name: str) -> Rows:
    """The rows of items whose words name a pattern, ascending."""
    terms = {term for word in PATTERN_WORDS[name] for term in terms_of(word)}
    rows = [words.postings(term).rows for term in sorted(terms)]
    return np.unique(np.concatenate(rows)).astype(np.int64)
