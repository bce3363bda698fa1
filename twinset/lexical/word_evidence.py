"""How well the words of a query and its preferences fit each item, apart from what vectors say.

The words found of a query are weighed by how rare they are (inverse document frequency, Sparck
Jones, 1972) and by the field they stand in. Their share of the whole query is 1 if an item has all
words in its title, and 0 if it has none. Words that no item has lower it: of "sequin kaftan" an
item with one of the two has half. A title that holds little besides the query counts more.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from twinset.columns import Columns
from twinset.filters import evaluate, parse_filter, quote_name, quote_value
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import Items
from twinset.index.vector_index import Condition, Mask, Rows, Vectors
from twinset.lexical.fused_search import Evidence, FusedSearch
from twinset.lexical.terms import code_of, query_terms, terms_of
from twinset.lexical.word_index import ATTRIBUTE, CODE, TITLE, Words
from twinset.words.preferences import PART_WEIGHTS, USUAL_WEIGHT, Preference
from twinset.words.query.parts import ANY_FIELD, Understood

# Measured by `make bench-words` on names kept out of training; docs/words.md has the table.
WORDS_WEIGHT = 0.5
_TITLE_SHARE = 0.35
_UNKNOWN = 0.5
_FUNCTION_WORD = 0.2
_LEFT_OF_CODE = 0.01
# An item that is nothing but words, and has none of those that other items have of the query, is
# hardly what is asked for: it is moved away.
_LEFT_OF_OTHER_WORDS = 1.4
# A code is of one item or of its variants; a value of more items is a word like others.
_MOST_OF_CODE = 32

# For terms, the rows that have them in a sense, and how much that counts.
StandIns = Mapping[str, tuple[Rows, float]]


@dataclass(frozen=True)
class WordQuery:
    """A query as it was `typed`, its `words` as they were understood, and what it prefers.

    Items with the values of `standing_in` are taken to have the words that these stand for, as far
    as their weights go: "Unisex" stands for "men".
    """

    typed: str
    words: str
    preferences: tuple[Preference, ...] = ()
    standing_in: tuple[Preference, ...] = ()


@cache
def function_words() -> frozenset[str]:
    """The words, as terms, that hold a query together: "for", "mit", "avec"."""
    text = (files("twinset.lexical") / "function_words.txt").read_text(encoding="utf-8")
    lines = (line.partition(":")[2] for line in text.splitlines() if not line.startswith("#"))
    return frozenset(term for line in lines for term in terms_of(line))


def word_shares(
    words: Words, total: int, text: str, standing_in: StandIns | None = None
) -> NDArray[np.float64]:
    """The share (total,) of a query's words that each row has, 0 to 1.

    `standing_in` are, for some terms, rows that have them in a sense, and how much that counts.
    """
    found = np.zeros(total)
    titled = np.zeros(total)
    whole = 0.0
    postings = cache(words.postings)
    for term in query_terms(text, lambda term: len(postings(term)) > 0):
        held = postings(term)
        rarity = math.log1p((words.count - len(held) + 0.5) / (len(held) + 0.5))
        if term in function_words():
            rarity *= _FUNCTION_WORD
        if not len(held):
            whole += _UNKNOWN * rarity
            continue
        whole += rarity
        found[held.rows] += rarity * np.minimum(held.strengths, TITLE) / TITLE
        if standing_in and term in standing_in:
            rows, strength = standing_in[term]
            found[rows] += strength * rarity
        in_title = held.title_words > 0
        titled[held.rows[in_title]] += 1 / held.title_words[in_title]
    if not whole:
        return found
    return found / whole * (1 - _TITLE_SHARE + _TITLE_SHARE * np.minimum(titled, 1))


def evidence_of(version: IndexVersion, query: WordQuery, vector: Vectors) -> Evidence:
    """What is known of a version's rows for a query, beside its vector (d,)."""
    left, bare = np.ones(len(version)), None
    if version.calibration is not None:
        bare = _bare(version)
    if version.words is not None:
        shares = word_shares(version.words, len(version), query.words, _stand_ins(version, query))
        left -= WORDS_WEIGHT * shares
        if bare is not None and shares.any():
            left[bare & (shares == 0)] = _LEFT_OF_OTHER_WORDS
    for preference in query.preferences:
        # Twice as fast as picking the rows out.
        preferred = preferred_rows(version.items.columns, preference)
        np.multiply(left, 1 - preference.weight, out=left, where=preferred)
    own, others = rows_of_code(version, query.typed)
    left[others] *= _LEFT_OF_CODE
    left[own] = 0
    if bare is None or version.calibration is None:
        return Evidence(left)
    return Evidence(left, bare, version.calibration.curve(vector))


def _stand_ins(version: IndexVersion, query: WordQuery) -> StandIns:
    """For terms of the query, the rows without the term that have a value which stands for it."""
    found: dict[str, tuple[Rows, float]] = {}
    for one in query.standing_in:
        rows = np.flatnonzero(preferred_rows(version.items.columns, one))
        for term in terms_of(one.words):
            if version.words is not None and term not in function_words():
                own = rows[~np.isin(rows, version.words.postings(term).rows)]
                found[term] = own, one.weight * ATTRIBUTE / TITLE
    return found


def rows_to_leave_out(version: IndexVersion, understood: Understood) -> Rows:
    """The rows (m,) that have words which a query does not want, in any field but the description;
    ascending."""
    found: list[Rows] = [np.empty(0, np.int64)]
    if version.words is not None:
        unwanted = (one for one in understood.parts if one.field == ANY_FIELD)
        for term in (
            term for part in unwanted for value in part.values for term in terms_of(value)
        ):
            held = version.words.postings(term)
            found.append(held.rows[held.strengths >= ATTRIBUTE].astype(np.int64))
    return np.unique(np.concatenate(found))


def _bare(version: IndexVersion) -> Mask | None:
    """The rows without a picture; None if every row has one."""
    bare = ~version.images.has_image
    return bare if bare.any() else None


def rows_of_code(version: IndexVersion, text: str) -> tuple[Rows, Rows]:
    """The row of the item whose id is the whole text, in any case, and the rows of items of which
    it is another code, in whatever case and spacing; each may be empty."""
    own = _row_of_id(version.items, text.strip())
    if version.words is None:
        return own, np.empty(0, np.int64)
    held = version.words.postings(code_of(text))
    rows = held.rows[held.strengths == CODE].astype(np.int64)
    return own, rows[:0] if len(rows) > _MOST_OF_CODE else rows[~np.isin(rows, own)]


def _row_of_id(items: Items, text: str) -> Rows:
    row = items.row_of(text)
    ids = items.columns["id"].vocabulary
    if row is None and ids is not None:
        first, end = ids.span(text)
        row = items.row_of(ids[first]) if end - first == 1 else None
    return np.array([] if row is None else [row], np.int64)


def word_search(
    version: IndexVersion,
    typed: str,
    understood: Understood,
    vector: Vectors,
    where: Condition | None,
) -> FusedSearch:
    """The rows of a version by how well they fit words: by their vector (d,), their letters, and
    what was understood of them. `where` is a filter that they have to meet."""
    preferences = understood.preferences(PART_WEIGHTS, USUAL_WEIGHT)
    asked = WordQuery(typed, understood.words, preferences, understood.standing_in)
    return FusedSearch(version.index, vector, where, evidence_of(version, asked, vector))


def preferred_rows(columns: Columns, preference: Preference) -> Mask:
    """Which rows (n,) have what a preference asks for; none if its field holds no text."""
    column = columns.get(preference.field)
    if column is None or column.vocabulary is None or not preference.values:
        return np.zeros(len(columns["id"]), np.bool_)
    values = ", ".join(map(quote_value, preference.values))
    return evaluate(parse_filter(f"{quote_name(preference.field)} IN [{values}]"), columns)
