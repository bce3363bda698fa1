"""The words of a text in any of the languages that have a dictionary."""

from __future__ import annotations

import re

from twinset.text.text_folding import fold
from twinset.words.translation.devanagari import RUPEES, THOUSAND
from twinset.words.word_forms import MARKS, Token

NUMBER = "#"
# Scripts that are written without spaces: each sign is looked up as a word.
_SIGN = r"[\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]"
_NUMBER = r"\d+(?:[.,]\d+)*(?![^\W\d_]*\d)"
_PRICE = (
    rf"(?:[€$£¥₹]\s?|(?<!\w){RUPEES}\s?(?=\d))?{_NUMBER}"
    rf"(?:(?:\s?{THOUSAND})?(?:\s?{RUPEES})?(?![\w{MARKS}]))?"
)
_LETTERS = rf"(?:(?!{_SIGN})[^\W_])"
_TOKEN = re.compile(rf"(?P<price>{_PRICE})|{_SIGN}|{_LETTERS}+(?:[{MARKS}]{_LETTERS}*)*|[^\w\s]")


def foreign_tokens(text: str) -> list[Token]:
    """The words, signs and prices of a text in order; the key of a price is `NUMBER`.

    An apostrophe divides words, as in "d'oreilles".
    """
    return [
        Token(NUMBER if found["price"] else fold(found.group()), found.start(), found.end())
        for found in _TOKEN.finditer(text)
        if found.group().strip()
    ]
