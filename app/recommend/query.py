"""What can be asked of a recommender, free of HTTP: plain values that ranking reads.

`app.api.wire.schemas` checks what clients send and turns it into these; the storefront makes them
directly. A value here is trusted: limits were checked when the request was read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.concurrency.image_decoding import Box

MAX_OFFSET = 1_000_000
MAX_VARIANTS = 32
MAX_SIGNALS = 16
MAX_TASTES = 50  # items liked in a session, and as many disliked
# What the negative signals weigh together beside the positive ones, as in Rocchio's feedback: less
# of one red dress must not mean no dress at all. Words are farther from items than pictures are, so
# the same negative items would outweigh them.
UNLIKE = 0.5
UNLIKE_OF_WORDS = 0.2
MAX_ID = 256  # characters of an item's id
MAX_TEXT = 512  # characters of a text to search with
RELEVANCE = "relevance"
TITLE = "title"  # the field of items that lists can be sorted by, but not filtered
STYLE = "group_id"  # the field that joins the variants of a style


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
    in `liked` and unlike those in `disliked`, which are left out themselves. `edit` are words that
    change a photo or an item: "in red". `explain` asks for the parts of each score. Hits less
    relevant than `min_relevance` are left out. Items with the same picture take one place, unless
    `repeats` are wanted, or `group_by` names another field than that of styles.
    """

    min_score: float | None = None
    diversity: float = 0.0
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    explain: bool = False
    said_filter: str | None = None
    edit: str | None = None
    min_relevance: float | None = None
    repeats: bool = False

    @property
    def lists_pictures_once(self) -> bool:
        """True if items with the same picture take one place."""
        return not self.repeats and self.group_by in (None, STYLE)


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
    to look at, as fractions of its sides; so does `kind`, the kind of item to look for. `weight`
    scales the signal's unit vector; without one a positive signal counts 1, and all negative ones
    together `UNLIKE`.
    """

    image: bytes | None = None
    box: Box | None = None
    text: str | None = None
    item_id: str | None = None
    weight: float | None = None
    kind: str | None = None


def signal_weights(positive: Sequence[Signal], negative: Sequence[Signal]) -> list[float]:
    """What each signal's vector is multiplied by, those of negative signals below zero.

    Example:
        >>> signal_weights([Signal(item_id="a")], [Signal(item_id="b"), Signal(item_id="c")])
        [1.0, -0.25, -0.25]
    """
    words = all(signal.text is not None for signal in positive)
    unlike = (UNLIKE_OF_WORDS if words else UNLIKE) / max(1, len(negative))
    return [
        *(1.0 if one.weight is None else one.weight for one in positive),
        *(-unlike if one.weight is None else -one.weight for one in negative),
    ]
