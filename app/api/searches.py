"""The searches of the HTTP interface, one function each, for their routes and for batches.

Each takes the wire options that callers send and gives the page that answers them.
"""

from __future__ import annotations

from app.api.wire.blend_schemas import BlendQuery
from app.api.wire.photo_schemas import ImageOptions
from app.api.wire.schemas import EditOptions, TextQuery
from app.recommend.ranking import RankedPage
from app.recommend.recommender import Recommender


async def by_image(
    recommender: Recommender, image: bytes, options: ImageOptions, name: bytes | None = None
) -> RankedPage:
    """Items like a photo; see `Recommender.by_image`."""
    return await recommender.by_image(image, options.to_query(), options.to_look(), name)


async def by_text(recommender: Recommender, query: TextQuery) -> RankedPage:
    """Items that fit a description; see `Recommender.by_text`."""
    return await recommender.by_text(query.query, query.to_query(), query.to_switches(), query.lang)


async def by_item(recommender: Recommender, item_id: str, options: EditOptions) -> RankedPage:
    """Items like an item; see `Recommender.similar`.

    Raises:
        NotFound: no item has this id.
    """
    return await recommender.similar(recommender.row(item_id), options.to_query())


async def by_signals(recommender: Recommender, query: BlendQuery) -> RankedPage:
    """Items like some things and unlike others; see `Recommender.blend`."""
    positive = [signal.to_query() for signal in query.positive]
    negative = [signal.to_query() for signal in query.negative]
    return await recommender.blend(positive, negative, query.to_query())
