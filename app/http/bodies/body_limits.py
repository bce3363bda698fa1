"""Bounds on what requests may send, enforced before any of it is parsed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.concurrency.pools import Gate
from app.http.bodies.gzip_bodies import gunzipped
from app.service_errors import Overloaded, UnsupportedCoding

# Bodies up to this size are let in without being counted.
SMALL_BODY_BYTES = 64 * 1024
_GZIP = (b"gzip", b"x-gzip")


class BodyLimit:
    """ASGI middleware: bounds the size of a body, and how much of all bodies is held at a time.

    A body of more than `limit` bytes is 413: at once if it declares its length, else as it arrives
    or unfolds from gzip. A body that would bring those of more than `SMALL_BODY_BYTES` to over
    `held` bytes in all is 429; it counts until its request has ended, however that ends. An upload
    is `Overloaded` before any of it is read if `full` says that it would be refused after: to
    refuse is then so cheap that a flood leaves time for everybody else. A body in another coding
    than gzip is `UnsupportedCoding`.
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
        length, kind, coding = b"0", b"", b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = value
            elif name == b"content-type":
                kind = value
            elif name == b"content-encoding":
                coding = value.strip().lower()
        if int(length) > self._limit:
            raise HTTPException(413)
        if kind[:10].lower() == b"multipart/" and self._full():
            raise Overloaded
        if coding not in (b"", b"identity", *_GZIP):
            raise UnsupportedCoding("Send the body as it is, or in gzip.")
        with ExitStack() as held:
            plain = gunzipped(receive) if coding in _GZIP else receive
            await self._app(scope, self._counted(plain, held), send)

    def _counted(self, receive: Receive, held: ExitStack) -> Receive:
        size = counted_size = 0

        async def counted() -> Message:
            nonlocal size, counted_size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._limit:
                raise HTTPException(413)
            if size > SMALL_BODY_BYTES:
                try:
                    held.enter_context(self._gate.enter(size - counted_size))
                except Overloaded as error:
                    # The framework passes on its own errors alone while it reads a body.
                    wait = {"Retry-After": str(error.retry_after_s)}
                    raise HTTPException(429, headers=wait) from None
                counted_size = size
            return message

        return counted
