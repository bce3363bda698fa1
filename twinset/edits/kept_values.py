"""What stays when a photo or an item is changed: its kind, whom it is for, its colour and pattern.

An item has its own values; those of a photo are told from the items that look like it. They are
preferences, not filters: what is found still comes nearest first, and a wrong guess costs places
and no items.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from twinset.columns import Column, Columns
from twinset.edits.edit_reader import Edit
from twinset.edits.title_patterns import TITLE, pattern_in
from twinset.words.field_roles import COLOUR, GENDER, KIND, PATTERN
from twinset.words.preferences import Preference
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.query.parts import Effect

Rows = NDArray[np.int64]
# How much of its distance an item loses if it has the value; see `twinset.lexical`.
_KEEPING: Mapping[str, float] = {KIND: 0.5, GENDER: 0.4, COLOUR: 0.25, PATTERN: 0.25}
# "For men": men's things come in other colours than women's, so that the composer moves both. The
# colour then counts more, and is told from more of the items that look like a photo.
_KEEPING_COLOUR = 0.6
_FLATTER = 0.6
_CHANGING: Mapping[str, float] = {KIND: 0.6, GENDER: 0.5, COLOUR: 0.6}
_USUAL_CHANGE = 0.5
# A value of a photo counts if so much of the items that look like it have it.
_LEAST_SHARE = 0.2
_SHARPNESS = 30.0


@dataclass(frozen=True)
class Kept:
    """A field that stays: `shares` are its values and how sure each is, 0 to 1.

    `name` is the field's role, such as "kind".
    """

    name: str
    field: str
    shares: Mapping[str, float]


@dataclass(frozen=True)
class Likeness:
    """Items that say what a query is: the item itself, or those that look like a photo.

    `weights` (m,) add up to one over the rows (m,); `titles` are the items' own, m or none.
    """

    rows: Rows
    weights: NDArray[np.float64]
    titles: tuple[str, ...] = ()

    @classmethod
    def of_items(cls, rows: Sequence[int], titles: Iterable[str] = ()) -> Likeness:
        """Items that are known, each as much as the others."""
        even = np.full(len(rows), 1 / max(1, len(rows)))
        return cls(np.array(rows, np.int64), even, tuple(titles))

    @classmethod
    def of_neighbours(
        cls, rows: Sequence[int], scores: Sequence[float], titles: Iterable[str] = ()
    ) -> Likeness:
        """The items nearest to a photo, the nearest most."""
        weights = np.exp(_SHARPNESS * (np.array(scores) - max(scores, default=0.0)))
        shares = weights / max(1e-12, weights.sum())
        return cls(np.array(rows, np.int64), shares, tuple(titles))

    def flatter(self) -> Likeness:
        """The same items, weighed more alike; items that are known stay as they are."""
        weights = self.weights**_FLATTER
        return replace(self, weights=weights / max(1e-12, weights.sum()))


def kept_values(
    words: CatalogueWords, columns: Columns, edit: Edit, likeness: Likeness
) -> tuple[Kept, ...]:
    """The values of a query's fields that an edit neither changes nor leaves out."""
    if edit.changes(GENDER):
        likeness = likeness.flatter()
    found = []
    left_out = {
        (part.field, value)
        for part in edit.filters
        if part.effect is Effect.EXCLUDE
        for value in part.values
    }
    for name in _fields(words, columns):
        role = words.name_of(name)
        if role in _KEEPING and not edit.changes(role) and columns[name].vocabulary is not None:
            told = _shares(columns[name], likeness).items()
            shares = {v: share for v, share in told if (name, v) not in left_out}
            if shares:
                found.append(Kept(role, name, shares))
    if (
        PATTERN not in {one.name for one in found}
        and not edit.changes(PATTERN)
        and PATTERN not in {*words.names()}
    ):
        shares = _title_patterns(likeness)
        found += [Kept(PATTERN, TITLE, shares)] if shares else []
    return tuple(found)


def _fields(words: CatalogueWords, columns: Columns) -> list[str]:
    """Fields that can be kept, one of each role; the catalogue's kind before other categories."""
    by_role: dict[str, str] = {}
    if words.kind is not None and words.kind in columns:
        by_role[KIND] = words.kind
    for name in dict.fromkeys(one for one, _ in words.texts()):
        by_role.setdefault(words.name_of(name), name)
    return [name for name in by_role.values() if name in columns]


def _shares(column: Column, likeness: Likeness) -> dict[str, float]:
    shares: dict[str, float] = {}
    for row, weight in zip(likeness.rows.tolist(), likeness.weights.tolist(), strict=True):
        value = column.value(row)
        if isinstance(value, str) and value:
            shares[value] = shares.get(value, 0.0) + weight
    return {value: round(share, 3) for value, share in shares.items() if share >= _LEAST_SHARE}


def _title_patterns(likeness: Likeness) -> dict[str, float]:
    """The patterns that the titles of the items name."""
    shares: dict[str, float] = {}
    for title, weight in zip(likeness.titles, likeness.weights.tolist(), strict=False):
        found = pattern_in(title)
        if found is not None:
            shares[found[0]] = shares.get(found[0], 0.0) + weight
    return {name: round(share, 3) for name, share in shares.items() if share >= _LEAST_SHARE}


def preferences_of(edit: Edit, kept: Sequence[Kept]) -> tuple[Preference, ...]:
    """What an edited query would rather have: the new values, and those that stay."""
    wanted: list[Preference] = []
    for part in edit.changed:
        wanted += part.preferences(_CHANGING.get(part.name, _USUAL_CHANGE))
    for one in kept:
        weight = _KEEPING[one.name]
        if one.name == COLOUR and edit.changes(GENDER):
            weight = _KEEPING_COLOUR
        wanted += [Preference(one.field, (v,), "", weight * s) for v, s in one.shares.items()]
    return tuple(wanted)
