"""The order of a list: by a field instead of relevance, or with less of the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from app.recommend.query import RELEVANCE, TITLE
from app.service_errors import UnknownField
from twinset.columns import Column
from twinset.index.index_versions import IndexVersion
from twinset.index.vector_index import Rows
from twinset.text.text_folding import fold

# Cosines are in 32 bits, scores that were put together of several in 64.
Scores = NDArray[np.floating]

# A search that is sorted by a field, and has no cut, arranges so many of its best items. Sorted
# by price, all of a catalogue would begin with whatever is cheapest.
SORTED_POOL = 1000
# Diversity reorders so many of the best, and leaves the order of all that follow them.
DIVERSE_POOL = 100
# How fast likeness falls off with the cosine: .95 counts for .44, .9 for .19, .8 for .03. What is
# tiresome is one product under several ids, not several shirts.
_SHARPNESS = 16


def sorts_by_field(sort: str) -> bool:
    """True if a list is in another order than that of relevance."""
    return sort != RELEVANCE


def sorted_places(version: IndexVersion, rows: Rows, sort: str) -> Rows:
    """The places of `rows` (m,) in the order that `sort` names: a field, with a minus if falling.

    Items without a value stand last either way, equal values keep the order that they came in.
    Text is in the order of `twinset.text.collation`; false before true. A field of several values
    counts by its first.

    Raises:
        UnknownField: the catalogue has no such field to sort by.
    """
    column = _column(version, sort.removeprefix("-"))
    present = column.present[rows]
    keys = column.sort_keys(rows)
    return np.lexsort((-keys if sort.startswith("-") else keys, ~present))


def diverse_places(version: IndexVersion, rows: Rows, scores: Scores, diversity: float) -> Rows:
    """The places of `rows` (m,) with less of the same among the first `DIVERSE_POOL`.

    Maximal marginal relevance (Carbonell & Goldstein, 1998): each place goes to the row with the
    highest `(1 - diversity) * relevance - diversity * likeness`. Relevance is the score between the
    worst and the best of the pool, 0..1; likeness is that to the most alike row that stands
    before, 1 for the same title. The best row stays first.
    """
    pool, scores = rows[:DIVERSE_POOL], scores[:DIVERSE_POOL]
    if len(pool) < 3:
        return np.arange(len(rows))
    alike = _likeness(version, pool)
    span = max(float(scores.max() - scores.min()), 1e-9)
    relevance = (1 - diversity) * (scores - scores.min()) / span
    nearest, left = np.zeros(len(pool)), np.ones(len(pool), np.bool_)
    places: list[int] = []
    for _ in range(len(pool)):
        gain = np.where(left, relevance - diversity * nearest, -np.inf)
        best = int(np.argmax(gain)) if places else 0
        places.append(best)
        left[best] = False
        nearest = np.maximum(nearest, alike[best])
    return np.concatenate([np.array(places, np.int64), np.arange(len(pool), len(rows))])


def _likeness(version: IndexVersion, rows: Rows) -> NDArray[np.float64]:
    """How alike each two rows are, 0..1; (m,) -> (m, m)."""
    vectors = version.index.vectors(rows)
    titles = [version.items.item(row).get("title") for row in rows.tolist()]
    # Rows without a title share nothing by it.
    folded = [f"={fold(title)}" if title else str(n) for n, title in enumerate(titles)]
    _, codes = np.unique(folded, return_inverse=True)
    alike: NDArray[np.float64] = np.clip(vectors @ vectors.T, 0.0, 1.0).astype(np.float64)
    return np.where(codes[:, None] == codes, 1.0, alike**_SHARPNESS)


def _column(version: IndexVersion, field: str) -> Column:
    items = version.items
    column = items.titles if field == TITLE else items.columns.get(field)
    if column is None:
        known = ", ".join([RELEVANCE, TITLE, *items.columns])
        raise UnknownField(f"sort can be one of these, or one with a minus before it: {known}.")
    return column
