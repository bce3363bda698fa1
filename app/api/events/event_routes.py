"""Routes of events (`POST /events`) and of the report on them (`GET /analytics`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from app.api.admin_access import AdminDep
from app.api.dependencies import CallDep, StateDep
from app.api.description.openapi_responses import responses
from app.api.reading.json_bodies import JsonRoute
from app.api.reading.plain_query import QueryRoute
from app.api.wire.event_schemas import AnalyticsReport, EventBatch, EventReceipt, Rate
from app.observability.event_writer import EventWriter
from twinset.errors import NotFound
from twinset.events import analytics
from twinset.events.event_store import Event, Events

_JSON = (b"content-type", b"application/json")


class BeaconRoute(JsonRoute):
    """A route for `navigator.sendBeacon`: text is read as JSON.

    A browser sends JSON to another origin only after it asked for leave, which a page that is being
    left has no time for; it sends text at once.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.headers.get("content-type", "").lower().startswith("text/plain"):
                headers = [pair for pair in request.scope["headers"] if pair[0] != _JSON[0]]
                scope = {**request.scope, "headers": [*headers, _JSON]}
                return await handler(Request(scope, request.receive))
            return await handler(request)

        return handle


async def get_events(state: StateDep) -> EventWriter:
    """The writer of events.

    Raises:
        NotFound: events are switched off.
    """
    if state.events is None:
        raise NotFound("There is nothing at this address.")
    return state.events


EventsDep = Annotated[EventWriter, Depends(get_events)]
router = APIRouter(tags=["events"], route_class=QueryRoute)


async def take_events(writer: EventsDep, call: CallDep, batch: EventBatch) -> EventReceipt:
    """The events are on the disk when the answer comes; if none comes, send them again: what is
    sent twice counts once. Off unless `TWINSET_EVENTS` is set."""
    events = [
        Event(one.kind, one.request_id, one.item_id, one.surface, one.position)
        for one in batch.events
    ]
    await writer.write(events)
    return EventReceipt(request_id=call.request_id, received=len(events))


router.add_api_route(
    "/events",
    take_events,
    summary="What shoppers did with answers",
    status_code=202,
    responses=responses(400, 404, 413, 415, 422, 429, 500, 503, 507),
    response_model=EventReceipt,
    methods=["POST"],
    route_class_override=BeaconRoute,
)


@router.get(
    "/analytics",
    summary="What people look for, find and click",
    responses=responses(401, 404, 422, 429, 500, 503),
    response_model=AnalyticsReport,
    dependencies=[AdminDep],
)
async def get_analytics(
    writer: EventsDep,
    call: CallDep,
    days: Annotated[int, Query(ge=1, le=365, description="How many days to look back.")] = 30,
) -> AnalyticsReport:
    """Words are shown if at least five searches used them."""

    def report(store: Events) -> analytics.Analytics:
        return analytics.analyse(store, time.time(), days)

    found = await writer.read(report)
    rates = {
        name: [
            Rate(**asdict(rate), click_through=rate.click_through) for rate in getattr(found, name)
        ]
        for name in ("by_surface", "by_position", "by_version")
    }
    return AnalyticsReport.model_validate({**asdict(found), **rates, "request_id": call.request_id})
