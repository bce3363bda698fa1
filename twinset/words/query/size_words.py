"""Sizes in words: "size M", "uk 8", "EU 42", "XL", as sizes that the catalogue lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from twinset.filters import quote_name, quote_value
from twinset.text.text_folding import fold
from twinset.words.field_roles import SIZE
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.draft import MOST_WORDS, Draft
from twinset.words.query.negation import negation_before
from twinset.words.query.parts import NEGATION, Effect, Part
from twinset.words.word_forms import AND_SIGN, words_of

_SIZE_WORDS = frozenset(
    map(fold, ("size", "sizes", "sized", "größe", "groesse", "taille", "talla", "taglia"))
)
_SYSTEMS = frozenset({"uk", "eu", "us", "eur", "it", "fr", "de", "au", "jp"})
# Letters that mean a size by themselves if they are typed as capitals, small ones first.
_LETTERS = ("xxs", "xs", "s", "m", "l", "xl", "xxl", "2xl", "xxxl", "3xl", "4xl", "5xl")
_LONG: Mapping[str, str] = {"small": "s", "medium": "m", "large": "l"}
_LEADS = frozenset({"in", "a", "of", "for"})
_LONG_LETTERS = frozenset(one for one in _LETTERS if len(one) > 1)
# Between sizes that are asked for together. A number after the second kind may be anything.
_OR, _AND = frozenset({"or", "oder", "/"}), frozenset({",", "and", "und", "&", "-"})
# What may stand right before and after a letter that means a size: not "H&M", "L/S", "O'S".
_BEFORE, _AFTER = re.compile(r"(?:^|[\s,;:(\[])$"), re.compile(r"[.!?]?(?:[\s,;:)\]]|$)")
_SLEEVES = frozenset({"S/L", "S/S", "L/S"})  # sleeveless, short and long sleeves
_MOST_OTHERS = 40  # sizes that a filter lists in place of what is not wanted


def read_sizes(draft: Draft, words: CatalogueWords, is_rare: Callable[[str], bool]) -> None:
    """Make a filter of the first sizes that the query names: "size M", "S or M", "not XL".

    A catalogue without sizes cannot filter by one, which the filter's own field then says; all else
    that is asked for counts as if no size was named. `is_rare` is true for words of few titles.
    """
    for place in range(len(draft.tokens)):
        if words.size is None:
            end = _end_of_unknown_size(draft.keys(), place, is_rare)
            values: tuple[str, ...] = ()
        else:
            end, values = _sizes_at(draft, place, words)
        if end is None or not draft.is_free(range(place, end)):
            continue
        negation = negation_before(draft.keys(), place)
        if negation is not None and not draft.switches.allow(NEGATION):
            return
        start = place if negation is None else negation
        places = _with_leads(draft, start, end)
        said = draft.said(start, end)
        draft.take(places, _part(said, values, words, negation is not None))
        draft.cut(places)
        return


def _with_leads(draft: Draft, place: int, end: int) -> range:
    """The tokens of a size, and those that lead to it: "in size M"."""
    while place > 0 and draft.tokens[place - 1].key in _LEADS and place - 1 not in draft.taken:
        place -= 1
    return range(place, end)


def _end_of_unknown_size(
    keys: Sequence[str], place: int, is_rare: Callable[[str], bool]
) -> int | None:
    """The token behind what says a size by itself, "size 38", "uk 8", "xl", "plus size"."""
    word, following = keys[place], keys[place + 1] if place + 1 < len(keys) else ""
    if word == "plus" and following in _SIZE_WORDS:
        return place + 2
    if word in _SIZE_WORDS:
        start = place + 2 if following in _SYSTEMS else place + 1
        named = keys[start] if start < len(keys) else ""
        return start + 1 if named in _LETTERS or named in _LONG or named.isdecimal() else None
    if word in _SYSTEMS and following.isdecimal():
        return place + 2
    return place + 1 if word in _LONG_LETTERS and is_rare(word) else None


def _sizes_at(
    draft: Draft, place: int, words: CatalogueWords
) -> tuple[int | None, tuple[str, ...]]:
    """The token behind the sizes that are named from `place` on, "size S or M", and these sizes;
    None if none is named there."""
    keys = draft.keys()
    named = keys[place] in _SIZE_WORDS
    start = at = place + 1 if named else place
    found: list[tuple[int, int, str]] = []  # each with its first token and the one behind it
    while (end := _end_of_size(keys, at, words)) is not None:
        found.append((at, end, _value(keys[at:end], words)))
        joins = _OR if keys[at].isdecimal() else _OR | _AND
        at = next((i for i in range(end, len(keys)) if keys[i] not in joins), end)
        if at == end:
            break
    while found and not (named or _shows(draft, start, found[-1][1], words)):
        found.pop()
    return (found[-1][1], tuple(dict.fromkeys(one for *_, one in found))) if found else (None, ())


def _end_of_size(keys: Sequence[str], place: int, words: CatalogueWords) -> int | None:
    """The token behind the longest size at `place`; None if none is there."""
    ends = range(min(len(keys), place + 4), place, -1)
    words_alone = (end for end in ends if keys[place][0].isalnum() and keys[end - 1][0].isalnum())
    return next((end for end in words_alone if _value(keys[place:end], words)), None)


def _shows(draft: Draft, start: int, end: int, words: CatalogueWords) -> bool:
    """True if these tokens are sizes although no word says so: "UK 8", "XL", "S or M".

    Letters are no sizes in "H&M" and "L/S", nor if they belong to a value of the catalogue.
    """
    keys = draft.keys()
    if keys[start] in _SYSTEMS:
        return end - start > 1
    first, last = draft.tokens[start].start, draft.tokens[end - 1].end
    if draft.text[first:last] in _SLEEVES:
        return False
    letters = [key for key in keys[start:end] if key not in _OR | _AND]
    if not set(letters) <= set(_LETTERS) or letters != sorted(letters, key=_LETTERS.index):
        return False
    typed = [draft.text[one.start : one.end] for one in draft.tokens[start:end]]
    if not all(one == one.upper() for one in typed if fold(one) in _LETTERS):
        return False
    apart = _BEFORE.search(draft.text[:first]) and _AFTER.match(draft.text[last:])
    if not apart and min(map(len, letters)) == 1:
        return False
    return AND_SIGN not in (*keys[start - 1 : start], *keys[end : end + 1]) and not any(
        phrase.last > start and len(phrase.words) > 1 and words.named(phrase.words)
        for begin in range(max(0, start - MOST_WORDS), end)
        for phrase in draft.phrases(begin)
    )


def _value(asked: Sequence[str], words: CatalogueWords) -> str:
    """The catalogue's size that these words and signs name; empty if they name none."""
    rest = asked[1:] if asked[0] in _SYSTEMS else asked
    if words.size_numbers:
        number = "".join(rest).replace(",", ".")
        return number if number.replace(".", "", 1).isdecimal() and number.isascii() else ""
    whole = "".join(words_of(" ".join(asked)))
    bare = "".join(words_of(" ".join(rest)))
    keys = (whole, _LONG.get(whole, ""), bare)
    return next((words.sizes[key] for key in keys if key in words.sizes), "")


def _part(said: str, values: tuple[str, ...], words: CatalogueWords, unwanted: bool) -> Part:
    """What filters by these sizes, or by all others; by what is said if no field has sizes."""
    if words.size is None:
        condition = f"{quote_name(SIZE)} = {quote_value(said)}"
        return Part(SIZE, SIZE, said, effect=Effect.FILTER, condition=condition)
    name, quote = quote_name(words.size), str if words.size_numbers else quote_value
    condition = f"{name} IN [{', '.join(map(quote, values))}]"
    if len(values) == 1 and words.size_numbers:
        condition = f"{name} = {values[0]}"
    if not unwanted:
        return Part(SIZE, words.size, said, values, effect=Effect.FILTER, condition=condition)
    others = [one for one in words.sizes.values() if one not in values]
    condition = f"NOT {condition}"
    if 0 < len(others) <= _MOST_OTHERS:  # an item that comes in others, too, is wanted
        condition = f"({condition} OR {name} IN [{', '.join(map(quote_value, others))}])"
    return Part(NEGATION, words.size, said, values, effect=Effect.EXCLUDE, condition=condition)
