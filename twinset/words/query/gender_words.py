"""Who a product is for: words such as "ladies" or "for boys", as the catalogue's own values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from twinset.text.text_folding import fold
from twinset.words.word_forms import words_of

_FILE = Path(__file__).with_name("genders.txt")
_MOST_VALUES = 24
# A field says who a product is for if so many of its values are groups of people.
_LEAST_SHARE = 0.6
_CHILDREN = ("boys", "girls")
# Catalogues that do not tell men from boys still answer; the same for children as a whole.
_ELSE: Mapping[str, tuple[str, ...]] = {
    "boys": ("children", "men"),
    "girls": ("children", "women"),
    "children": _CHILDREN,
}
# Shops list what is for everyone under men and under women alike, so that it fits a man nearly as
# well as what is for men alone. "Unisex" mostly means grown-ups: it fits a child half as well.
_SHARE_OF_ADULTS, _SHARE_OF_CHILDREN = 0.9, 0.5
_OF_CHILDREN = frozenset({"children", *_CHILDREN})


@dataclass(frozen=True)
class Genders:
    """The column that says who a product is for, None if none does, and its values by group.

    Example:
        >>> Genders.of({"gender": ["Herren", "Damen"]}).values_for("mens")
        (('Herren',), ())
    """

    column: str | None = None
    _values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, fields: Mapping[str, Iterable[str]]) -> Genders:
        """Find the field among fields with these values: the one that knows most groups."""
        best = cls()
        for name, texts in fields.items():
            values = list(texts)
            if not 0 < len(values) <= _MOST_VALUES:
                continue
            groups: dict[str, tuple[str, ...]] = {}
            for text in values:
                group = _group_of_value(text)
                if group is not None:
                    groups[group] = (*groups.get(group, ()), text)
            known = sum(map(len, groups.values()))
            if known >= _LEAST_SHARE * len(values) and len(groups) > len(best._values):
                best = cls(name, groups)
        return best

    def values_for(self, word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The values that a folded word asks for, and those that also fit, such as "Unisex"."""
        group = _groups()[0].get(word)
        if group is None:
            return (), ()
        found = self._values.get(group, ())
        if group == "children":
            found += tuple(v for child in _CHILDREN for v in self._values.get(child, ()))
        for other in _ELSE.get(group, ()):
            found = found or self._values.get(other, ())
        return found, () if group == "unisex" or not found else self._values.get("unisex", ())


def near_share_of(word: str) -> float:
    """How much things for everyone count when a folded word names whom a product is for."""
    return _SHARE_OF_CHILDREN if _groups()[0].get(word) in _OF_CHILDREN else _SHARE_OF_ADULTS


def is_gender_word(word: str) -> bool:
    """True for a folded word that names people a product may be for."""
    return word in _groups()[0]


def _group_of_value(text: str) -> str | None:
    whole = fold(text).strip()
    in_queries, in_values = _groups()
    group = in_values.get(whole) or in_queries.get("".join(words_of(text)))
    if group is not None:
        return group
    # "Men's shoes", "Boys 8-14": one group among other words; not "Men, Women".
    named = {in_queries[word] for word in words_of(text) if word in in_queries}
    return named.pop() if len(named) == 1 else None


@cache
def _groups() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The group of each word of a query, and of each text that only a catalogue holds."""
    in_queries: dict[str, str] = {}
    in_values: dict[str, str] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        group, _, words = line.partition(":")
        if line.startswith("#") or not words:
            continue
        for word in words.split():
            table = in_values if word.startswith("=") else in_queries
            table[fold(word.removeprefix("="))] = group
    return in_queries, in_values
