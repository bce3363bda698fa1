"""A query in the language of the catalogue itself: only the words between values become English.

The reader knows the catalogue's values, but negations, prices and sizes in English alone. So of
"chaussures sans cuir" in a French shop only "sans" is translated.
"""

from __future__ import annotations

from collections.abc import Sequence

from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.draft import MOST_WORDS
from twinset.words.query.gender_words import is_gender_word
from twinset.words.translation.dictionary import dictionary_of
from twinset.words.translation.foreign_tokens import NUMBER, foreign_tokens
from twinset.words.translation.translation import (
    APOSTROPHES,
    BEFORE,
    Piece,
    Translation,
    add,
    keep,
    longest,
)
from twinset.words.word_forms import AND, AND_SIGN, Token, is_hyphen

# What the reader understands in English whatever the language of the values is.
_BETWEEN_VALUES = frozenset(
    {"", "not", "no", "nor", "neither", "except", "without", "anything but", "or", "and", "but"}
    | {"for", "with", "in", "of", "cost", "size", "in stock", "colour"}
    | {"euro", "yuan", "yen", "zloty", "roubles", "dollars", "pounds", "rupees"}
)


def in_own_words(text: str, code: str, words: CatalogueWords) -> Translation | None:
    """A text whose words between values are English; its other words stay as they were typed.

    Another form of a value, "noire" of "Noir", is read as the value. None if the text names none.

    Example:
        >>> in_own_words("chaussures noires sans cuir", "fr", words).text
        'chaussures Noir without cuir'
    """
    tokens, dictionary = foreign_tokens(text), dictionary_of(code)
    pieces: list[Piece] = []
    place, names_value = 0, False
    while place < len(tokens):
        english, end = None, _end_of_value(tokens, place, words)
        if end is None:
            english, end = longest(tokens, place, dictionary)
            if not _is_grammar(english):
                english = _in_values(english, code, words)
                names_value = names_value or english is not None
        else:
            names_value = True
        if english is not None:
            add(text, tokens[place:end], english, pieces)
        else:
            for token in tokens[place:end]:
                keep(text, token, pieces)
        place = end
    said = Translation(text, tuple(piece for piece in pieces if piece.text), own_words=True)
    return said if names_value else None


def _end_of_value(tokens: Sequence[Token], place: int, words: CatalogueWords) -> int | None:
    """The token behind the longest value that is named from `place` on; None if none is."""
    said: list[str] = []
    best: int | None = None
    for end in range(place, min(len(tokens), place + 2 * MOST_WORDS)):
        token = tokens[end]
        if token.is_word:
            said.append(token.key)
            best = end + 1 if words.named(said) else best
        elif said and token.key == AND_SIGN:
            said.append(AND)
        elif not said or not (is_hyphen(token) or token.key in APOSTROPHES):
            break
        if len(said) == MOST_WORDS:
            break
    return best


def _is_grammar(english: str | None) -> bool:
    """True for English that the reader of any catalogue understands: prices, negations, sizes."""
    if english is None:
        return False
    between = english.removeprefix(BEFORE).strip() in _BETWEEN_VALUES
    return between or NUMBER in english or is_gender_word(english)


def _in_values(english: str | None, code: str, words: CatalogueWords) -> str | None:
    """The values that a phrase with this English names in other forms; None if it names none."""
    if english is None:
        return None
    whole = _value_of(english, code, words)
    parts = [_value_of(one, code, words) for one in english.split()]  # "Lederschuhe"
    return whole or (" ".join(filter(None, parts)) if all(parts) else None)


def _value_of(english: str, code: str, words: CatalogueWords) -> str | None:
    """The first value that words of the language with this English name; None if none is."""
    for form in dictionary_of(code).forms(english):
        for values in words.named(form).values():
            return values[0]
    return None
