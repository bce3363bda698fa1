"""Routes that list the index versions and choose the live one. All take the admin key."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.api.admin_access import AdminDep, OperatorDep
from app.api.admin_routes import LiveDep
from app.api.dependencies import CallDep
from app.api.description.openapi_responses import responses
from app.api.reading.plain_query import QueryRoute
from app.api.wire.admin_schemas import (
    Activation,
    ComparisonInfo,
    IndexList,
    VersionInfo,
    Writes,
)
from app.live.version_comparison import Comparison
from app.live.version_switch import Versions
from twinset.live.engine_writes import count_unapplied

router = APIRouter(tags=["admin"], dependencies=[AdminDep], route_class=QueryRoute)


VersionPath = Annotated[
    str, Path(pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$", description="As `/indexes` lists it.")
]


@router.get("/indexes", summary="Index versions", responses=responses(401, 404, 429, 500, 503))
async def list_indexes(call: CallDep, live: LiveDep) -> IndexList:
    """Newest first, and how many items were written since the live one was built."""
    versions = await live.run(Versions(live).listed)
    overlay = live.overlay
    return IndexList(
        request_id=call.request_id,
        versions=[VersionInfo.of(version) for version in versions],
        writes=Writes(
            sequence=overlay.sequence, changed=overlay.size, unapplied=count_unapplied(overlay)
        ),
    )


@router.post(
    "/indexes/{version}/activate",
    summary="Make an index version the live one",
    responses=responses(401, 404, 409, 413, 422, 429, 500, 503, 507),
)
async def activate_index(
    call: CallDep,
    live: LiveDep,
    version: VersionPath,
    operator: OperatorDep,
    force: Annotated[bool, Query(description="Also if it is worse than the live one.")] = False,
) -> Activation:
    """The version is compared with the live one first, and refused if it is worse by more than the
    margin. Its encoder goes live with it; live writes newer than its catalogue stay."""
    comparison = await live.run_alone(
        partial(Versions(live).activate, version, force, str(operator))
    )
    return Activation(
        request_id=call.request_id, version=version, comparison=_comparison(comparison)
    )


@router.post(
    "/indexes/rollback",
    summary="Go back to the version before",
    responses=responses(401, 404, 409, 413, 429, 500, 503, 507),
)
async def roll_back_index(call: CallDep, live: LiveDep, operator: OperatorDep) -> Activation:
    """The version that was live before the live one; if asked again, the one before that."""
    version = await live.run_alone(partial(Versions(live).roll_back, str(operator)))
    return Activation(request_id=call.request_id, version=version, comparison=None)


def _comparison(comparison: Comparison | None) -> ComparisonInfo | None:
    return None if comparison is None else ComparisonInfo.model_validate(asdict(comparison))
