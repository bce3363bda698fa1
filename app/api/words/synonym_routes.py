"""Routes that read and set the synonyms of the shop. All take the admin key."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import ValidationError

from app.api.admin_access import AdminDep, OperatorDep
from app.api.admin_routes import LiveDep, WriteDep
from app.api.dependencies import CallDep, RecommenderDep, located
from app.api.description.openapi_responses import responses
from app.api.reading.plain_query import QueryRoute
from app.api.wire.word_schemas import SynonymLines, SynonymList
from app.live.item_documents import read_json
from app.recommend.recommender import Recommender
from twinset.store.audit_trail import Act

router = APIRouter(tags=["admin"], dependencies=[AdminDep], route_class=QueryRoute)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": SynonymLines.model_json_schema()}},
    }
}


@router.get("/synonyms", summary="Synonyms", responses=responses(401, 404, 429, 500, 503))
async def get_synonyms(call: CallDep, recommender: RecommenderDep) -> SynonymList:
    """The lines that count now, and where they come from: set here (`live`), the shop's own file
    (`file`), or the list of Twinset (`default`)."""
    return _listed(call.request_id, recommender)


@router.put(
    "/synonyms",
    summary="Set the synonyms",
    responses=responses(400, 401, 404, 413, 415, 422, 429, 500, 503, 507),
    openapi_extra=_BODY,
)
async def put_synonyms(write: WriteDep, live: LiveDep, recommender: RecommenderDep) -> SynonymList:
    """They count from now on, in every worker within a fifth of a second, and outlast a restart.
    The line `@default` brings in the list of Twinset; without it the lines replace that list."""
    document = read_json(await write.body("application/json"))
    try:
        given = SynonymLines.model_validate(document)
    except ValidationError as error:
        raise located(error, "body") from None

    def change() -> None:
        recommender.synonyms.write(given.lines)
        live.note(Act(str(write.operator), "synonyms", "", f"{len(given.lines)} lines"))

    await live.run(change)
    return _listed(write.request_id, recommender)


@router.delete(
    "/synonyms",
    summary="Go back to the synonyms of the file",
    responses=responses(401, 404, 413, 429, 500, 503, 507),
)
async def delete_synonyms(
    call: CallDep, live: LiveDep, recommender: RecommenderDep, operator: OperatorDep
) -> SynonymList:
    """Those of the shop's own file count again, or else the list of Twinset."""

    def change() -> None:
        recommender.synonyms.remove()
        live.note(Act(str(operator), "synonyms_reset"))

    await live.run(change)
    return _listed(call.request_id, recommender)


def _listed(request_id: str, recommender: Recommender) -> SynonymList:
    source, lines = recommender.synonyms.lines()
    return SynonymList(request_id=request_id, source=source, lines=list(lines))
