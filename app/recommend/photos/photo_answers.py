"""From a photo to a page: of the garment that it shows, or of several garments in turns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial

from app.concurrency.image_decoding import WHOLE
from app.recommend.engine import Engine, Vector
from app.recommend.photos.garment_boxes import widened
from app.recommend.photos.photo_search import PhotoLook, PhotoQuery, Region
from app.recommend.query import RELEVANCE, SearchQuery
from app.recommend.ranking import RankedPage
from twinset.index.index_versions import IndexVersion
from twinset.photo.photo_reading import PhotoReading

Rank = Callable[[Sequence[Vector]], Awaitable[RankedPage]]
Look = tuple[Vector, PhotoLook]


async def answer_photo(
    engine: Engine,
    version: IndexVersion,
    data: bytes,
    query: SearchQuery,
    asked: PhotoQuery,
    rank: Rank,
) -> RankedPage:
    """The page that answers a photo; `rank` gives the page of what is like one vector, or like any
    of several in turns.

    Turns are those of likeness: a list in another order is of what the whole photo shows.

    Raises:
        InvalidInput: the catalogue has no kind as asked for.
    """
    reading = await engine.read_photo(data, asked.box)
    vector, look = await _look(engine, version, reading, asked)
    parts = await _garments(engine, version, data, reading, asked)
    if len(parts) > 1 and query.sort == RELEVANCE:
        looks = [one for _, one in parts]
        kinds = tuple(dict.fromkeys(guess for one in looks for guess in one.kinds[:1]))
        regions = tuple(region for one in looks for region in one.regions)
        seen = replace(looks[0], kinds=kinds, steered=None, regions=regions)
        return replace(await rank([part for part, _ in parts]), photo=seen)
    if asked.regions and not look.nothing_fits:
        own = (Region(asked.box or WHOLE, look.kinds[0] if look.kinds else None),)
        found = tuple(region for _, one in parts for region in one.regions)
        look = replace(look, regions=found or own)
    if look.nothing_fits:
        return RankedPage([], exhausted=True, photo=look, nothing_fits=True)
    return replace(await rank([vector]), photo=look)


async def look_at(engine: Engine, version: IndexVersion, data: bytes, asked: PhotoQuery) -> Look:
    """The vector to search with for a photo, as one signal of several, and what was read."""
    return await _look(engine, version, await engine.read_photo(data, asked.box), asked)


async def _garments(
    engine: Engine, version: IndexVersion, data: bytes, reading: PhotoReading, asked: PhotoQuery
) -> list[Look]:
    """The looks of the garments in the photo's boxes, from left to right, each with its region.

    None if the photo shows one garment and nobody asked where, or if a caller said where or for
    what to look. Boxes that turn out to show nothing to wear are left out.
    """
    boxes = sorted(widened(box) for box in reading.boxes)
    if not asked.may_split or (len(boxes) < 2 and not asked.regions):
        return []
    readings = await asyncio.gather(*(engine.read_photo(data, box) for box in boxes))
    looks = [await _look(engine, version, one, asked) for one in readings]
    found = []
    for box, (vector, look) in zip(boxes, looks, strict=True):
        if not look.nothing_fits:
            region = Region(box, look.kinds[0] if look.kinds else None)
            found.append((vector, replace(look, regions=(region,))))
    return found


async def _look(
    engine: Engine, version: IndexVersion, reading: PhotoReading, asked: PhotoQuery
) -> Look:
    """See `PhotoSearch.look`; at once if it takes a tenth of a millisecond, else on a thread."""
    work = partial(engine.photos.look, version, reading, asked)
    return work() if engine.photos.is_quick(version, reading) else await engine.search(work)
