"""JSON bodies: how much of one is parsed, since all that waits for it is the whole service."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

# Lists, objects and fields of one body. No request has a hundred; in eight megabytes there is room
# for millions, which take a second and 200 MB before they are refused.
MOST_PARTS = 100_000


class JsonRequest(Request):
    """A request whose JSON is parsed unless it has too many parts.

    Raises:
        ValueError: it has; the framework answers 400, as to what it cannot parse.
    """

    async def json(self) -> Any:
        body = await self.body()
        # Those inside strings count too: a caller may write thousands of them.
        if sum(map(body.count, (b"[", b"{", b":"))) > MOST_PARTS:
            raise ValueError("too many parts")
        return await super().json()


class JsonRoute(APIRoute):
    """A route that reads its body as a `JsonRequest`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(JsonRequest(request.scope, request.receive))

        return handle
