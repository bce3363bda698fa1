"""The catalogue, read only."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Response

from app.api.answers import facet_counts, item_detail, item_list
from app.api.dependencies import (
    CallDep,
    FacetQuery,
    IfNoneMatch,
    ItemIdPath,
    ListQuery,
    RecommenderDep,
    StateDep,
)
from app.api.description.openapi_responses import NOT_CHANGED, Responses, responses
from app.api.reading.etags import holds
from app.api.reading.pinned_lists import pin
from app.api.reading.plain_query import QueryRoute
from app.api.wire.answer_schemas import Facets, ItemDetail, ItemList
from app.recommend.thumbnails import Width
from twinset.catalogue import MOST_FURTHER
from twinset.images.formats import MEDIA_TYPES

router = APIRouter(tags=["items"], route_class=QueryRoute)
WidthQuery = Annotated[
    Width | None, Query(description="No wider than so many pixels; without, as it is stored.")
]
ViewQuery = Annotated[
    int, Query(ge=0, le=MOST_FURTHER, description="Which picture: 0 is the main one.")
]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_IMAGE_RESPONSES: Responses = {
    200: {"description": "The picture.", "content": dict.fromkeys(MEDIA_TYPES, _BINARY)},
}
# Long enough to spare a shop's page its pictures, short enough for a new one to show the same day.
_CACHE = "public, max-age=3600"


@router.get(
    "/items",
    summary="Items in catalogue order, or sorted",
    responses=responses(400, 410, 422, 429, 500, 503),
    response_model=ItemList,
)
async def list_items(
    recommender: RecommenderDep, call: CallDep, state: StateDep, options: ListQuery
) -> Response:
    """Pages follow each other without gap or overlap."""
    pinned = await pin(state, recommender, options, "items")
    page = await pinned.recommender.browse(pinned.options.to_query())
    return item_list(call, pinned, page)


@router.get(
    "/items/{id:path}/image",
    summary="An item's picture",
    response_class=Response,
    responses=_IMAGE_RESPONSES | NOT_CHANGED | responses(404, 422, 429, 500, 503),
)
async def item_image(
    recommender: RecommenderDep,
    item_id: ItemIdPath,
    width: WidthQuery = None,
    view: ViewQuery = 0,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """The bytes of the catalogue, or a JPEG if a `width` is given; the ETag names the content."""
    image = await recommender.image(item_id, width, view)
    etag = f'"{hashlib.sha256(image.data).hexdigest()[:32]}"'
    headers = {
        "ETag": etag,
        "Cache-Control": _CACHE,
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if holds(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(image.data, headers=headers, media_type=image.media_type)


@router.get("/items/{id:path}", summary="An item", responses=responses(404, 422, 500, 503))
async def get_item(recommender: RecommenderDep, call: CallDep, item_id: ItemIdPath) -> ItemDetail:
    """All fields, and the ids of the other items of its style."""
    return item_detail(call, recommender, item_id)


@router.get(
    "/facets",
    summary="Counts of attribute values",
    responses=responses(400, 422, 429, 500, 503),
)
async def get_facets(recommender: RecommenderDep, call: CallDep, options: FacetQuery) -> Facets:
    """Over the items that match the filter: the values of each field, or the range of a number."""
    total, facets = await recommender.facets(options.to_query())
    return facet_counts(call, total, facets)
