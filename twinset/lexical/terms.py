"""The terms of a text: what an inverted index holds of a field, and looks up for a query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from twinset.text.text_folding import fold, without_accents
from twinset.words.word_forms import MARKS, stem

# A word, or several that a mark ties together: "t-shirt", "men's", "h&m", "3/4", "u.s".
_LETTERS = rf"[^\W_]+(?:[{MARKS}][^\W_]*)*"
_WORD = re.compile(rf"{_LETTERS}(?:['\u2019&./+-]{_LETTERS})*")
_PART = re.compile(_LETTERS)
_POSSESSIVE = re.compile(r"['\u2019]s\b")
# Scripts that are written without spaces: Chinese, Japanese, Korean.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_SHORT = 2


@lru_cache(4096)
def terms_of(text: str) -> tuple[str, ...]:
    """The distinct terms of a field's value, in their order.

    A compound gives itself in one piece and its parts: "t-shirt" is "tshirt" and "shirt". Text
    without spaces gives its pairs of characters.

    Example:
        >>> terms_of("Women's T-shirts")
        ('women', 'tshirt', 'shirt')
    """
    found: dict[str, None] = {}
    for word in _words(text):
        parts = _PART.findall(word)
        if len(parts) == 1:
            found.update(dict.fromkeys(_pieces(word)))
            continue
        found[stem("".join(parts))] = None
        for part in parts:
            if len(part) >= _SHORT:
                found.update(dict.fromkeys(_pieces(part)))
    return tuple(found)


def query_terms(text: str, is_known: Callable[[str], bool]) -> list[str]:
    """The distinct terms to look up for a query, in their order.

    A compound is looked up in one piece if some item has it, else by its parts. Two words that are
    one in the catalogue are looked up as one if a part is short or in no item: "t shirt".
    """
    words: list[str] = []
    for word in _words(text):
        parts = _PART.findall(word)
        whole = stem("".join(parts))
        if len(parts) == 1 or is_known(whole):
            words += _pieces(whole) if _UNSPACED.search(whole) else [whole]
        else:
            words += [stem(part) for part in parts]
    return list(dict.fromkeys(_joined(words, is_known)))


def code_of(text: str) -> str:
    """A code as it is compared: letters and digits alone, in any case; "" if there are none."""
    return "".join(_PART.findall(without_accents(fold(text))))


def _words(text: str) -> list[str]:
    return _WORD.findall(_POSSESSIVE.sub("", without_accents(fold(text))))


def _pieces(word: str) -> list[str]:
    """The word itself, or the pairs of characters of a script without spaces."""
    if not _UNSPACED.search(word):
        return [stem(word)]
    pieces: list[str] = []
    start = 0
    for run in _UNSPACED.finditer(word):
        if word[start : run.start()]:
            pieces.append(stem(word[start : run.start()]))
        run_text, start = run.group(), run.end()
        pairs = [run_text[i : i + 2] for i in range(len(run_text) - 1)]
        pieces += pairs or [run_text]
    if word[start:]:
        pieces.append(stem(word[start:]))
    return pieces


def _joined(words: list[str], is_known: Callable[[str], bool]) -> Iterator[str]:
    place = 0
    while place < len(words):
        pair = words[place : place + 2]
        loose = len(pair) == 2 and any(len(w) <= _SHORT or not is_known(w) for w in pair)
        if loose and is_known("".join(pair)):
            yield "".join(pair)
            place += 2
        else:
            yield words[place]
            place += 1
