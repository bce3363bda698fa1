"""Values that a query does not want: "shoes not black", "non-leather bag", "without stripes".

An encoder reads "not black" as something about black. So the values that follow a negation are
taken out of the words and become a filter. They are the catalogue's own values, whatever its
fields are; a negation of anything else stays in the words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from twinset.columns import Columns
from twinset.filters import quote_name, quote_value
from twinset.text.text_folding import fold

# Fields of free text, and of nearly one value an item: nobody negates these.
_NOT_NEGATED = frozenset({"id", "group_id", "title", "description", "link", "image_path"})
_MOST_VALUES = 400
_MOST_WORDS = 3
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*|[^\w\s]")
_NEGATIONS = frozenset({"not", "no", "without", "except", "excluding", "minus"})
_MAY_NEGATE = re.compile(rf"\b({'|'.join(_NEGATIONS | {'non', 'but'})})\b", re.IGNORECASE)
_JOINS = frozenset({"or", "and", "nor", ","})
# What leads to a negation and goes with it: "anything but black", "but not red".
_LEADS = frozenset({"but", "anything", "any", "colour", "color", "in"})


@dataclass(frozen=True)
class Unwanted:
    """Values of a field that a query does not want, and the words that said so."""

    field: str
    values: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Understood:
    """A query without its negations, and what these were of; `words` may be empty.

    Example:
        >>> words = CatalogueWords.of(columns)
        >>> without_negations("shoes not black", words).unwanted[0].values
        ('Black',)
    """

    words: str
    unwanted: tuple[Unwanted, ...] = ()

    @property
    def filter(self) -> str | None:
        """A filter that leaves the unwanted values out; None if there are none.

        An item without a value of the field stays: nothing says that it is unwanted.
        """
        parts = [
            f"NOT {quote_name(one.field)} IN [{', '.join(map(quote_value, one.values))}]"
            for one in self.unwanted
        ]
        return " AND ".join(parts) or None


class CatalogueWords:
    """The values of a catalogue's fields by the words that they hold."""

    def __init__(self, values: Iterable[tuple[str, str]]) -> None:
        self._values = [(field, value, frozenset(_stems(value))) for field, value in values]

    @classmethod
    def of(cls, columns: Columns) -> CatalogueWords:
        """The values of every field of text that has few enough to choose from."""
        found: list[tuple[str, str]] = []
        for name in columns:
            if name in _NOT_NEGATED:
                continue
            vocabulary = columns[name].vocabulary
            if vocabulary is not None and len(vocabulary) <= _MOST_VALUES:
                found += [(name, vocabulary[code]) for code in range(len(vocabulary))]
        return cls(found)

    def of_words(self, words: Sequence[str]) -> dict[str, list[str]]:
        """The values, by field, that hold all of these words: "blue" also means "Navy Blue".

        A field counts only if one of its values is just these words.
        """
        wanted = frozenset(stem for word in words for stem in _stems(word))
        if not wanted:
            return {}
        exact = {field for field, _, stems in self._values if stems == wanted}
        found: dict[str, list[str]] = {}
        for field, value, stems in self._values:
            if field in exact and stems >= wanted:
                found.setdefault(field, []).append(value)
        return found


def may_negate(text: str) -> bool:
    """True if a word of the query may be a negation, so that the catalogue's values matter."""
    return _MAY_NEGATE.search(text) is not None


def without_negations(text: str, words: CatalogueWords) -> Understood:
    """Take the negated values out of a query; see the module for what counts."""
    spans = [(one.group(), one.start(), one.end()) for one in _TOKEN.finditer(text)]
    tokens = [fold(token) for token, _, _ in spans]
    unwanted: list[Unwanted] = []
    cut: list[tuple[int, int]] = []
    place = 0
    while place < len(tokens):
        start = _after_negation(tokens, place)
        found, end = ([], place) if start is None else _values_after(tokens, start, words)
        if not found:
            place += 1
            continue
        while place > 0 and tokens[place - 1] in _LEADS:
            place -= 1
        first, last = spans[place][1], spans[end - 1][2]
        said = text[first:last]
        unwanted += [Unwanted(field, tuple(values), said) for field, values in found]
        cut.append((first, last))
        place = end
    if not cut:
        return Understood(text)
    kept = "".join(text[a:b] for a, b in _between(cut, len(text)))
    return Understood(" ".join(kept.split()).strip(" ,;-"), tuple(unwanted))


def _after_negation(tokens: Sequence[str], place: int) -> int | None:
    """Where the values begin if a negation stands at `place`; None if none does."""
    word = tokens[place]
    if word in _NEGATIONS:
        return place + 1
    if word == "non":
        return place + 2 if tokens[place + 1 : place + 2] == ["-"] else place + 1
    if word == "but" and place and tokens[place - 1] in ("anything", "any", "everything"):
        return place + 1
    return None


def _values_after(
    tokens: Sequence[str], place: int, words: CatalogueWords
) -> tuple[list[tuple[str, list[str]]], int]:
    """The values that a negation is of, "black or brown", and the token behind the last one."""
    found: list[tuple[str, list[str]]] = []
    end = place
    while True:
        best: dict[str, list[str]] = {}
        for length in range(_MOST_WORDS, 0, -1):
            best = words.of_words(tokens[place : place + length])
            if best and place + length <= len(tokens):
                end = place + length
                break
        if not best:
            return found, end
        found += best.items()
        place = end
        while place < len(tokens) and tokens[place] in _JOINS:
            place += 1
        if place == end:
            return found, end


def _between(cut: Sequence[tuple[int, int]], length: int) -> Iterable[tuple[int, int]]:
    start = 0
    for first, last in cut:
        yield start, first
        start = last
    yield start, length


def _stems(text: str) -> list[str]:
    """The words of a text, folded and without the plural's ending."""
    return [_stem(word) for word in re.findall(r"[^\W_]+", fold(text))]


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and word[-2] != "s" else word
