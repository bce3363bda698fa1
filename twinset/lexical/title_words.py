"""Queries that name no kind of product: words of titles, "gym", "fossil chronograph", or values of
other fields, "red for men"."""

from __future__ import annotations

import numpy as np

from twinset.index.vector_index import Rows
from twinset.lexical.terms import query_terms, terms_of
from twinset.lexical.word_evidence import function_words
from twinset.lexical.word_index import Words
from twinset.relevance.relevance_curves import TEXT, WORD, kind_of_words
from twinset.words.field_roles import KIND
from twinset.words.query.parts import Effect, Understood

# A word of fewer titles may be a slip or a name; more words are a sentence.
_FEWEST_TITLES = 4
_MOST_WORDS = 3


def rows_titled(words: Words, text: str, fewest: int = _FEWEST_TITLES) -> Rows:
    """The rows (m,), ascending, whose titles have every word of a text; none if fewer than `fewest`
    titles have one of the words, or the words are many."""
    none = np.empty(0, np.int64)
    terms = query_terms(text, lambda term: len(words.postings(term)) > 0)
    terms = [term for term in terms if term not in function_words()]
    if not 0 < len(terms) <= _MOST_WORDS:
        return none
    found: Rows | None = None
    for term in terms:
        held = words.postings(term)
        rows = np.sort(held.rows[held.title_words > 0]).astype(np.int64)
        if len(rows) < fewest:
            return none
        found = rows if found is None else np.intersect1d(found, rows, assume_unique=True)
    return none if found is None else found


def query_kind(words: Words | None, text: str, understood: Understood) -> str:
    """The kind of a query, see `kind_of_words`; `WORD` if it names no kind of product and titles
    have all of its words, or values of other fields are all that it says."""
    kind = kind_of_words(text, understood)
    if kind != TEXT or words is None:
        return kind
    if understood.parts:
        return WORD if _is_values(understood) else TEXT
    return WORD if len(rows_titled(words, understood.words)) else TEXT


def _is_values(understood: Understood) -> bool:
    """True if a query says nothing but values, none of them a kind of product."""
    wanted = [part for part in understood.parts if part.effect is Effect.PREFER]
    if not wanted or any(part.name == KIND for part in wanted):
        return False
    said = {term for part in wanted for term in terms_of(part.words)} | function_words()
    return said.issuperset(terms_of(understood.words))
