"""The items that have all that a query of words says, as far as the catalogue can tell."""

from __future__ import annotations

import numpy as np

from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Mask
from twinset.lexical.terms import terms_of
from twinset.lexical.title_words import rows_titled
from twinset.lexical.word_evidence import function_words, preferred_rows
from twinset.words.field_roles import KIND
from twinset.words.query.parts import Effect, Understood
from twinset.words.query.query_heads import THINGS

# A longer text is a sentence, whose subject a word or two of it need not be.
_MOST_WORDS = 3


def rows_as_said(version: IndexVersion, text: str, understood: Understood) -> Mask | None:
    """The rows (n,) that have every value which a short query asks for, and every other word in
    their titles; None if there are none.

    If the query names a kind of product, a word that no title of the kind has is passed over: what
    a shop has of "cashmere sweater" are its sweaters.

    Example:
        >>> rows_as_said(version, "gym", reader.read("gym"))
    """
    wanted = [part for part in understood.parts if part.effect is Effect.PREFER]
    empty = function_words() | {term for word in THINGS for term in terms_of(word)}
    terms = [term for term in terms_of(text) if term not in empty]
    if not 0 < len(terms) <= _MOST_WORDS:
        return None
    rows: Mask = np.ones(len(version), np.bool_)
    by_field: dict[str, Mask] = {}
    for wish in understood.preferences({}, 1.0):
        held = preferred_rows(version.items.columns, wish)
        by_field[wish.field] = by_field.get(wish.field, np.zeros_like(rows)) | held
    for held in by_field.values():
        rows &= held
    read = {term for part in understood.parts for term in terms_of(part.words)}
    rest = [term for term in terms if term not in read]
    names_kind = any(part.name == KIND for part in wanted)
    if rest:
        titled = np.zeros_like(rows)
        if version.words is not None:
            titled[rows_titled(version.words, " ".join(rest), fewest=1)] = True
        if (rows & titled).any() or not names_kind:
            rows &= titled
    return rows if rows.any() else None
