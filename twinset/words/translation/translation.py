"""A query in another language, read in English as far as a dictionary knows its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twinset.words.translation.devanagari import amount_in_english
from twinset.words.translation.dictionary import Dictionary
from twinset.words.translation.foreign_tokens import NUMBER, foreign_tokens
from twinset.words.word_forms import Token, is_hyphen

APOSTROPHES = frozenset("'\u2019")
_STOPS = frozenset(",;:!?.")
_HIRAGANA = frozenset(map(chr, range(0x3041, 0x3097)))
BEFORE = "<"  # English that goes before what was read last


@dataclass(frozen=True)
class Piece:
    """Characters `start` to `end` of a typed text, and how they read in English."""

    start: int
    end: int
    text: str
    known: bool = True


@dataclass(frozen=True)
class Translation:
    """A `typed` text in English: its pieces in English order, those that say nothing left out.

    If only its `own_words` are left, these are to be compared as they were typed.

    Example:
        >>> translate("schwarze Schuhe unter 50 Euro", dictionary_of("de")).text
        'black shoes under 50 euro'
    """

    typed: str
    pieces: tuple[Piece, ...]
    own_words: bool = False

    @property
    def text(self) -> str:
        """The text in English; words that the dictionary lacks stay as they were typed."""
        return " ".join(piece.text for piece in self.pieces)

    @property
    def unread(self) -> tuple[str, ...]:
        """The words that the dictionary lacks."""
        return tuple(piece.text for piece in self.pieces if not piece.known)

    @property
    def says_something(self) -> bool:
        """True if the dictionary knows a word that means something."""
        return any(piece.known and piece.text[0].isalpha() for piece in self.pieces)

    def typed_words(self, start: int, end: int) -> str:
        """What was typed for the characters from `start` to before `end` of `text`."""
        place, held = 0, list[Piece]()
        for piece in self.pieces:
            if place < end and place + len(piece.text) > start:
                held.append(piece)
            place += len(piece.text) + 1
        if not held:
            return ""
        return self.typed[min(p.start for p in held) : max(p.end for p in held)]


def translate(
    text: str, dictionary: Dictionary, is_known: Callable[[str], bool] | None = None
) -> Translation:
    """Read a text in the language of a dictionary, the longest known phrases first.

    Given `is_known`, a word one slip of the keyboard away from the dictionary's is read as that,
    unless it is known, as a brand is.
    """
    tokens = foreign_tokens(text)
    pieces: list[Piece] = []
    place = 0
    while place < len(tokens):
        english, end = longest(tokens, place, dictionary)
        word = tokens[place].key
        if english is None and is_known and tokens[place].is_word and not is_known(word):
            english = dictionary.nearest(word)
        if english is None or not _stands_alone(tokens, place, end, pieces):
            keep(text, tokens[place], pieces)
            place += 1
        else:
            add(text, tokens[place:end], english, pieces)
            place = end
    return Translation(text, tuple(piece for piece in pieces if piece.text))


def longest(tokens: Sequence[Token], place: int, dictionary: Dictionary) -> tuple[str | None, int]:
    """The English of the longest known phrase that begins at `place`, and the token behind it."""
    words: list[str] = []
    best: tuple[str | None, int] = None, place + 1
    for end in range(place, len(tokens)):
        token = tokens[end]
        if token.is_word or token.key == NUMBER:
            words.append(token.key)
            english = dictionary.english(words)
            best = best if english is None else (english, end + 1)
        elif not words or not (is_hyphen(token) or token.key in APOSTROPHES):
            break
        if len(words) == dictionary.longest:
            break
    return best


def _stands_alone(tokens: Sequence[Token], place: int, end: int, pieces: Sequence[Piece]) -> bool:
    """False for a sign of Japanese that is a particle between words, but here is part of one."""
    sign = tokens[place].key
    if end - place > 1 or sign not in _HIRAGANA:
        return True
    after = tokens[end].key if end < len(tokens) else ""
    return bool(pieces) and pieces[-1].known and after not in _HIRAGANA


def add(text: str, tokens: Sequence[Token], english: str, pieces: list[Piece]) -> None:
    """Read tokens of a text as English, in which each `NUMBER` stands for the next number."""
    numbers = (text[one.start : one.end].strip() for one in tokens if one.key == NUMBER)
    for number in numbers:
        english = english.replace(NUMBER, amount_in_english(number), 1)
    piece = Piece(tokens[0].start, tokens[-1].end, english.removeprefix(BEFORE).strip())
    if english.startswith(BEFORE) and pieces:
        pieces.insert(len(pieces) - 1, piece)
    else:
        pieces.append(piece)


def keep(text: str, token: Token, pieces: list[Piece]) -> None:
    """Leave a word, a number or a sign as it is, together with what it was typed together with."""
    typed, known = text[token.start : token.end].strip(), not token.is_word
    last = pieces[-1] if pieces and token.key not in _STOPS else None
    if last is not None and last.end == token.start and last.text == text[last.start : last.end]:
        pieces[-1] = Piece(last.start, token.end, last.text + typed, last.known and known)
    elif not (last is not None and last.end == token.start and is_hyphen(token)):
        pieces.append(Piece(token.start, token.end, typed, known))
