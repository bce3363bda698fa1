"""Routes that write items and choose the index version. All take the admin key.

Bodies are read here instead of being declared: the framework would read them before the key is
checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from app.api.admin_access import AdminDep, Operator, OperatorDep
from app.api.dependencies import ItemIdPath, StateDep
from app.api.description.openapi_responses import Responses, responses
from app.api.error_status import status_of_code
from app.api.reading.plain_query import QueryRoute
from app.api.wire.admin_schemas import (
    BatchResult,
    LineResult,
    WriteResult,
)
from app.http.request_target import route_path
from app.live.item_documents import Draft, read_batch, read_json
from app.live.item_writer import Outcome, Token, Writer, Written
from app.live.live_catalogue import LiveCatalogue
from app.service_errors import UnsupportedBody
from twinset.errors import NotReady
from twinset.live.write_log import Operation
from twinset.store.audit_trail import Act, ActKind

router = APIRouter(tags=["admin"], dependencies=[AdminDep], route_class=QueryRoute)
_MOST_DETAIL = 200
_JSON, _NDJSON = "application/json", "application/x-ndjson"


@dataclass(frozen=True)
class WriteCall:
    """A write request with the catalogue that it is for; `key` is its idempotency key, if it has
    one."""

    request: Request
    response: Response
    live: LiveCatalogue
    key: str | None
    operator: Operator

    def act(self, kind: ActKind, subject: str, detail: str = "") -> Act | None:
        """What to note of the write: every removal, and else what people with a name do.

        Programs that change prices and stock all day would push out everything else.
        """
        if kind != "remove" and not self.operator.name:
            return None
        return Act(str(self.operator), kind, subject, detail)

    @property
    def request_id(self) -> str:
        return str(self.request.state.request_id)

    async def body(self, media_type: str) -> bytes:
        """The body, if it is declared as `media_type`.

        Raises:
            UnsupportedBody: it is declared as something else.
        """
        given = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if given != media_type:
            raise UnsupportedBody(f"Send the body as {media_type}.")
        return await self.request.body()

    def token(self, body: bytes) -> Token | None:
        """What an answer is remembered under; None if the request has no idempotency key."""
        if self.key is None:
            return None
        path = route_path(self.request.scope)
        parts = (self.request.method.encode(), path.encode(), body)
        return Token(self.key, hashlib.sha256(b"\0".join(parts)).hexdigest())

    async def run(self, call: Callable[[], Written]) -> list[Outcome]:
        """Make a write on the thread for it, and say in a header when it was made before."""
        written = await self.live.run(call)
        if written.replayed:
            self.response.headers["Idempotency-Replayed"] = "true"
        return written.outcomes


def get_live(state: StateDep) -> LiveCatalogue:
    """The live catalogue.

    Raises:
        ArtefactError: its files were refused at start.
        NotReady: it is not there yet, or the service was given a fixed one.
    """
    if state.failure is not None:
        raise state.failure
    if state.live is None:
        raise NotReady("There is no catalogue to write to.")
    return state.live


LiveDep = Annotated[LiveCatalogue, Depends(get_live)]


def get_write_call(
    request: Request,
    response: Response,
    live: LiveDep,
    operator: OperatorDep,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=r"^[\x21-\x7e]+$",
            max_length=255,
            description="A name for this one request. The same request with the same key, within "
            "a day, is not made again but answered as the first time.",
        ),
    ] = None,
) -> WriteCall:
    return WriteCall(request, response, live, key, operator)


WriteDep = Annotated[WriteCall, Depends(get_write_call)]


def _body_of(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema}}}}


_ITEM = {
    "type": "object",
    "description": "The catalogue's fields by name, `image`: base64 of an image file, or null, and "
    "`further_images`: a list of such, further pictures of the item.",
    "additionalProperties": True,
    "examples": [{"title": "Blue striped shirt", "price": 39.9, "gender": "Women", "image": None}],
}
_LINES = {
    "type": "string",
    "description": "One JSON object a line; `op` is put, patch or delete, and a deletion has no "
    "`item`. At most 1000 lines.",
    "examples": ['{"op": "patch", "id": "1042", "item": {"price": 29.9}}\n'],
}
_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` if an earlier answer is given again.",
        "schema": {"type": "string"},
    }
}
_DONE: Responses = {200: {"headers": _REPLAYED}}
_CREATED: Responses = {
    201: {"model": WriteResult, "description": "The item is new.", "headers": _REPLAYED}
}


@router.put(
    "/items/{id:path}",
    summary="Add an item, or replace it",
    responses=_DONE | _CREATED | responses(400, 401, 404, 413, 415, 422, 429, 500, 503, 507),
    openapi_extra=_body_of(_JSON, _ITEM),
)
async def put_item(write: WriteDep, item_id: ItemIdPath) -> WriteResult:
    """The whole item: a field that is not named has no value, `image` included."""
    return await _write_one(write, "put", item_id, await write.body(_JSON))


@router.patch(
    "/items/{id:path}",
    summary="Change fields of an item",
    responses=_DONE | responses(400, 401, 404, 413, 415, 422, 429, 500, 503, 507),
    openapi_extra=_body_of(_JSON, _ITEM),
)
async def patch_item(write: WriteDep, item_id: ItemIdPath) -> WriteResult:
    """The fields named are changed; null takes a value away. The model runs only if the item's
    words or picture change: a price or a stock costs nothing."""
    return await _write_one(write, "patch", item_id, await write.body(_JSON))


@router.delete(
    "/items/{id:path}",
    summary="Remove an item",
    responses=_DONE | responses(401, 404, 413, 422, 429, 500, 503, 507),
)
async def delete_item(write: WriteDep, item_id: ItemIdPath) -> WriteResult:
    """No search or list finds the item from now on."""
    return await _write_one(write, "delete", item_id, None)


async def _write_one(
    write: WriteCall, operation: Operation, item_id: str, body: bytes | None
) -> WriteResult:
    writer, token = Writer(write.live), write.token(body or b"")

    def call() -> Written:
        document = None if body is None else read_json(body)
        draft = writer.documents.read(operation, item_id, document)
        fields = ", ".join(draft.entry.fields)[:_MOST_DETAIL]
        act = write.act("remove" if operation == "delete" else "edit", draft.entry.id, fields)
        return writer.write_one(draft, token, act)

    (outcome,) = await write.run(call)
    write.response.status_code = status_of_outcome(outcome)
    return WriteResult(request_id=write.request_id, id=outcome.id, sequence=outcome.sequence or 0)


@router.post(
    "/items/batch",
    summary="Write many items",
    responses=_DONE | responses(400, 401, 404, 413, 415, 422, 429, 500, 503, 507),
    openapi_extra=_body_of(_NDJSON, _LINES),
    response_model_exclude_none=True,
)
async def write_batch(write: WriteDep) -> BatchResult:
    """Newline-delimited JSON. Good lines are written together, durably, even if others are refused;
    each line is answered as a request of its own would be."""
    body = await write.body(_NDJSON)
    writer, token = Writer(write.live), write.token(body)

    def call() -> Written:
        drafts = read_batch(body, writer.documents)
        gone = sum(isinstance(one, Draft) and one.entry.operation == "delete" for one in drafts)
        act = write.act("remove" if gone else "batch", "", f"{len(drafts)} lines, {gone} removals")
        return writer.write_all(drafts, token, act)

    outcomes = await write.run(call)
    results = [_line_result(number, one) for number, one in enumerate(outcomes, start=1)]
    written = sum(outcome.code is None for outcome in outcomes)
    return BatchResult(
        request_id=write.request_id,
        written=written,
        refused=len(results) - written,
        results=results,
    )


def status_of_outcome(outcome: Outcome) -> int:
    """The HTTP status that answers a write with this outcome."""
    if outcome.code is not None:
        return status_of_code(outcome.code)
    return 201 if outcome.created else 200


def _line_result(line: int, outcome: Outcome) -> LineResult:
    return LineResult(
        line=line,
        id=outcome.id,
        status=status_of_outcome(outcome),
        sequence=outcome.sequence,
        code=outcome.code,
        detail=outcome.detail,
    )
