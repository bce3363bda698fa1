"""Probes and metrics."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.api.dependencies import RecommenderDep, StateDep
from app.api.description.openapi_responses import Responses, responses
from app.api.reading.plain_query import QueryRoute
from app.api.wire.answer_schemas import Health
from twinset.errors import NotReady

router = APIRouter(tags=["health"], route_class=QueryRoute)
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METRICS_RESPONSE: Responses = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/livez", summary="Whether the process answers", responses=responses(500))
async def livez() -> Health:
    """Answers as long as the process does, and touches no model."""
    return Health()


@router.get("/readyz", summary="Whether requests can be answered", responses=responses(500, 503))
async def readyz(state: StateDep, recommender: RecommenderDep) -> Health:
    """Runs an embedding and a search; if several clients ask at once, they share one run."""
    if state.draining:
        raise NotReady("The service is shutting down.")
    await state.probe.run(recommender.probe)
    return Health()


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses=_METRICS_RESPONSE | responses(500),
)
async def metrics(state: StateDep) -> Response:
    """In the text format that Prometheus scrapes."""
    return Response(state.metrics.render(), media_type=_METRICS_TYPE)
