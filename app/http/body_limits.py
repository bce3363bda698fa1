"""Bounds on what requests may send, enforced before any of it is parsed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.concurrency.pools import Gate
from app.http.problems import FRAMEWORK_DETAILS
from app.http.refusals import refuse
from app.service_errors import Overloaded

# Bodies up to this size are let in without being counted.
SMALL_BODY_BYTES = 64 * 1024


class BodyLimit:
    """ASGI middleware: bounds the size of a body, and how much of all bodies is held at a time.

    A body of more than `limit` bytes is 413, by its declared length at once, else as it arrives.
    One that would bring the bodies of more than `SMALL_BODY_BYTES` to over `held` bytes in all is
    429. A length that is no length is 400. A body counts until its request has ended, however it
    ends. An upload is 429 before any of it is read where `full` says that it would be after:
    to refuse is then so cheap that a flood leaves time for everybody else.
    """

    def __init__(self, app: ASGIApp, limit: int, held: int, full: Callable[[], bool]) -> None:
        self._app = app
        self._limit = limit
        self._full = full
        self._gate = Gate(held)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lengths, chunked, kind = [], False, b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                lengths.append(value)
            elif name == b"transfer-encoding":
                chunked = True
            elif name == b"content-type":
                kind = value
        status = self._judge(lengths, chunked)
        if status is not None:
            # Where headers disagree about where a body ends, so may a proxy (RFC 9112, 6.3).
            closing = {"Connection": "close"} if status == 400 else None
            await refuse(scope, receive, send, status, *FRAMEWORK_DETAILS[status], closing)
            return
        if kind[:10].lower() == b"multipart/" and self._full():
            busy = Overloaded()
            wait = {"Retry-After": str(busy.retry_after_s)}
            await refuse(scope, receive, send, 429, busy.code, str(busy), wait)
            return
        with ExitStack() as held:
            await self._app(scope, self._counted(receive, held), send)

    def _judge(self, lengths: list[bytes], chunked: bool) -> int | None:
        if not lengths:
            return None
        if chunked or len(lengths) > 1 or not (lengths[0].isdigit() and len(lengths[0]) < 20):
            return 400
        return 413 if int(lengths[0]) > self._limit else None

    def _counted(self, receive: Receive, held: ExitStack) -> Receive:
        size = counted_size = 0

        async def counted() -> Message:
            nonlocal size, counted_size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit:
                raise HTTPException(413)
            if size > SMALL_BODY_BYTES:
                self._hold(held, size - counted_size)
                counted_size = size
            return message

        return counted

    def _hold(self, held: ExitStack, size: int) -> None:
        try:
            held.enter_context(self._gate.enter(size))
        except Overloaded as error:
            # The framework passes on its own errors alone while it reads a body.
            raise HTTPException(429, headers={"Retry-After": str(error.retry_after_s)}) from None
