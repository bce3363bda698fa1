"""HTTP connections: httptools in uvicorn, with limits, deadlines and a lingering close."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.problems import FRAMEWORK_DETAILS, problem_response
from app.http.request_context import SECURITY_HEADERS, new_request_id

logger = logging.getLogger("twinset.connections")
# A request line and its headers; more is refused before any more of it is kept.
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 256
# Parsed at a time, so that pipelined requests wait as bytes and not as tasks.
_SLICE_BYTES = 16 * 1024
# How long a closing connection may take over its last bytes, in both directions; as nginx has it.
_LINGER_S, _LINGER_MOST_S = 5.0, 30.0


@dataclass(frozen=True)
class Deadlines:
    """Seconds that a client may take.

    `header` bounds a request line and its headers, from the first byte to the last. `body` bounds
    a body, plus one second for each `body_rate` bytes received, up to `body_most` bytes: a slow
    network is no fault, a byte now and then is (like mod_reqtimeout of the Apache server). `write`
    bounds how long an answer waits for a client that does not read. `drain` replaces the first two
    when the service stops.
    """

    header: float
    body: float
    body_rate: int
    body_most: int
    write: float
    drain: float


class _CycleTransport:
    """What an answer is written to.

    Its head is sent together with the body that follows in the same turn of the event loop:
    uvicorn writes them apart, which is two system calls and two packets. `close` waits if part of
    the request is still to come.
    """

    def __init__(self, connection: Connection, transport: asyncio.Transport) -> None:
        self._connection, self._transport = connection, transport
        self._held = b""
        self.is_closing = transport.is_closing

    def write(self, data: bytes) -> None:
        if self._held:
            data, self._held = self._held + data, b""
            self._transport.write(data)
        else:
            self._held = data
            self._connection.loop.call_soon(self.flush)

    def flush(self) -> None:
        data, self._held = self._held, b""
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        self.flush()
        self._connection.close_after_answer()


class Connection(HttpToolsProtocol):
    """uvicorn's connection, for clients that dawdle, send too much or do not speak HTTP.

    uvicorn answers a request that it cannot parse in plain text, waits for ever for one that does
    not arrive, and closes while a client still sends, so that the client sees a reset instead of
    its answer. Here the first two get a problem document, 400 and 408, and a connection that ends
    early is shut for writing, read to its end and then closed.
    """

    def __init__(self, *arguments: Any, deadlines: Deadlines, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._deadlines = deadlines
        self._phase = ""  # what of a request is arriving: "head", "body" or nothing
        self._headers = self._silent = 0
        # What is awaited, and after which request: one more byte does not restart the clock.
        self._awaited: tuple[str, object] = ("", None)
        self._since, self._received = 0.0, 0
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._draining = self._deaf = self._ends = self._keeps_alive = False
        self._later = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._answers = _CycleTransport(self, transport)
        self._await("head", self._deadlines.header)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deaf = True
        self._await("", 0)
        self.resume_writing()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the way back open if a request that came as a whole waits for its answer."""
        self._ends = True
        return self._phase != "body" and not self._is_idle

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        data = self._later + data
        while data and not self._deaf and not self.pipeline:
            piece, data = data[:_SLICE_BYTES], data[_SLICE_BYTES:]
            self._silent += len(piece)
            super().data_received(piece)
            if self._phase and self._silent > MAX_HEADER_BYTES:
                self.send_400_response("")
        self._later = b"" if self._deaf else data
        if self._later:
            self.flow.pause_reading()
        self._watch()

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _watch(self) -> None:
        """Start or stop the clock, by what is awaited now."""
        if self._deaf:
            return
        if self._phase == "body":
            self._await("body", self._deadlines.body)
        elif self._phase == "head" or (self._is_idle and self.timeout_keep_alive_task is None):
            self._await("head", self._deadlines.header)
        else:
            self._await("", 0)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._phase, self._headers, self._silent = "head", 0, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase == "head":  # else a trailer: nobody asks for it
            super().on_header(name, value)
        self._headers += 1
        if self._headers > MAX_HEADERS:
            raise ValueError("too many headers")

    def on_headers_complete(self) -> None:
        self._phase = "body"
        if not self.url.startswith(b"/"):  # the absolute form, RFC 9112, section 3.2.2
            parts = httptools.parse_url(self.url)
            query = b"?" + parts.query if parts.query else b""
            self.url = (parts.path or b"/") + query
        super().on_headers_complete()
        self.cycle.transport = self._answers  # type: ignore[assignment]
        if self.expect_100_continue:
            # A client that waits for permission, and is refused, need not send the body.
            self._keeps_alive, self.cycle.keep_alive = self.cycle.keep_alive, False

    def on_body(self, body: bytes) -> None:
        self._silent = 0
        self._permit()
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._phase = ""
        self._permit()
        super().on_message_complete()

    def _permit(self) -> None:
        if self.expect_100_continue and not self.cycle.response_started:
            self.expect_100_continue, self.cycle.keep_alive = False, self._keeps_alive

    def _unsupported_upgrade_warning(self) -> None:
        """Answer in HTTP/1.1 and close: what follows may be in the other protocol."""
        self.cycle.keep_alive = False

    def _await(self, what: str, seconds: float) -> None:
        if self._awaited != (what, self.cycle):
            self._awaited = (what, self.cycle)
            if what:
                self._since, self._received = self.loop.time(), 0
            self._restart(seconds if what else None)

    def _restart(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        self._timer = None
        if self._awaited[0] != "head" and (earned := self._earned()) > 0:
            self._restart(earned)
        elif self._phase and not self._deaf:
            logger.info("a request did not arrive in time")
            self._refuse(408)
        else:
            self.transport.abort()  # it has asked nothing, or was answered long ago

    def _earned(self) -> float:
        """Seconds that the received bytes of a body have bought beyond now."""
        limits = self._deadlines
        bought = min(self._received, limits.body_most) / limits.body_rate
        allowed = limits.body + bought
        if self._awaited[0] == "rest":
            allowed = min(_LINGER_S + bought, _LINGER_MOST_S)
        return 0.0 if self._draining else self._since + allowed - self.loop.time()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it is logged already
        self._refuse(400)

    def _refuse(self, status: int) -> None:
        """Answer in the application's stead unless it has begun to, and hang up."""
        own = self.cycle if self._phase == "body" else None
        if self.pipeline or (own is None and self.cycle and not self.cycle.response_complete):
            # Earlier requests are answered first; then the connection ends without this answer.
            if own is not None and self.pipeline and self.pipeline[0][0] is own:
                self.pipeline.popleft()
            self._deaf = self._ends = True
            return
        if own is None or not own.response_started:
            code, detail = FRAMEWORK_DETAILS[status]
            answer = problem_response(new_request_id(), status, code, detail, (), SECURITY_HEADERS)
            head = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
            head += [b"%b: %b" % pair for pair in answer.raw_headers]
            self.transport.write(b"\r\n".join([*head, b"connection: close\r\n\r\n"]) + answer.body)
        if own is not None:
            own.disconnected = True  # the application is at work; nobody hears it any more
            own.message_event.set()
        self._hang_up()

    def close_after_answer(self) -> None:
        """Close, or hang up if the client still sends: a reset would lose it the answer."""
        if self._phase == "body":
            self._hang_up()
        else:
            self.transport.close()

    def _hang_up(self) -> None:
        """Send what is written and end; until the client does the same, drop what it sends."""
        self._deaf = True
        self._unset_keepalive_if_required()
        if not self.transport.is_closing():
            self._await("rest", _LINGER_S)
            self.flow.resume_reading()
            if self.transport.can_write_eof():
                self.transport.write_eof()

    def on_response_complete(self) -> None:
        self._answers.flush()
        others = bool(self.pipeline)
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._later:
            self.data_received(b"")
        elif others:
            return
        elif self._ends:
            self._hang_up()
        elif self._phase:
            # A request is on its way, or the rest of one that was refused: that is not idle.
            self._unset_keepalive_if_required()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def shutdown(self) -> None:
        """Answer what has arrived; wait no longer than `drain` for the rest."""
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(_LINGER_S, self.transport.abort)
        elif self._timer is not None:
            self._draining = True
            left = self._timer.when() - self.loop.time()
            self._restart(min(left, self._deadlines.drain))

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            later = self.loop.call_later
            self._write_timer = later(self._deadlines.write, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
