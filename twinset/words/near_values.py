"""Colours and kinds that a word is one slip of the keyboard away from, though it may be right."""

from __future__ import annotations

from collections.abc import Callable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from twinset.words.field_roles import COLOUR, KIND
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.draft import Draft
from twinset.words.query.parts import Part
from twinset.words.query.spelling import Spelling

_LEAST = 3  # letters of a word that may be a slip of a value


def read_near_values(
    draft: Draft, words: CatalogueWords, spelling: Spelling, is_right: Callable[[str], bool]
) -> None:
    """Prefer the colour or kind that a word of hardly any item is one slip away from.

    The word itself stays: it may be right, as in "shots", or the shop's own slip, as in "whte".
    """
    for place, token in enumerate(draft.tokens):
        word = token.key
        if place in draft.taken or not word.isalpha() or len(word) < _LEAST or is_right(word):
            continue
        if not spelling.is_rare(word):
            continue
        near = _nearest(word, words, spelling)
        if near and near[0] != word[0] and spelling.is_word(word):
            continue  # slips spare the first letter: "ink" is not "pink"
        for name, values in words.named([near]).items() if near else ():
            called = words.name_of(name)
            if called in (COLOUR, KIND) and draft.switches.allow(called, name):
                said = draft.said(place, place + 1)
                draft.take(range(place, place + 1), Part(called, name, said, values))
                break


def _nearest(word: str, words: CatalogueWords, spelling: Spelling) -> str | None:
    """The likeliest colour or kind of one word that is one slip away."""
    near = process.extract(
        word, words.colours_and_kinds, scorer=OSA.distance, score_cutoff=1, limit=None
    )
    longer = (one for one, *_ in near if len(one) > _LEAST)
    return max(longer, key=lambda one: (spelling.likelihood(word, one), one), default=None)
