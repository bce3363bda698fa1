"""Which of the words of a query name its thing, and which only describe another."""

from __future__ import annotations

from itertools import pairwise

from twinset.words.field_roles import KIND
from twinset.words.query.draft import Draft
from twinset.words.query.parts import Part
from twinset.words.word_forms import is_hyphen

THINGS = frozenset({"wear", "outfit", "outfits", "clothes", "clothing", "attire", "things"})
# Before whom or what something is for.
FOR = frozenset({"for", "für", "pour", "para", "per", "voor", "dla", "a", "the", "my"})
# Between two kinds: both are wanted; or the second only goes with the first.
_AND, _WITH = (
    frozenset({"and", "or", ",", "&", "/", "plus", "und", "oder"}),
    frozenset({"with", "for", "in", "mit", "für"}),
)
# What a word before them describes.
_PARTS_OF_THINGS = frozenset({"sleeve", "sleeves", "sleeved", "hem", "hemline", "strap", "straps"})

# Of "dress short" this is no kind of its own, though it is the singular of one.
_ALSO_SAY_HOW = frozenset({"short", "tight", "flat"})


def cut_things(draft: Draft) -> None:
    """Leave out words for things of any kind after a value: "party wear", "formal wear for men"."""
    keys = draft.keys()
    for place in range(1, len(keys)):
        ends = place + 1 == len(keys) or keys[place + 1] in FOR
        free = place not in draft.taken and place - 1 in draft.taken
        if keys[place] in THINGS and ends and free:
            draft.cut(range(place, place + 1))


def without_modifiers(draft: Draft) -> tuple[Part, ...]:
    """The parts in the order of the text, less kinds that only describe another kind.

    Of "dress shoes" the last word is the head; of "dress with belt" or "laces for shoes" the first.
    "Short sleeves" says how the sleeves are, and asks for no shorts; nor does "dress short".
    """
    keys, placed = draft.keys(), sorted(draft.placed, key=lambda one: one[0].start)
    kinds = [one for one in placed if one[1].name == KIND]
    dropped = [places for places, _ in kinds if _next_word(draft, places.stop) in _PARTS_OF_THINGS]
    if len(kinds) > 1:
        dropped += [places for places, _ in kinds if keys[places.start] in _ALSO_SAY_HOW]
    heads = [places for places, _ in kinds if places not in dropped]
    for before, after in pairwise(heads):
        between = {token.key for token in draft.tokens[before.stop : after.start]}
        if before.start != after.start and not between & _AND:
            dropped.append(after if between & _WITH else before)
    return tuple(part for places, part in placed if part.name != KIND or places not in dropped)


def _next_word(draft: Draft, place: int) -> str:
    """The word at a place, or after the hyphen there; empty if none follows."""
    rest = [token for token in draft.tokens[place : place + 2] if not is_hyphen(token)]
    return rest[0].key if rest else ""
