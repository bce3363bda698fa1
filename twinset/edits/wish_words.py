"""How people say what should change, brought to words that catalogues and composers know."""

from __future__ import annotations

import re
from collections.abc import Mapping

from twinset.edits.title_patterns import pattern_in

_DEAR = r"(?:expensive|pricey|costly|dear)"
CHEAPER = re.compile(
    rf"\b(?:cheaper(?! than \W*\d)|less {_DEAR}|not (?:so|too|as|that|very) {_DEAR}"
    r"|cheap|more affordable|lower price[ds]?|costs? less|billiger|günstiger|preiswerter"
    r"|moins chers?|moins chères?|más barat[oa]s?|meno car[oaie]|goedkoper|taniej|дешевле)\b",
    re.I,
)
DEARER = re.compile(
    rf"\b(?:dearer|pricier|more {_DEAR}|higher price[ds]?|costs? more)\b(?! than \W*\d)", re.I
)
# Another lightness of the colour that is there; words as a reader leaves them.
STEP = re.compile(
    r"\b(?:darker|deeper|dark|(?P<lighter>lighter|brighter|paler|light|pale))\b", re.I
)
# What is there now: "black instead of white" asks for black.
_INSTEAD = re.compile(
    r"\b(?:instead of|rather than|in place of|statt)\b"
    r"(?:(?!\b(?:i|we|please|make|give|show|lieber)\b)[^,;.])+",
    re.I,
)
# "Less formal" asks for what is not.
_LESS = re.compile(r"\b(?:less|not (?:so|too|as|that|very))(?: much)? (?!than\b)(?=[^\W\d])", re.I)
_WITHOUT = re.compile(r"\b(?:without|no|minus)\s+(?:any\s+|the\s+)?([a-z]+)(?:\s+dots)?\b", re.I)
_UNWANTED = re.compile(
    r"\b(?:without|no|not|minus|non|never)[\s-]+(?:(?:any|the|a|an|in|with)\s+)*[^\W\d]+", re.I
)
# What people want who want a thing without something, as titles say it.
_LACKING: Mapping[str, str] = {
    "sleeve": "sleeveless",
    "sleeves": "sleeveless",
    "lace": "slip on",
    "laces": "slip on",
    "heel": "flat",
    "heels": "flat",
    "collar": "round neck",
    "pattern": "solid",
    "patterns": "solid",
    "strap": "strapless",
    "straps": "strapless",
}
_SOLID = "solid"


def plainly_said(text: str) -> str:
    """A wish without what it does not want, and "less" as "not".

    Example:
        >>> plainly_said("black instead of white, less formal")
        'black , not formal'
    """
    left = _INSTEAD.sub(" ", text)
    return _LESS.sub("not ", left if re.search(r"\w", left) else text).strip()


def with_lack(text: str) -> str:
    """A text whose "without sleeves" is "sleeveless", and "without stripes" is "solid"."""
    return _WITHOUT.sub(_lacking, text)


def without_negated(text: str) -> str:
    """A text without words that are negated, which a composer would read as wanted."""
    return _UNWANTED.sub(" ", text)


def _lacking(found: re.Match[str]) -> str:
    word = found[1].lower()
    if (pattern_in(word) or (_SOLID,))[0] != _SOLID:
        return _SOLID
    return _LACKING.get(word, found[0])
