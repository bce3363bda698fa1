"""What an operator looks at: errors, the catalogue and its last feed, load, state, who did what."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from app.api.admin_access import AdminDep, admin_scheme, require_admin
from app.api.admin_routes import LiveDep, WriteDep
from app.api.dependencies import CallDep, RecommenderDep, StateDep, located
from app.api.description.openapi_responses import Responses, responses
from app.api.reading.plain_query import QueryRoute
from app.api.version_routes import VersionPath
from app.api.wire.admin_schemas import CatalogueHealth, ErrorInfo, ErrorList, FindingInfo
from app.api.wire.feed_schemas import Feed, FeedInfo
from app.api.wire.operation_schemas import (
    ActInfo,
    LoadOfMinute,
    LoadReport,
    StatusReport,
    Trail,
)
from app.http.sessions import COOKIE, Sessions
from app.live.health.catalogue_health import examine
from app.live.health.picture_health import examine_pictures
from app.live.health.service_status import status_of_service
from app.live.item_documents import read_json
from app.live.version_switch import Versions
from twinset.store.feed_report import keep_report, latest_report

router = APIRouter(tags=["admin"], route_class=QueryRoute)
# The report is one file with its styles and pictures in it. It runs no script, and is of an origin
# of its own.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "sandbox",
    )
)
_HEADERS = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
_REPORT: Responses = {
    200: {"description": "The report.", "content": {"text/html": {"schema": {"type": "string"}}}}
}

_FEED_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Feed"}}},
    }
}


@router.get(
    "/errors",
    summary="Recent errors",
    responses=responses(401, 404, 500),
    dependencies=[AdminDep],
)
async def list_errors(call: CallDep, state: StateDep) -> ErrorList:
    """The last 100 errors of callers and the last 100 of the service, newest first. Each worker
    remembers its own."""
    errors = [ErrorInfo.model_validate(vars(event)) for event in state.errors.latest()]
    return ErrorList(request_id=call.request_id, errors=errors)


@router.get(
    "/catalogue",
    summary="What the catalogue lacks",
    responses=responses(401, 404, 422, 500, 503),
    dependencies=[AdminDep],
)
async def catalogue_health(
    call: CallDep,
    recommender: RecommenderDep,
    pictures: Annotated[
        bool, Query(description="Also read every picture: small, damaged, or of several styles.")
    ] = False,
) -> CatalogueHealth:
    """Items without a picture, title, price or kind, sold out, in groups of several kinds, or whose
    kind or colour the encoder doubts, with examples to look at."""
    version = recommender.version
    findings = await asyncio.to_thread(examine, version)
    if pictures:
        findings += await asyncio.to_thread(examine_pictures, version)
    return CatalogueHealth(
        request_id=call.request_id,
        items=version.count,
        findings=[FindingInfo.model_validate(asdict(finding)) for finding in findings],
    )


@router.get(
    "/catalogue/feed",
    summary="What the last feed brought",
    responses=responses(401, 404, 429, 500, 503),
    dependencies=[AdminDep],
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
    openapi_extra=_FEED_BODY,
    dependencies=[AdminDep],
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


@router.get(
    "/load",
    summary="The last hour",
    responses=responses(401, 404, 500),
    dependencies=[AdminDep],
)
async def load(call: CallDep, state: StateDep) -> LoadReport:
    """Requests, errors and percentiles of their times, by minute. A percentile is off by less than
    5 %."""
    history = state.metrics.load
    return LoadReport(
        request_id=call.request_id,
        workers=state.settings.workers,
        hour=LoadOfMinute.of(history.hour()),
        minutes=[LoadOfMinute.of(minute) for minute in history.minutes()],
    )


@router.get(
    "/status",
    summary="What runs, how old it is, what it takes",
    responses=responses(401, 404, 429, 500, 503),
    dependencies=[AdminDep],
)
async def status(
    call: CallDep, live: LiveDep, state: StateDep, recommender: RecommenderDep
) -> StatusReport:
    """The live version, when it was built and its feed taken, disk and memory."""
    look = partial(status_of_service, state.settings.index, recommender.version)
    return StatusReport(request_id=call.request_id, **asdict(await live.run(look)))


@router.get(
    "/trail",
    summary="Who did what",
    responses=responses(401, 404, 422, 429, 500, 503),
    dependencies=[AdminDep],
)
async def audit_trail(
    call: CallDep,
    live: LiveDep,
    limit: Annotated[int, Query(ge=1, le=1000, description="The latest so many.")] = 100,
) -> Trail:
    """Switches, rollbacks, compactions, removals, changes of synonyms; other changes of items if
    they came with a name in the header `X-Operator`. The latest 10,000 are kept, in the store, and
    hold no key."""
    acts = [] if live.log is None else await live.run(partial(live.log.acts, limit))
    return Trail(request_id=call.request_id, acts=[ActInfo.of(act) for act in acts])


def require_operator(
    request: Request, state: StateDep, _declared: Annotated[object, Depends(admin_scheme)]
) -> None:
    """Let only holders of the admin key pass, by the header or by the cookie of a browser that
    signed in with it.

    For pages that a browser opens by itself, and only if the route changes nothing.
    """
    if not Sessions(state.settings).may_operate(request.cookies.get(COOKIE, "")):
        require_admin(request, state, None)


@router.get(
    "/indexes/{version}/report",
    summary="How an index version was evaluated",
    response_class=Response,
    responses=_REPORT | responses(401, 404, 409, 422, 429, 500, 503),
    dependencies=[Depends(require_operator)],
)
async def index_report(live: LiveDep, version: VersionPath) -> Response:
    """The page that `twinset evaluate` wrote, if the version was built with `--report`."""
    html = await live.run(partial(Versions(live).report, version))
    return Response(html, headers=_HEADERS, media_type="text/html")
