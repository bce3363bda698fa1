"""Pages kept from one request to the next: shops ask for the same lists again and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable

from cachetools import LRUCache

from app.recommend.query import SearchQuery
from app.recommend.ranking import RankedPage

# Hits of all pages that one recommender keeps; each takes about 220 bytes, and a page with what was
# understood of its words as much as some twenty.
_MAX_HITS, _PAGE = 20_000, 20
_MAX_TEXT = 256


class KeptPages:
    """The last pages of one recommender, which never change. Used from the event loop alone.

    `count` is told "hit" or "miss" of each page that could have been kept.
    """

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count
        self._pages: LRUCache[Hashable, RankedPage] = LRUCache(
            _MAX_HITS, getsizeof=lambda page: len(page.hits) + _PAGE
        )

    def emptied(self) -> KeptPages:
        """None yet, for another version; counted with these."""
        return KeptPages(self._count)

    async def get(
        self, about: Hashable, query: SearchQuery, make: Callable[[], Awaitable[RankedPage]]
    ) -> RankedPage:
        """The page for `query` about an item, a photo or words; `make` makes it if it is not kept.

        Lists of one shopper are not kept, nor what is large, nor edits, which synonyms change.
        """
        own = query.exclude_ids or query.liked or query.disliked or query.edit or query.facets
        if own or len(query.filter or "") > _MAX_TEXT or _is_long(about):
            return await make()
        kept: RankedPage | None = self._pages.get((about, query))
        self._count("miss" if kept is None else "hit")
        if kept is None:
            kept = self._pages[about, query] = await make()
        return kept


def _is_long(about: Hashable) -> bool:
    """True of words that are longer than anybody asks for twice."""
    return isinstance(about, tuple) and isinstance(about[0], str) and len(about[0]) > _MAX_TEXT
