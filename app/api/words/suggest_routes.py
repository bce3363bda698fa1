"""The route of completions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from app.api.dependencies import CallDep, RecommenderDep, StateDep
from app.api.description.openapi_responses import responses
from app.api.reading.plain_query import QueryRoute
from app.api.wire.word_schemas import SuggestionList, WireSuggestion
from app.recommend.query import MAX_TEXT

router = APIRouter(tags=["recommend"], route_class=QueryRoute)
MAX_SUGGESTIONS = 20
TypedText = Annotated[
    str, Query(max_length=MAX_TEXT, description="What was typed so far.", examples=["red dr"])
]
SuggestionLimit = Annotated[int, Query(ge=1, le=MAX_SUGGESTIONS)]


@router.get("/suggest", summary="Completions of a query", responses=responses(422, 429, 500, 503))
async def suggest(
    recommender: RecommenderDep,
    call: CallDep,
    state: StateDep,
    q: TypedText = "",
    limit: SuggestionLimit = 8,
) -> SuggestionList:
    """Queries that begin like what was typed and find something here: kinds, brands, values of any
    field, words of titles, whole titles, and what others search for. If nothing begins so, slips
    of the keyboard are corrected first, which `corrected` says."""
    found = await recommender.suggest(q, limit, state.frequent_queries)
    return SuggestionList(
        request_id=call.request_id,
        suggestions=[WireSuggestion.model_validate(vars(one)) for one in found.found],
        corrected=found.corrected,
        took_ms=call.took_ms,
    )
