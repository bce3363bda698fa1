"""Searching by words: what a query says of the catalogue itself, beside what an encoder reads.

A code typed whole is its item, and a value that is negated is left out.
"""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

from app.recommend.query import SearchQuery
from app.recommend.ranking import (
    Ranked,
    RankedPage,
    Vector,
    filter_mask,
    group_codes,
    known_rows,
    rank,
    variants_of,
)
from twinset.errors import FilterError
from twinset.filters import parse_filter
from twinset.index.index_versions import IndexVersion
from twinset.index.indexed_items import Items
from twinset.words.negation import CatalogueWords, Understood, may_negate, without_negations


class WordSearch:
    """Reads queries by the values of a version; the values are collected once per version."""

    def __init__(self) -> None:
        self._words: WeakKeyDictionary[Items, CatalogueWords] = WeakKeyDictionary()

    def understand(
        self, version: IndexVersion, text: str, query: SearchQuery
    ) -> tuple[SearchQuery, Understood]:
        """The query with the values filtered out that the text negates, and the text's other words.

        If the filter becomes longer or deeper than filters may be, the text stays as it is.

        Raises:
            FilterError: if the caller's own filter is wrong.
        """
        if not may_negate(text):
            return query, Understood(text)  # most queries: the values need not be collected
        words = self._words.get(version.items)
        if words is None:
            words = self._words[version.items] = CatalogueWords.of(version.items.columns)
        found = without_negations(text, words)
        if found.filter is None:
            return query, found
        narrowed = _both(query.filter, found.filter)
        if narrowed is None:
            return query, Understood(text)
        return replace(query, filter=narrowed), replace(found, words=found.words or text)


def _both(filter_: str | None, unwanted: str) -> str | None:
    """The filter that asks for both; None if filters may not be that long or deep."""
    if filter_ is not None:
        parse_filter(filter_)  # so that an error names the place in what the caller wrote
    both = unwanted if filter_ is None else f"({filter_}) AND {unwanted}"
    try:
        parse_filter(both)
    except FilterError:
        return None
    return both


def row_of_code(version: IndexVersion, text: str) -> int | None:
    """The row of the item whose id is the whole text, in any case; None if there is none."""
    code = text.strip()
    row = version.items.row_of(code)
    if row is not None:
        return row
    ids = version.items.columns["id"].vocabulary
    if ids is None:
        return None
    first, end = ids.span(code)
    return version.items.row_of(ids[first]) if end - first == 1 else None


def rank_words(version: IndexVersion, text: str, vector: Vector, query: SearchQuery) -> RankedPage:
    """The page of rows nearest to the words; the item whose code they are comes first."""
    row = row_of_code(version, text)
    if row is None or row in known_rows(version, query.exclude_ids):
        return rank(version, vector, query)
    mask = filter_mask(version, query.filter, ())
    if mask is not None and not mask[row]:
        return rank(version, vector, query)
    variants = None
    if query.group_by is not None:
        variants = variants_of(row, group_codes(version, query.group_by), mask)
    left_out = [row, *(variants or ())]
    if query.offset > 0:
        return rank(version, vector, replace(query, offset=query.offset - 1), left_out)
    rest = rank(version, vector, query, left_out)
    first = Ranked(row, 1.0, variants)
    kept = rest.hits[: query.limit - 1]
    return RankedPage([first, *kept], rest.exhausted and len(kept) == len(rest.hits))
