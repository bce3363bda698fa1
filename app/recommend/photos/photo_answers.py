"""From a photo to a page: of the garment that it shows, or of two garments in turns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from app.concurrency.image_decoding import WHOLE
from app.recommend.engine import Engine, Vector
from app.recommend.photos.garment_boxes import HALVES, WIDE, are_apart, in_turns, unrolled
from app.recommend.photos.photo_search import PhotoLook, PhotoQuery, Region
from app.recommend.query import RELEVANCE, SearchQuery
from app.recommend.ranking import RankedPage
from twinset.index.index_versions import IndexVersion
from twinset.photo.photo_head import PhotoReading

Rank = Callable[[Vector, SearchQuery], Awaitable[RankedPage]]
Look = tuple[Vector, PhotoLook]


async def answer_photo(
    engine: Engine,
    version: IndexVersion,
    data: bytes,
    query: SearchQuery,
    asked: PhotoQuery,
    rank: Rank,
) -> RankedPage:
    """The page that answers a photo; `rank` gives the page of one vector.

    Raises:
        InvalidInput: the catalogue has no kind as asked for.
    """
    reading = await engine.read_photo(data, asked.box)
    vector, look = await _look(engine, version, reading, asked)
    parts = await _garments(engine, version, data, asked)
    if parts and _takes_turns(query):
        pages = [await rank(part, unrolled(query)) for part, _ in parts]
        looks = [one for _, one in parts]
        kinds = tuple(dict.fromkeys(guess for one in looks for guess in one.kinds[:1]))
        seen = replace(looks[0], kinds=kinds, steered=None, regions=_regions(looks))
        pictures = version.pictures if query.lists_pictures_once else None
        return replace(in_turns(pages, query, pictures), photo=seen)
    if asked.regions and not look.nothing_fits:
        own = Region(asked.box or WHOLE, look.kinds[0] if look.kinds else None)
        look = replace(look, regions=_regions([one for _, one in parts]) if parts else (own,))
    if look.nothing_fits:
        return RankedPage([], exhausted=True, photo=look, nothing_fits=True)
    return replace(await rank(vector, query), photo=look)


async def _garments(
    engine: Engine, version: IndexVersion, data: bytes, asked: PhotoQuery
) -> list[Look]:
    """The looks of the two garments of a photo, left and right; none if it shows one, or if a
    caller said where or for what to look."""
    if not (engine.photos.has_head and asked.may_split):
        return []
    wide = await engine.is_wide(data, WIDE)
    if not wide and not asked.regions:
        return []
    left, right = await asyncio.gather(*(engine.read_photo(data, box) for box in HALVES))
    if not are_apart(left, right, wide):
        return []
    looks = [await _look(engine, version, half, asked) for half in (left, right)]
    return [] if any(look.nothing_fits for _, look in looks) else looks


async def _look(
    engine: Engine, version: IndexVersion, reading: PhotoReading, asked: PhotoQuery
) -> Look:
    """See `PhotoSearch.look`; at once if it takes a tenth of a millisecond, else on a thread."""
    work = partial(engine.photos.look, version, reading, asked)
    return work() if engine.photos.is_quick(version, reading) else await engine.search(work)


def _takes_turns(query: SearchQuery) -> bool:
    """True if the order is that of likeness: another order, and counts, need one list."""
    return query.sort == RELEVANCE and not query.facets


def _regions(looks: list[PhotoLook]) -> tuple[Region, ...]:
    kinds = (look.kinds[0] if look.kinds else None for look in looks)
    return tuple(Region(box, kind) for box, kind in zip(HALVES, kinds, strict=True))
