"""Bounds on what requests may send, enforced before any of it is parsed."""

from __future__ import annotations

from contextlib import ExitStack

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import Overloaded
from app.pools import Gate
from app.problems import FRAMEWORK_DETAILS, problem_response

# Bodies up to this size are let in without being counted.
SMALL_BODY_BYTES = 64 * 1024


class BodyLimit:
    """ASGI middleware: bounds the size of a body, and how many large ones are held at a time.

    A body of more than `limit` bytes is 413, by its declared length at once, else as it arrives.
    Beyond `places` bodies of more than `SMALL_BODY_BYTES` the next one is 429. A length that is
    no length is 400. A place is held until the request has ended, however it ends.
    """

    def __init__(self, app: ASGIApp, limit: int, places: int) -> None:
        self._app = app
        self._limit = limit
        self._gate = Gate(places)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = self._judge(Headers(scope=scope))
        if status is not None:
            code, detail = FRAMEWORK_DETAILS[status]
            response = problem_response(scope["state"]["request_id"], status, code, detail)
            await response(scope, receive, send)
            return
        with ExitStack() as held:
            await self._app(scope, self._counted(receive, held), send)

    def _judge(self, headers: Headers) -> int | None:
        lengths = headers.getlist("content-length")
        if not lengths:
            return None
        if "transfer-encoding" in headers or len(lengths) > 1 or not _is_length(lengths[0]):
            return 400
        return 413 if int(lengths[0]) > self._limit else None

    def _counted(self, receive: Receive, held: ExitStack) -> Receive:
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            before = size
            size += len(message.get("body", b""))
            if size > self._limit:
                raise HTTPException(413)
            if before <= SMALL_BODY_BYTES < size:
                self._take_place(held)
            return message

        return counted

    def _take_place(self, held: ExitStack) -> None:
        try:
            held.enter_context(self._gate.enter())
        except Overloaded as error:
            # The framework passes on its own errors alone while it reads a body.
            raise HTTPException(429, headers={"Retry-After": str(error.retry_after_s)}) from None


def _is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
