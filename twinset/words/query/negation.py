"""Values that a query does not want: "shoes not black", "non-leather bag", "without stripes".

An encoder reads "not black" as something about black. So the values that follow a negation are
taken out of the words and become a filter. They are the catalogue's own values, whatever its
fields are; a negation of anything else stays in the words.
"""

from __future__ import annotations

from collections.abc import Sequence

from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.draft import Draft
from twinset.words.query.parts import Part

_NEGATIONS = frozenset(
    {"not", "no", "nothing", "without", "except", "excluding", "excl", "minus", "never", "nor"}
    | {"dont", "isnt", "arent", "doesnt", "aint"}
    | {"nicht", "ohne", "kein", "keine", "keinen", "außer"}
)
_JOINS = frozenset({"or", "and", "nor", ",", "/", "&", "oder", "und"})
_ALL = frozenset({"anything", "any", "everything", "all", "something"})
# What leads to a negation and goes with it: "anything but black", "but not red", "that are not".
_LEADS = (
    frozenset({"but", "colour", "color", "in", "just", "only", "that", "which", "are", "is"}) | _ALL
)
# "any colour but red".
_SORTS = frozenset({"colour", "color", "size", "kind", "type", "brand", "pattern", "material"})
# What may stand between a negation and its value: "without any leather", "not in black".
_BETWEEN = frozenset(
    {
        "any",
        "the",
        "a",
        "an",
        "in",
        "of",
        "for",
        "with",
        "made",
        "want",
        "colour",
        "color",
        "please",
    }
)


def read_negations(draft: Draft, words: CatalogueWords) -> None:
    """Make parts of the negated values of a query, and cut their words out."""
    place = 0
    while place < len(draft.tokens):
        start = _after_negation(draft.keys(), place)
        found, end = ({}, place) if start is None else _values_after(draft, start, words)
        if not found or not draft.is_free(range(place, end)):
            place += 1
            continue
        while place > 0 and draft.tokens[place - 1].key in _LEADS and place - 1 not in draft.taken:
            place -= 1
        said, places = draft.said(place, end), range(place, end)
        draft.take(places, *(Part.excluding(name, values, said) for name, values in found.items()))
        draft.cut(places)
        place = end


def _after_negation(keys: Sequence[str], place: int) -> int | None:
    """Where the values begin if a negation stands at `place`; None if none does."""
    word, before = keys[place], keys[place - 1] if place else ""
    following = keys[place + 1] if place + 1 < len(keys) else ""
    if word == "non":
        return place + 2 if following == "-" else place + 1
    if word == "other" and following == "than":
        return place + 2
    if word == "but" and (before in _ALL or (before in _SORTS and _is_all(keys, place - 2))):
        return place + 1
    return place + 1 if word in _NEGATIONS else None


def _is_all(keys: Sequence[str], place: int) -> bool:
    return place >= 0 and keys[place] in _ALL


def _values_after(
    draft: Draft, place: int, words: CatalogueWords
) -> tuple[dict[str, tuple[str, ...]], int]:
    """The values that a negation is of, "black or brown", and the token behind the last one."""
    found: dict[str, tuple[str, ...]] = {}
    keys, end, joined_by = draft.keys(), place, ""
    while True:
        while place < len(keys) and keys[place] in _BETWEEN and not words.knows(keys[place]):
            place += 1
        best, stop = _longest(draft, place, words)
        # "not pink, dress" asks for a dress.
        if not best or (joined_by == "," and not best.keys() & found.keys()):
            return found, end
        for name, values in best.items():
            found[name] = (*found.get(name, ()), *values)
        place = end = stop
        joined_by = ""
        while place < len(keys) and keys[place] in _JOINS:
            joined_by = keys[place]
            place += 1
        if place == end:
            return found, end


def _longest(
    draft: Draft, place: int, words: CatalogueWords
) -> tuple[dict[str, tuple[str, ...]], int]:
    """The values of the longest phrase at `place` that has any, and the token behind it."""
    for phrase in draft.phrases(place) if place < len(draft.tokens) else ():
        found = _negated(phrase.words, words)
        if found:
            return found, phrase.last
    return {}, place


def _negated(phrase: Sequence[str], words: CatalogueWords) -> dict[str, tuple[str, ...]]:
    """The values that these words take away, by field."""
    found = words.holding(phrase)
    if not found and len(phrase) == 1 and words.genders.column is not None:
        values, _ = words.genders.values_for(phrase[0])
        return {words.genders.column: values} if values else {}
    return found
