"""What was understood of a query: its parts, each with the words that it came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from twinset.filters import quote_name, quote_value
from twinset.languages.language import Language
from twinset.words.preferences import Preference

# Names of parts beside the roles and names of the catalogue's fields.
LANGUAGE, NEGATION, SPELLING, SYNONYMS = "language", "negation", "spelling", "synonyms"
# What a part is of that is of no field.
ANY_FIELD = "words"


class Effect(StrEnum):
    """What a part does to a search."""

    PREFER = "prefer"
    FILTER = "filter"
    EXCLUDE = "exclude"


@dataclass(frozen=True)
class Part:
    """Something that a query asks of a field of the catalogue.

    `name` is the field's role, such as "colour", or its own name, or "negation"; a caller switches
    the part off by it. `words` are the words of the query, as typed. `values` are values of the
    field; `near` are further values that fit too, such as "Unisex" when men's things are asked
    for, and `near_share` is what they count beside the values themselves. `condition` is the
    filter of a part that filters or excludes; one whose field is `ANY_FIELD` has none.

    Example:
        >>> Part("colour", "baseColour", "red", ("Red",))
    """

    name: str
    field: str
    words: str
    values: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    effect: Effect = Effect.PREFER
    condition: str | None = None
    near_share: float = 0.5

    @classmethod
    def excluding(cls, field: str, values: Iterable[str], words: str) -> Part:
        """A part that leaves out the items with one of these values.

        An item without a value of the field stays: nothing says that it is unwanted.
        """
        given = tuple(values)
        condition = f"NOT {quote_name(field)} IN [{', '.join(map(quote_value, given))}]"
        return cls(NEGATION, field, words, given, effect=Effect.EXCLUDE, condition=condition)

    @classmethod
    def lacking(cls, unwanted: Iterable[str], words: str) -> Part:
        """A part that leaves out the items that have one of these words in any field but the
        description. No filter says that: see `twinset.lexical.word_evidence.rows_to_leave_out`."""
        return cls(NEGATION, ANY_FIELD, words, tuple(unwanted), effect=Effect.EXCLUDE)

    def preferences(self, weight: float) -> tuple[Preference, ...]:
        """What a part that prefers asks for, if its values count `weight`."""
        own = Preference(self.field, self.values, self.words, weight)
        if not self.near:
            return (own,)
        return own, Preference(self.field, self.near, self.words, weight * self.near_share)


@dataclass(frozen=True)
class Rewording:
    """Words of the query that were replaced: a slip of the keyboard, or a synonym."""

    before: str
    after: str
    reason: str  # SPELLING or SYNONYMS


@dataclass(frozen=True)
class Understood:
    """A query as it was understood; `words` are what is left to compare by meaning.

    `unmet` are filters that no item meets, so that they were not applied. `language` is None if it
    is English; else `translated` is the query in English as far as it could be, and `in_english`
    is False if `words` of that language are left.
    """

    words: str
    parts: tuple[Part, ...] = ()
    reworded: tuple[Rewording, ...] = ()
    unmet: tuple[Part, ...] = ()
    language: Language | None = None
    translated: str | None = None
    in_english: bool = True

    @property
    def says_something(self) -> bool:
        """True if the words were read as more than their meaning."""
        return bool(self.parts or self.reworded or self.unmet or self.language)

    @property
    def filter(self) -> str | None:
        """The filter that the parts amount to; None if none of them filters."""
        return " AND ".join(one.condition for one in self.parts if one.condition) or None

    @property
    def standing_in(self) -> tuple[Preference, ...]:
        """Values that fit too, with the words that they stand for, and how much that counts."""
        return tuple(
            Preference(part.field, part.near, part.words, part.near_share)
            for part in self.parts
            if part.near and part.effect is Effect.PREFER
        )

    def preferences(self, weights: Mapping[str, float], usual: float) -> tuple[Preference, ...]:
        """What the parts ask for softly; `weights` are by name, `usual` is for all other names."""
        found: list[Preference] = []
        for part in self.parts:
            weight = weights.get(part.name, usual)
            if part.effect is Effect.PREFER and weight:
                found += part.preferences(weight)
        return tuple(found)


@dataclass(frozen=True)
class Switches:
    """Which parts of a query are to be understood: all, or by their names.

    A name means its part alone, a name with "-" before it all parts but that one.

    Example:
        >>> Switches(("-colour",)).allow("colour")
        False
    """

    names: tuple[str, ...] = ()
    off: bool = False

    def allow(self, *names: str) -> bool:
        """True if a part with one of these names may be understood."""
        if self.off:
            return False
        if any(f"-{name}" in self.names for name in names):
            return False
        only = [name for name in self.names if not name.startswith("-")]
        return not only or any(name in only for name in names)

    def reject(self, name: str) -> bool:
        """True if a part is switched off by its name."""
        return f"-{name}" in self.names

    def without(self, *names: str) -> Switches:
        """These switches, with some further parts switched off."""
        return replace(self, names=(*self.names, *(f"-{name}" for name in names)))


EVERYTHING = Switches()
