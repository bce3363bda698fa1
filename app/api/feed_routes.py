"""Routes to what the last feed brought: read by operators, written by `twinset sync --to`."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter
from pydantic import ValidationError

from app.api.admin_access import AdminDep
from app.api.admin_routes import LiveDep, WriteDep
from app.api.dependencies import CallDep, RecommenderDep, StateDep, located
from app.api.description.openapi_responses import responses
from app.api.reading.plain_query import QueryRoute
from app.api.wire.feed_schemas import Feed, FeedInfo
from app.live.item_documents import read_json
from twinset.store.feed_report import keep_report, latest_report

router = APIRouter(tags=["admin"], dependencies=[AdminDep], route_class=QueryRoute)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Feed"}}},
    }
}


@router.get(
    "/catalogue/feed",
    summary="What the last feed brought",
    responses=responses(401, 404, 429, 500, 503),
)
async def get_feed(
    call: CallDep, live: LiveDep, state: StateDep, recommender: RecommenderDep
) -> FeedInfo:
    """Products that came in, rows and values that were left out, by reason, and the first rows left
    out. A build takes it from the import's report beside the catalogue, and `twinset sync --to`
    sends it; the later of the two is shown."""
    manifest = recommender.version.manifest
    found = await live.run(partial(latest_report, state.settings.index, manifest))
    return FeedInfo(request_id=call.request_id, feed=None if found is None else Feed.of(found))


@router.put(
    "/catalogue/feed",
    summary="Say what a feed brought",
    responses=responses(400, 401, 404, 413, 415, 422, 429, 500, 503, 507),
    openapi_extra=_BODY,
)
async def put_feed(write: WriteDep, live: LiveDep, state: StateDep) -> FeedInfo:
    """For whoever writes a feed into the service by `POST /items/batch`. It changes no item, and
    outlasts a restart."""
    document = read_json(await write.body("application/json"))
    try:
        given = Feed.model_validate(document)
    except ValidationError as error:
        raise located(error, "body") from None
    await live.run(partial(keep_report, state.settings.index, given.report()))
    return FeedInfo(request_id=write.request_id, feed=given)
