"""Two garments side by side in one photo: found, and answered in turns.

A garment's two halves look alike, two garments do not: the cosine of the halves' own vectors parts
photos of one from photos of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.concurrency.image_decoding import Box
from app.recommend.query import SearchQuery
from app.recommend.ranking import Ranked, RankedPage
from twinset.photo.photo_head import PhotoReading
from twinset.repeats.same_pictures import SamePictures

HALVES: tuple[Box, Box] = ((0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0))
# A photo this much wider than high may show two garments; others are asked about on request.
WIDE = 1.15
# Halves whose cosine is lower show two garments, in a wide photo and in any other.
_APART_WIDE, _APART = 0.5, 0.3


def are_apart(left: PhotoReading, right: PhotoReading, wide: bool) -> bool:
    """True if the halves of a photo show two garments."""
    return float(left.plain @ right.plain) < (_APART_WIDE if wide else _APART)


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
