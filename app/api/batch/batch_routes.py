"""`POST /recommend/batch`: many searches in one request."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response

from app.api import searches
from app.api.answers import json_response, ranked_content
from app.api.batch.batch_schemas import (
    BatchAnswer,
    BatchQuery,
    BlendEntry,
    ImageEntry,
    ItemEntry,
    RefusedEntry,
    TextEntry,
)
from app.api.dependencies import Call, CallDep, RecommenderDep, StateDep
from app.api.description.openapi_responses import responses
from app.api.error_responses import Refusal, refusal_of, refusal_of_fields
from app.api.reading.json_bodies import JsonRoute
from app.api.reading.pinned_lists import Pinned, digests, pin
from app.concurrency.embedding_cache import digest
from app.http.problems import FRAMEWORK_DETAILS, problem_of
from app.recommend.ranking import RankedPage
from app.recommend.recommender import Recommender
from app.state import State
from twinset.errors import TwinsetError
from twinset.events.event_store import Way

logger = logging.getLogger("twinset.access")
router = APIRouter(tags=["recommend"], route_class=JsonRoute)
Entry = ImageEntry | TextEntry | ItemEntry | BlendEntry
# Searches of one batch that run at a time: enough to fill the encoder's batches twice, few enough
# to leave room in every queue for other callers. Photos take many times as long: of 32 the last
# ones waited until they were refused on a busy machine, and 16 are no faster than 8.
_AT_A_TIME, _PHOTOS_AT_A_TIME = 32, 8


@router.post(
    "/recommend/batch",
    summary="Many searches at once",
    responses=responses(400, 413, 422, 429, 500, 503),
    response_model=BatchAnswer,
)
async def batch(
    request: Request,
    recommender: RecommenderDep,
    call: CallDep,
    state: StateDep,
    query: BatchQuery,
) -> Response:
    """Up to 100 searches, each answered as its own route would, with a status of its own.

    All are answered by one version of the index. For the rate limit a batch is worth as many
    requests as it holds.
    """
    charge = request.scope["state"].get("charge")
    if charge is not None:
        charge(len(query.requests) - 1)
    turns, photos = asyncio.Semaphore(_AT_A_TIME), asyncio.Semaphore(_PHOTOS_AT_A_TIME)
    together = recommender.gathering()

    async def result(number: int, entry: Entry | RefusedEntry) -> dict[str, Any]:
        own = replace(call, request_id=f"{call.request_id}.{number}")
        async with photos if isinstance(entry, ImageEntry | BlendEntry) else turns:
            return await _result(together, own, state, entry)

    recommender.has_cursors = True
    results = await asyncio.gather(*(result(n, one) for n, one in enumerate(query.requests, 1)))
    content = {"request_id": call.request_id, "results": results, "took_ms": call.took_ms}
    return json_response(content, call.prefix)


async def _result(
    recommender: Recommender, call: Call, state: State, entry: Entry | RefusedEntry
) -> dict[str, Any]:
    """A `BatchResult`; an error of one search is its own."""
    if isinstance(entry, RefusedEntry):
        return _problem(call, refusal_of_fields(entry.details))
    try:
        way, pinned, page = await _search(state, recommender, entry)
        words = getattr(entry, "query", "")
        state.note(call.request_id, way, page, pinned.place, words)
        return {"status": 200, "answer": ranked_content(call, pinned, page)}
    except TwinsetError as error:
        return _problem(call, refusal_of(error))
    except Exception:
        logger.exception("unexpected error", extra={"request_id": call.request_id})
        return _problem(call, Refusal(500, *FRAMEWORK_DETAILS[500]))


async def _search(
    state: State, live: Recommender, entry: Entry
) -> tuple[Way, Pinned[Any], RankedPage]:
    """What the entry's own route would do."""
    match entry:
        case ImageEntry():
            photo = await digest(entry.image)
            pinned = await pin(state, live, entry, entry.route, photo)
            found = searches.by_image(pinned.recommender, entry.image, pinned.options, photo)
            return "photo", pinned, await found
        case TextEntry():
            words = await pin(state, live, entry, entry.route)
            return "words", words, await searches.by_text(words.recommender, words.options)
        case ItemEntry():
            item = await pin(state, live, entry, entry.route, entry.id.encode())
            found = searches.by_item(item.recommender, entry.id, item.options)
            return "item", item, await found
        case BlendEntry():
            blend = await pin(state, live, entry, entry.route, *await digests(entry))
            return "blend", blend, await searches.by_signals(blend.recommender, blend.options)


def _problem(call: Call, refusal: Refusal) -> dict[str, Any]:
    said = (refusal.status, refusal.code, refusal.detail, refusal.errors)
    problem = problem_of(call.request_id, *said)
    return {"status": refusal.status, "problem": problem.model_dump(exclude_none=True)}
