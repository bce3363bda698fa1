"""What can be asked of a recommender, free of HTTP: plain values that ranking reads.

`app.api.wire.schemas` checks what clients send and turns it into these; the storefront makes them
directly. A value here is trusted: limits were checked when the request was read.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.concurrency.image_decoding import Box

MAX_OFFSET = 1_000_000
MAX_VARIANTS = 32
MAX_SIGNALS = 16
MAX_TASTES = 50  # items liked in a session, and as many disliked
MAX_TEXT = 512  # characters of a text to search with
RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which items to list, and which part of the list.

    `group_by` names a field; if it is set, the list holds the best item of each of its values.
    `sort` is `RELEVANCE`, or a field, with a minus before it if the largest value comes first.
    `facets` are fields to count over everything that matches, each with its `facet_limit` most
    frequent values.

    Example:
        >>> ListQuery(limit=24, filter='gender = "Women"', group_by="group_id")
    """

    limit: int = 10
    offset: int = 0
    filter: str | None = None
    exclude_ids: tuple[str, ...] = ()
    group_by: str | None = None
    sort: str = RELEVANCE
    facets: tuple[str, ...] = ()
    facet_limit: int = 50


@dataclass(frozen=True, slots=True)
class SearchQuery(ListQuery):
    """A `ListQuery` whose items are ranked; hits below the cosine `min_score` are left out.

    `said_filter` is the part of `filter` that the words of a query asked for: it holds for facets
    of its own fields too. `diversity` from 0 to 1 trades relevance for variety, see
    `app.recommend.lists.arrangement.diverse_places`. Items are better the more they are like those
    in `liked` and unlike those in `disliked`, which are left out themselves. `edit` are words that change a photo or
    an item: "in red".
    """

    min_score: float | None = None
    diversity: float = 0.0
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    said_filter: str | None = None
    edit: str | None = None


@dataclass(frozen=True, slots=True)
class FacetQuery:
    """Which fields to count over the items that match a filter; without fields, all are counted.

    `limit` is the most values to return for each field.
    """

    filter: str | None = None
    fields: tuple[str, ...] = ()
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that results should be like or unlike: an image, a text or an item.

    Exactly one of `image`, `text` and `item_id` is set. `box` belongs to an image: the part of it
    to look at, as fractions of its sides. `weight` scales the signal's unit vector.
    """

    image: bytes | None = None
    box: Box | None = None
    text: str | None = None
    item_id: str | None = None
    weight: float = 1.0
