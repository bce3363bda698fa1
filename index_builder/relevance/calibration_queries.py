"""Queries whose answers are known, made from a catalogue's own products, and texts without any.

An item is relevant to a product's picture or to the product itself if it is of the same kind; to a
phrase of values, with the kind or without, if it has them all; to words of titles if its title has
them all; to a name if it is of the kind, and of the colour and gender that the name says; to an
edited product if it has the new colour, and its kind and gender.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from twinset.columns import Columns
from twinset.index.vector_index import Mask, Rows
from twinset.lexical.title_words import rows_titled
from twinset.lexical.word_index import Words
from twinset.words.field_roles import COLOUR, GENDER, KIND
from twinset.words.query.catalogue_words import CatalogueWords
from twinset.words.word_forms import words_of

_MADE_UP = 40


@dataclass(frozen=True)
class TextQuery:
    """Words, and the rows (n,) that answer them."""

    text: str
    relevant: Mask


@dataclass(frozen=True)
class KnownFields:
    """The fields of n items that say what answers a query: `codes` by role, -1 without a value."""

    codes: Mapping[str, NDArray[np.int64]]
    values: Mapping[str, list[str]]

    @classmethod
    def of(cls, columns: Columns, words: CatalogueWords, kind: str) -> KnownFields:
        """The kind of product, and the colour and the gender if the catalogue has them."""
        names = {KIND: kind}
        for name in dict.fromkeys(one for one, _ in words.texts()):
            role = words.name_of(name)
            if role in (COLOUR, GENDER) and columns[name].vocabulary is not None:
                names.setdefault(role, name)
        values = {}
        for role, name in names.items():
            vocabulary = columns[name].vocabulary
            known = range(len(vocabulary)) if vocabulary is not None else range(0)
            values[role] = [vocabulary[code] for code in known] if vocabulary is not None else []
        codes = {role: columns[name].group_codes() for role, name in names.items()}
        return cls(codes, values)

    @cached_property
    def asking(self) -> Mask:
        """Rows that have a value of every field."""
        known: Mask = np.all([codes >= 0 for codes in self.codes.values()], axis=0)
        return known

    def alike(self, row: int, *roles: str) -> Mask:
        """The rows (n,) that share a row's values of these roles."""
        known = [self.codes[role] for role in roles if role in self.codes]
        same: Mask = np.all([codes == codes[row] for codes in known], axis=0)
        return same

    def value(self, row: int, role: str) -> str:
        return self.values[role][int(self.codes[role][row])]


def phrases(fields: KnownFields, rows: Rows, draw: np.random.Generator) -> Iterator[TextQuery]:
    """One phrase of values for each row: its kind, often with its colour or gender or both."""
    for row in rows.tolist():
        others = [role for role in (GENDER, COLOUR) if role in fields.codes and draw.random() < 0.5]
        said = [fields.value(row, role) for role in (*others, KIND)]
        text = " ".join(said)
        text = text.lower() if draw.random() < 0.5 else text
        yield TextQuery(text, fields.alike(row, *others, KIND))


def names(fields: KnownFields, rows: Rows, titles: Mapping[int, str]) -> Iterator[TextQuery]:
    """The name of each row that has one."""
    for row in rows.tolist():
        title = titles.get(row, "").strip()
        if title:
            roles = [
                role
                for role in (GENDER, COLOUR)
                if role in fields.codes and fields.value(row, role).lower() in title.lower()
            ]
            yield TextQuery(title, fields.alike(row, *roles, KIND))


def values_alone(fields: KnownFields, rows: Rows, draw: np.random.Generator) -> Iterator[TextQuery]:
    """The colour or the gender of each row, or both, without its kind."""
    roles = [role for role in (GENDER, COLOUR) if role in fields.codes]
    for row in rows.tolist() if roles else ():
        said = draw.permutation(roles)[: int(draw.integers(1, len(roles) + 1))].tolist()
        text = " ".join(fields.value(row, role) for role in said)
        yield TextQuery(text.lower(), fields.alike(row, *said))


def title_words(
    shop_words: CatalogueWords,
    words: Words,
    titles: Mapping[int, str],
    count: int,
    draw: np.random.Generator,
) -> Iterator[TextQuery]:
    """One or two words of each title that no field has; `count` is the number of rows."""
    for title in titles.values():
        own = [w for w in words_of(title) if w.isalpha() and not shop_words.uses(w)]
        own = [word for word in dict.fromkeys(own) if len(rows_titled(words, word))]
        if own:
            said = draw.choice(own, min(len(own), int(draw.integers(1, 3))), replace=False)
            relevant = np.zeros(count, np.bool_)
            relevant[rows_titled(words, " ".join(said))] = True
            yield TextQuery(" ".join(said), relevant)


def unanswered(count: int, draw: np.random.Generator) -> Iterator[TextQuery]:
    """Texts that nothing in a fashion shop answers: other topics, and letters at random."""
    text = (files("index_builder.relevance") / "off_topic.txt").read_text(encoding="utf-8")
    topics = [line for line in text.splitlines() if line and not line.startswith("#")]
    nothing = np.zeros(count, np.bool_)
    for topic in topics:
        yield TextQuery(topic, nothing)
    letters = np.array(list(string.ascii_lowercase))
    for _ in range(_MADE_UP):
        words = [draw.choice(letters, draw.integers(3, 10)) for _ in range(draw.integers(1, 4))]
        yield TextQuery(" ".join("".join(word) for word in words), nothing)
    for sign in (".", "?!", "---", "12345", "#", "@@", "\N{GRINNING FACE}", "\N{ROCKET}"):
        yield TextQuery(sign, nothing)


def other_colour(fields: KnownFields, row: int, draw: np.random.Generator) -> int | None:
    """A colour that others of the row's kind and gender have and the row has not."""
    if COLOUR not in fields.codes:
        return None
    codes = fields.codes[COLOUR]
    known = np.unique(codes[fields.alike(row, KIND, GENDER) & (codes >= 0)])
    known = known[known != codes[row]]
    return int(draw.choice(known)) if len(known) else None
