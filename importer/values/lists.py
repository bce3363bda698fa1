"""Columns that hold several values of one product, such as tags and sizes."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from importer.column_stems import words_of

# Names whose values are lists in the exports of most systems, without case and punctuation.
LIST_NAMES = frozenset(
    [
        "tag",
        "tags",
        "label",
        "labels",
        "keyword",
        "keywords",
        "size",
        "sizes",
        "colours",
        "colors",
        "materials",
        "badges",
        "collections",
        "producttags",
        "collection",
        "schlagworte",
        "schlagwörter",
        "größen",
        "groessen",
        "etiquetas",
        "étiquettes",
        "taglie",
        "tailles",
    ]
)
# Sizes and tags by a word in the name: `Tailles disponibles`, `Size options`.
_LIST_WORDS = re.compile(
    r"\b(sizes?|groß(e|en)|gross?en?|groessen?|tailles?|tallas?|taglie|taglia|maat|maten|rozmiary?|"
    r"storlek(ar)?|storrelser?|tamanhos?|beden|velikost[ií]?|koko|koot|tags?|keywords?|schlagworte|etiquetas)\b|(ال)?مقاس(ات)?\b|وسوم|מידה|מידות|תגיות|μεγεθ|ετικετ|etiket|サイズ|사이즈|치수|尺码|尺寸|размер"
)
_SIZE = re.compile(r"[\w.½-]{1,6}( ?/ ?[\w.½-]{1,6}){2,}")  # S/M/L; S/M is one size
_DECIMAL_COMMA = re.compile(r"\d+,\d")
_SEPARATORS = ("|", ";", ",", "/")


class ListJudge:
    """Decides over a column whether its texts are lists, and what stands between the values.

    Columns with a usual name of lists, and those that the user names, need one value with a
    separator. Of the others only those that hold lists already, as JSON and Parquet can, are lists.
    """

    def __init__(self, name: str, forced: bool = False) -> None:
        plain = re.sub(r"[\W_]+", "", name).casefold()
        words = words_of(name)
        self.is_usual = forced or plain in LIST_NAMES or _LIST_WORDS.search(words) is not None
        self._forced = forced
        self._found: Counter[str] = Counter()
        self._native = False

    def add(self, value: Any) -> None:
        """Take one value of the column into account."""
        if isinstance(value, list):
            self._native = True
        if not isinstance(value, str) or not value.strip():
            return
        if value.startswith("[") and _is_json_list(value):
            self._native = True
            return
        if _DECIMAL_COMMA.fullmatch(value.strip()):
            return  # a half size, such as 42,5
        for separator in _SEPARATORS[:-1]:
            self._found[separator] += separator in value
        self._found["/"] += "/" in value and _SIZE.fullmatch(value.strip()) is not None

    @property
    def separator(self) -> str | None:
        """What stands between the values, or None if the column holds no lists."""
        best = max(_SEPARATORS, key=lambda one: self._found[one])
        if self.is_usual and (self._found[best] or self._native or self._forced):
            return best if self._found[best] else ","
        return (best if self._found[best] else ",") if self._native else None


def _is_json_list(text: str) -> bool:
    """True for texts in brackets and quotes, as the metafields of Shopify are: `["a", "b"]`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and all(isinstance(part, str) for part in found)


def split_list(value: Any, separator: str) -> list[str] | None:
    """The values of a list, without blanks and repeats; None if there are none.

    Takes lists, JSON arrays in text, and texts with the column's separator.
    """
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = value.strip().strip("[]")
    parts = value if isinstance(value, list) else str(value or "").split(separator)
    texts = (str(part).strip().strip("\"'") for part in parts if part is not None)
    return list(dict.fromkeys(text for text in texts if text)) or None
