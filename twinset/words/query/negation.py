"""Values that a query does not want: "shoes not black", "non-leather bag", "without stripes".

An encoder reads "not black" as something about black. So the values that follow a negation are
taken out of the words and become a filter. They are the catalogue's own values, whatever its
fields are. Words that no field has but items do, such as brands that stand in titles alone, leave
out the items that have them; a negation of anything else stays in the words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twinset.text.text_folding import fold
from twinset.words.field_roles import MATERIAL, PATTERN
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.draft import Draft
from twinset.words.query.gender_words import is_gender_word
from twinset.words.query.parts import Part

NEGATIONS = frozenset(
    {"not", "no", "nothing", "without", "except", "excluding", "excl", "minus", "never", "nor"}
    | {"neither", "dont", "isnt", "arent", "doesnt", "aint"}
    | {"nicht", "ohne", "kein", "keine", "keinen", "weder", fold("außer")}
)
_JOINS = frozenset({"or", "and", "nor", ",", "/", "&", "oder", "und", "noch"})
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
        "by",
        "from",
        "with",
        "made",
        "want",
        "colour",
        "color",
        "please",
    }
)


# Of negated words these say how much, not what: "not too tight".
_DEGREES = frozenset({"too", "so", "very", "really", "only", "just", "necessarily"})
# Words of names where titles have them: "no show socks", "non iron shirt".
_IN_NAMES = frozenset({"no", "non", "nothing", "minus", "never", "free"})
_AFTER_FREE = frozenset({"for", "in", "with", "and", "or", "under", "please"})
_TIMES = frozenset({"longer", "yet", "currently", "now", "always"})
_Found = tuple[dict[str, tuple[str, ...]], int]


def read_negations(draft: Draft, words: CatalogueWords) -> None:
    """Make parts of the negated values of a query, and cut their words out."""

    def found_at(place: int) -> _Found:
        start = _after_negation(draft.keys(), place)
        if start is None:
            return _values_lacking(draft, place, words)
        return _values_after(draft, start, words)

    _cut_negations(draft, found_at, Part.excluding)


def read_negated_words(
    draft: Draft, words: CatalogueWords, is_known: Callable[[str], bool]
) -> None:
    """Make parts of negated words that are no values, and cut them out; after `read_negations`.

    `is_known` is true for a folded word that some item has.
    """

    def is_unwanted(key: str) -> bool:
        said = key in NEGATIONS or key in _DEGREES or is_gender_word(key)
        return is_known(key) and not said and not words.named([key])

    def found_at(place: int) -> _Found:
        keys = draft.keys()
        start = _after_negation(keys, place)
        if start is None or (keys[place] in _IN_NAMES and is_known(keys[place])):
            return {}, place
        end, found = place, list[str]()
        for at in range(_past_fillers(keys, start, words), len(keys)):
            if keys[at] in _JOINS - {","} and found:
                continue
            if (found and keys[at - 1] not in _JOINS) or not is_unwanted(keys[at]):
                break
            found.append(keys[at])
            end = at + 1
        return ({"": tuple(found)} if found else {}), end

    _cut_negations(draft, found_at, lambda _, values, said: Part.lacking(values, said))


def _cut_negations(
    draft: Draft,
    found_at: Callable[[int], _Found],
    part_of: Callable[[str, tuple[str, ...], str], Part],
) -> None:
    """Make parts of what is found at each place, by field, and cut the words up to its end."""
    place = 0
    while place < len(draft.tokens):
        found, end = found_at(place)
        if not found or not draft.is_free(range(place, end)):
            place += 1
            continue
        while place > 0 and draft.tokens[place - 1].key in _LEADS and place - 1 not in draft.taken:
            place -= 1
        said, places = draft.said(place, end), range(place, end)
        draft.take(places, *(part_of(name, values, said) for name, values in found.items()))
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
    if word == "free" and following in ("of", "from"):
        return place + 2
    if word == "w" and following == "/" and keys[place + 2 : place + 3] in (["o"], ["out"]):
        return place + 3
    if word == "but" and (before in _ALL or (before in _SORTS and _is_all(keys, place - 2))):
        return place + 1
    return place + 1 if word in NEGATIONS else None


def negation_before(keys: Sequence[str], place: int) -> int | None:
    """Where a negation of what stands at `place` begins, with what leads to it; None if none does.

    Example:
        >>> negation_before(["anything", "but", "size", "m"], 2)
        0
    """
    while place and keys[place - 1] in _BETWEEN:
        place -= 1
    starts = (one for one in (place - 1, place - 2) if one >= 0)
    start = next((one for one in starts if _after_negation(keys, one) == place), None)
    while start and keys[start - 1] in _LEADS | _SORTS:
        start -= 1
    return start


def is_negated(keys: Sequence[str], place: int) -> bool:
    """True if a negation stands before `place`, at most a word of time between: "no longer"."""
    between = place and keys[place - 1] in _TIMES
    return negation_before(keys, place - 1 if between else place) is not None


def _is_all(keys: Sequence[str], place: int) -> bool:
    return place >= 0 and keys[place] in _ALL


def _values_after(draft: Draft, place: int, words: CatalogueWords) -> _Found:
    """The values that a negation is of, "black or brown", and the token behind the last one."""
    found: dict[str, tuple[str, ...]] = {}
    keys, end, joined_by = draft.keys(), place, ""
    while True:
        place = _past_fillers(keys, place, words)
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


def _values_lacking(draft: Draft, place: int, words: CatalogueWords) -> _Found:
    """The values that the word "free" behind them takes away, "leather-free", and its end.

    Without a hyphen that is sure of a material alone, before a kind or nothing: not in "men free
    run shoes" and "cotton free size top".
    """
    keys = draft.keys()
    if "free" not in keys:
        return {}, place
    found, end = _longest(draft, place, words)
    free = end + 1 if keys[end : end + 1] == ["-"] else end
    if keys[free : free + 1] != ["free"] or not found or words.named([*keys[place:end], "free"]):
        return {}, place
    after = keys[free + 1] if free + 1 < len(keys) else ""
    ends = not after[:1].isalnum() or after in words.kind_heads | _AFTER_FREE
    sure = free > end or (ends and set(map(words.name_of, found)) <= {MATERIAL, PATTERN})
    return (found, free + 1) if sure else ({}, place)


def _past_fillers(keys: Sequence[str], place: int, words: CatalogueWords) -> int:
    """The first place from this one on that is none of what may stand before a value."""
    while place < len(keys) and keys[place] in _BETWEEN and not words.knows(keys[place]):
        place += 1
    return place


def _longest(draft: Draft, place: int, words: CatalogueWords) -> _Found:
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
