"""Routes to similar items: by image, by text, by item, and by a blend of several signals."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.api import searches
from app.api.answers import recommendations
from app.api.dependencies import (
    CallDep,
    IfNoneMatch,
    ImageFormDep,
    ItemIdPath,
    RecommenderDep,
    SearchQuery,
    StateDep,
)
from app.api.description.openapi import image_form
from app.api.description.openapi_responses import NOT_CHANGED, responses
from app.api.reading.etags import holds
from app.api.reading.fast_route import DirectRoute
from app.api.reading.json_bodies import JsonRoute
from app.api.reading.pinned_lists import digests, pin
from app.api.wire.answer_schemas import Recommendations
from app.api.wire.blend_schemas import BlendQuery
from app.api.wire.schemas import TextQuery
from app.concurrency.embedding_cache import digest

router = APIRouter(tags=["recommend"], route_class=JsonRoute)


async def by_image(
    recommender: RecommenderDep, call: CallDep, state: StateDep, form: ImageFormDep
) -> Response:
    """Upload a photo as `image`. If common fields are wanted, send them as further form fields.
    `kinds` names what the photo is seen to show; a sure one steers, and `understood` says so."""
    photo = await digest(form.image)
    pinned = await pin(state, recommender, form.options, "by-image", photo)
    page = await searches.by_image(pinned.recommender, form.image, pinned.options, photo)
    state.note(call.request_id, "photo", page, pinned.place)
    return recommendations(call, pinned, page)


router.add_api_route(
    "/recommend/by-image",
    by_image,
    summary="Items like a photo",
    responses=responses(400, 410, 413, 415, 422, 429, 500, 503),
    response_model=Recommendations,
    openapi_extra=image_form(),
    methods=["POST"],
    route_class_override=DirectRoute,
)


@router.post(
    "/recommend/by-text",
    summary="Items that fit a description",
    responses=responses(400, 410, 413, 422, 429, 500, 503),
    response_model=Recommendations,
)
async def by_text(
    recommender: RecommenderDep, call: CallDep, state: StateDep, query: TextQuery
) -> Response:
    """Words are compared by meaning with pictures and descriptions. Prices, sizes, values, what is
    not wanted and slips of the keyboard are understood first; `understood` says so."""
    pinned = await pin(state, recommender, query, "by-text")
    page = await searches.by_text(pinned.recommender, pinned.options)
    state.note(call.request_id, "words", page, pinned.place, query.query)
    return recommendations(call, pinned, page)


@router.post(
    "/recommend",
    summary="Items like some things and unlike others",
    responses=responses(400, 404, 410, 413, 415, 422, 429, 500, 503),
    response_model=Recommendations,
)
async def blend(
    recommender: RecommenderDep, call: CallDep, state: StateDep, query: BlendQuery
) -> Response:
    """Each signal is an image, a text or an item, with a weight. If a signal is an item, it is not
    returned."""
    pinned = await pin(state, recommender, query, "recommend", *await digests(query))
    page = await searches.by_signals(pinned.recommender, pinned.options)
    state.note(call.request_id, "blend", page, pinned.place)
    return recommendations(call, pinned, page)


async def similar(
    recommender: RecommenderDep,
    call: CallDep,
    state: StateDep,
    item_id: ItemIdPath,
    options: SearchQuery,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """By the item's stored vector, so no model runs; the item itself is never returned.

    The list has an ETag, which lasts until the catalogue or the model changes, and at most five
    minutes if there is a `page.cursor`.
    """
    pinned = await pin(state, recommender, options, "similar", item_id.encode())
    row = pinned.recommender.row(item_id)  # an unknown item is 404 whatever the caller holds
    synonyms = pinned.recommender.synonyms.current.digest if options.edit else ""
    tag = pinned.tag(call.prefix, synonyms)
    headers = {"ETag": tag, **state.settings.cache_headers}
    if holds(if_none_match, tag):
        pinned.recommender.has_cursors = True  # that of the body which the caller holds
        return Response(status_code=304, headers=headers)
    page = await pinned.recommender.similar(row, pinned.options.to_query())
    state.note(call.request_id, "item", page, pinned.place)
    return recommendations(call, pinned, page, headers)


router.add_api_route(
    "/items/{id:path}/similar",
    similar,
    summary="Items like an item",
    responses=NOT_CHANGED | responses(400, 404, 410, 422, 429, 500, 503),
    response_model=Recommendations,
    methods=["GET"],
    route_class_override=DirectRoute,
)
