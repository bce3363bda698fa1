"""What an operator looks at: recent errors, and how a version was evaluated."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.api.admin_access import AdminDep, admin_scheme, require_admin
from app.api.admin_routes import LiveDep, VersionPath
from app.api.dependencies import CallDep, RecommenderDep, StateDep
from app.api.description.openapi_responses import Responses, responses
from app.api.reading.plain_query import QueryRoute
from app.api.wire.admin_schemas import CatalogueHealth, ErrorInfo, ErrorList, FindingInfo
from app.http.sessions import COOKIE, Sessions
from app.live.catalogue_health import examine
from app.live.version_switch import Versions

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
    responses=responses(401, 404, 429, 500, 503),
    dependencies=[AdminDep],
)
async def catalogue_health(
    call: CallDep, live: LiveDep, recommender: RecommenderDep
) -> CatalogueHealth:
    """Items without a picture, title, price or kind, sold out, or in groups of several kinds, with
    examples to look at."""
    version = recommender.version
    findings = await live.run(partial(examine, version))
    return CatalogueHealth(
        request_id=call.request_id,
        items=version.count,
        findings=[FindingInfo.model_validate(asdict(finding)) for finding in findings],
    )


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
