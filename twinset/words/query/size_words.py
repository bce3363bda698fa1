"""Sizes in words: "size M", "uk 8", "EU 42", "XL", as sizes that the catalogue lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from twinset.filters import quote_name, quote_value
from twinset.words.field_roles import SIZE
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.draft import Draft
from twinset.words.query.parts import Effect, Part
from twinset.words.word_forms import words_of

_SIZE_WORDS = frozenset({"size", "sizes", "sized", "größe", "groesse", "taille", "talla", "taglia"})
_SYSTEMS = frozenset({"uk", "eu", "us", "eur", "it", "fr", "de", "au", "jp"})
# Letters that mean a size by themselves if they are typed as capitals.
_LETTERS = frozenset({"xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl", "2xl", "3xl", "4xl", "5xl"})
_LONG: Mapping[str, str] = {"small": "s", "medium": "m", "large": "l"}
_LEADS = frozenset({"in", "a", "of", "for"})
_LONG_LETTERS = frozenset(one for one in _LETTERS if len(one) > 1)


def read_sizes(draft: Draft, words: CatalogueWords, is_rare: Callable[[str], bool]) -> None:
    """Make a filter of the first size that the query names.

    A catalogue without sizes cannot filter by one, which the filter's own field then says; all else
    that is asked for counts as if no size was named. `is_rare` is true for words of few titles.
    """
    if words.size is None:
        _read_unknown_size(draft, is_rare)
        return
    for place, token in enumerate(draft.tokens):
        end = _end_of_size(draft, place, words)
        if end is None or not draft.is_free(range(place, end)):
            continue
        start = place + 1 if token.key in _SIZE_WORDS else place
        values = _values(draft.keys()[start:end], words)
        places = _with_leads(draft, place, end)
        draft.take(places, _part(draft.said(places.start, end), values, words))
        draft.cut(places)
        return


def _with_leads(draft: Draft, place: int, end: int) -> range:
    """The tokens of a size, and those that lead to it: "in size M"."""
    while place > 0 and draft.tokens[place - 1].key in _LEADS and place - 1 not in draft.taken:
        place -= 1
    return range(place, end)


def _read_unknown_size(draft: Draft, is_rare: Callable[[str], bool]) -> None:
    keys = draft.keys()
    for place in range(len(keys)):
        end = _end_of_unknown_size(keys, place, is_rare)
        if end is None or not draft.is_free(range(place, end)):
            continue
        said = draft.said(place, end)
        places = _with_leads(draft, place, end)
        condition = f"{quote_name(SIZE)} = {quote_value(said)}"
        draft.take(places, Part(SIZE, SIZE, said, effect=Effect.FILTER, condition=condition))
        draft.cut(places)
        return


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


def _end_of_size(draft: Draft, place: int, words: CatalogueWords) -> int | None:
    """The token behind a size that begins at `place`; None if no size begins there."""
    keys = draft.keys()
    said = keys[place] in _SIZE_WORDS
    start = place + 1 if said else place
    for end in range(min(len(keys), start + 4), start, -1):
        asked = keys[start:end]
        if not _values(asked, words):
            continue
        letters = draft.text[draft.tokens[start].start : draft.tokens[end - 1].end]
        alone = len(asked) == 1 and asked[0] in _LETTERS and letters == letters.upper()
        if said or alone or (asked[0] in _SYSTEMS and len(asked) > 1):
            return end
    return None


def _values(asked: Sequence[str], words: CatalogueWords) -> tuple[str, ...]:
    """The catalogue's sizes that these words and signs name."""
    if not asked:
        return ()
    rest = asked[1:] if asked[0] in _SYSTEMS else asked
    if words.size_numbers:
        number = "".join(rest).replace(",", ".")
        return (number,) if number.replace(".", "", 1).isdecimal() and number.isascii() else ()
    whole = "".join(words_of(" ".join(asked)))
    bare = "".join(words_of(" ".join(rest)))
    for key in (whole, _LONG.get(whole, ""), bare):
        if key in words.sizes:
            return (words.sizes[key],)
    return ()


def _part(said: str, values: tuple[str, ...], words: CatalogueWords) -> Part:
    name = words.size or SIZE
    if words.size_numbers:
        condition = f"{quote_name(name)} = {values[0]}"
    else:
        condition = f"{quote_name(name)} IN [{', '.join(map(quote_value, values))}]"
    return Part(SIZE, name, said, values, effect=Effect.FILTER, condition=condition)
