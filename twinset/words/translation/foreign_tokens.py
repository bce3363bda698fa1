"""The words of a text in any of the languages that have a dictionary."""

from __future__ import annotations

import re

from twinset.text.text_folding import fold
from twinset.words.word_forms import Token

NUMBER = "#"
# Scripts that are written without spaces: each sign is looked up as a word.
_SIGN = r"[\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]"
_PRICE = r"(?:[€$£¥₹]\s?)?\d+(?:[.,]\d+)*"
_TOKEN = re.compile(rf"{_PRICE}(?![^\W\d_]*\d)|{_SIGN}|(?:(?!{_SIGN})[^\W_])+|[^\w\s]")
_DIGIT = re.compile(r"\d")


def foreign_tokens(text: str) -> list[Token]:
    """The words, signs and prices of a text in order; the key of a price is `NUMBER`.

    An apostrophe divides words, as in "d'oreilles".
    """
    return [
        Token(_key(found.group()), found.start(), found.end())
        for found in _TOKEN.finditer(text)
        if found.group().strip()
    ]


def _key(text: str) -> str:
    is_price = _DIGIT.search(text) and not any(sign.isalpha() for sign in text)
    return NUMBER if is_price else fold(text)
