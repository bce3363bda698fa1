"""Several garments in one photo: where to look for each, and a list that takes them in turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.concurrency.image_decoding import Box
from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, RankedPage
from twinset.repeats.same_pictures import SamePictures

# What a box is widened by on each side, as a part of its own side: pictures of products have air
# around them too.
_AIR = 0.06


def widened(box: Box) -> Box:
    """A garment's box with some air around it, inside the photo."""
    x1, y1, x2, y2 = box
    across, down = _AIR * (x2 - x1), _AIR * (y2 - y1)
    wide = (max(0.0, x1 - across), max(0.0, y1 - down), min(1.0, x2 + across), min(1.0, y2 + down))
    left, top, right, bottom = (round(side, 4) for side in wide)
    return left, top, right, bottom


def unrolled(query: SearchQuery) -> SearchQuery:
    """The query for each garment of which `in_turns` makes the page."""
    return replace(query, offset=0, limit=query.offset + query.limit)


def in_turns(
    pages: Sequence[RankedPage], query: SearchQuery, pictures: SamePictures | None = None
) -> RankedPage:
    """The page of a list that takes the best of each list in turns, each item once.

    `pages` begin at the first place of their lists and are as long as `unrolled` says. Items with
    one of the `pictures` count as one.
    """
    merged: dict[int, Ranked] = {}
    for place in range(max((len(page.hits) for page in pages), default=0)):
        for page in pages:
            if place < len(page.hits):
                hit = page.hits[place]
                merged.setdefault(hit.row if pictures is None else pictures.place_of(hit.row), hit)
    end = query.offset + query.limit
    hits = list(merged.values())[query.offset : end]
    over = all(page.exhausted for page in pages) and len(merged) <= end
    return RankedPage(hits, exhausted=over, total=max(page.total for page in pages))
