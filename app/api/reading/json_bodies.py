"""JSON bodies, refused if parsing one would hold up the whole service."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response

from app.api.reading.plain_query import QueryRoute
from app.service_errors import UnsupportedBody

# Lists, objects and fields of one body. No request has a hundred; in eight megabytes there is room
# for millions, which take a second and 200 MB before they are refused.
MOST_PARTS = 100_000
_JSON = re.compile(r"application/([a-z0-9.-]+\+)?json")


class JsonRequest(Request):
    """A request whose JSON is parsed only if it has few enough parts.

    Raises:
        ValueError: it has too many; the framework answers 400, as if it could not be parsed.
    """

    async def json(self) -> Any:
        body = await self.body()
        # Signs inside strings count too; a caller may write thousands.
        if sum(map(body.count, (b"[", b"{", b":"))) > MOST_PARTS:
            raise ValueError("too many parts")
        return await super().json()


class JsonRoute(QueryRoute):
    """A route that reads its body as a `JsonRequest`, if the body is declared as JSON.

    Raises:
        UnsupportedBody: the body is not declared as JSON, which `curl -d` forgets.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if not _JSON.fullmatch(given):
                raise UnsupportedBody("Send the body as JSON, with Content-Type: application/json.")
            return await handler(JsonRequest(request.scope, request.receive))

        return handle
