"""The values of a catalogue's fields by the words that name them, and the fields of each role."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from twinset.columns import Columns
from twinset.words.colour_names import NamedColours
from twinset.words.field_roles import (
    AVAILABILITY,
    COLOUR,
    KIND,
    NOT_WORDS,
    PRICE,
    SIZE,
    field_with,
    role_of,
)
from twinset.words.query.gender_words import Genders
from twinset.words.word_forms import joined, name_words, stem, stems_of, words_of

_MOST_VALUES = 400
_MOST_BRANDS = 20_000
_MOST_WORDS = 5
# Truth values that a feed gave as text, and what stands for "no value".
_NO_NAMES = frozenset({"yes", "no", "true", "false", "none", "null", "na", "other", "unknown"})


@dataclass(frozen=True)
class Value:
    """A value of a field, as the catalogue writes it, with its stems."""

    field: str
    text: str
    stems: frozenset[str]


@dataclass(frozen=True)
class CatalogueWords:
    """The values that words can name. Fields: `kind` says what kind of product an item is.

    Example:
        >>> CatalogueWords.of(columns, "articleType").named(["flip", "flops"])
        {'articleType': ('Flip Flops',)}
    """

    kind: str | None = None
    price: str | None = None
    available: str | None = None
    size: str | None = None
    size_numbers: bool = False
    genders: Genders = field(default_factory=Genders)
    sizes: Mapping[str, str] = field(default_factory=dict)
    _values: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    _by_key: Mapping[str, Sequence[Value]] = field(default_factory=dict)

    @classmethod
    def of(
        cls, columns: Columns, kind: str | None, new: Collection[tuple[str, str]] = ()
    ) -> CatalogueWords:
        """The words of the fields of text that have few enough values to choose from.

        `new` are values that live writes brought, by field; "" for a field that had no value.
        """
        texts = {name: values_named(columns, name) for name in _worded(columns, kind)}
        for name, text in sorted(new):
            if text and name in texts:
                texts[name].append(text)
        filled = {name for name, _ in new}
        values = {name: list(_values_of(name, found)) for name, found in texts.items()}
        size = field_with(SIZE, columns, "string", filled)
        sized = size or field_with(SIZE, columns, "number", filled)
        sizes = values.pop(size, []) if size else []
        by_key: dict[str, list[Value]] = {}
        for one in (value for of_field in values.values() for value in of_field):
            for key in {joined(words_of(one.text)), joined(name_words(one.text))}:
                by_key.setdefault(key, []).append(one)
        return cls(
            kind=kind,
            price=field_with(PRICE, columns, "number", filled),
            available=field_with(AVAILABILITY, columns, "boolean", filled),
            size=sized,
            size_numbers=sized is not None and size is None,
            genders=Genders.of(texts),
            sizes={"".join(words_of(one.text)): one.text for one in sizes},
            _values=values,
            _by_key=by_key,
        )

    def name_of(self, name: str) -> str:
        """What a part of this field is called: its role, or the field's own name."""
        if name == self.genders.column:
            return "gender"
        return KIND if name == self.kind else role_of(name) or name

    def names(self) -> Iterator[str]:
        """The names of all parts that queries of this catalogue can have, and of its fields."""
        for name in self._values:
            yield from (name, self.name_of(name))

    def named(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The values, by field, that these words name in full; folded words without signs."""
        found: dict[str, tuple[str, ...]] = {}
        for value in self._by_key.get(joined(words), ()):
            found[value.field] = (*found.get(value.field, ()), value.text)
        return found

    def holding(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The values, by field, that hold all of these words: "blue" also means "Navy Blue".

        A field counts only if one of its values is just these words.
        """
        wanted = frozenset(stems_of(" ".join(words)))
        return {
            name: tuple(v.text for v in self._values[name] if v.stems >= wanted or v.text in exact)
            for name, exact in self.named(words).items()
        }

    def in_gap(self, words: Sequence[str], gap: int) -> Sequence[str]:
        """The words that make a value of these folded words if they stand at the place `gap`."""
        return self._gaps.get((*map(stem, words[:gap]), "", *map(stem, words[gap + 1 :])), ())

    @cached_property
    def _gaps(self) -> Mapping[tuple[str, ...], Sequence[str]]:
        """The missing words of values of several words, by the stems of the others."""
        found: dict[tuple[str, ...], list[str]] = {}
        for _, text in self.texts():
            words = name_words(text)
            stems = tuple(map(stem, words))
            for gap in range(len(words)) if len(words) > 1 else ():
                found.setdefault((*stems[:gap], "", *stems[gap + 1 :]), []).append(words[gap])
        return found

    @cached_property
    def kind_heads(self) -> frozenset[str]:
        """The last words of kinds, "pants" of "Track Pants", in singular and as they are."""
        named = (words_of(t) for name, t in self.texts() if self.name_of(name) == KIND)
        heads = {words[-1] for words in named}
        return frozenset(heads | set(map(stem, heads)))

    def knows(self, word: str) -> bool:
        """True if a value is named by just this word."""
        return joined([word]) in self._by_key

    @cached_property
    def colours_and_kinds(self) -> tuple[str, ...]:
        """The colours and kinds of one word, in singular or plural as they are, folded."""
        named = [words_of(t) for name, t in self.texts() if self.name_of(name) in (COLOUR, KIND)]
        return tuple(sorted({words[0] for words in named if len(words) == 1}))

    @cached_property
    def shades(self) -> Mapping[str, NamedColours]:
        """The colours that the values of each field of colours name."""
        return {
            name: NamedColours.of(value.text for value in values)
            for name, values in self._values.items()
            if self.name_of(name) == COLOUR
        }

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(map(stem, self.single_words()))

    def uses(self, word: str) -> bool:
        """True if a value holds this word, in singular or plural."""
        return stem(word) in self._stems

    def single_words(self) -> frozenset[str]:
        """Every word of a value."""
        return frozenset(word for _, text in self.texts() for word in words_of(text))

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every value with its field."""
        for name, values in self._values.items():
            yield from ((name, value.text) for value in values)


def _worded(columns: Columns, kind: str | None) -> Iterable[str]:
    """The fields whose values shoppers name; the kind comes first, so that it wins a tie."""
    names = [name for name in columns if name not in NOT_WORDS and name != kind]
    return [kind, *names] if kind is not None and kind in columns else names


def values_named(columns: Columns, name: str) -> list[str]:
    """The values of a field that words may name; none if they are too many to choose from."""
    vocabulary = columns[name].vocabulary
    most = _MOST_BRANDS if role_of(name) == "brand" else _MOST_VALUES
    if name in NOT_WORDS or vocabulary is None or len(vocabulary) > most:
        return []
    return [str(text) for text in vocabulary.strings.to_pylist()]


def _values_of(name: str, texts: Iterable[str]) -> Iterator[Value]:
    for text in texts:
        if role_of(name) == SIZE or is_name(name_words(text)):
            yield Value(name, text, frozenset(stems_of(text)))


def is_name(words: Sequence[str]) -> bool:
    """False for what is no name of anything: numbers, single letters, long sentences."""
    if not 0 < len(words) <= _MOST_WORDS or words[0] in _NO_NAMES:
        return False
    return any(len(word) > 1 and not word.isdigit() for word in words)
