"""HTTP connections: httptools in uvicorn, with limits, deadlines and a lingering close."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.http.problems import FRAMEWORK_DETAILS, problem_of, problem_response
from app.http.request_context import SECURITY_HEADERS, new_request_id
from app.settings import Settings

logger = logging.getLogger("twinset.connections")
MAX_HEADER_BYTES = 64 * 1024
MAX_HEADERS = 256
MAX_PIPELINED = 128  # requests that wait for the answer to an earlier one
# How long a closing connection may take over its last bytes, in both directions; as nginx has it.
_LINGER_S, _LINGER_MOST_S = 5.0, 30.0


class _Transport:
    """The connection's transport, for uvicorn: whoever closes it asks the connection first."""

    def __init__(self, connection: Connection, transport: asyncio.Transport) -> None:
        self._transport = transport
        self.write, self.is_closing = transport.write, transport.is_closing
        self.close = connection.close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """uvicorn's connection, for clients that dawdle, send too much or do not speak HTTP.

    uvicorn answers a request that it cannot parse in plain text, waits for ever for one that does
    not arrive, and closes while a client still sends, so that the client sees a reset instead of
    its answer. Here the first two get a problem document, 400 and 408, and a connection that ends
    early is shut for writing, read to its end and then closed.

    `header_s` bounds a request line and its headers, from the first byte to the last. `body_s`
    bounds a body, plus one second for each `body_rate` bytes received, up to `max_body_bytes`: a
    slow network is no fault, a byte now and then is (like mod_reqtimeout of the Apache server).
    `write_s` bounds how long an answer waits for a client that does not read. Half of `shutdown_s`
    replaces the first two when the service stops.
    """

    def __init__(self, *arguments: Any, settings: Settings, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._settings = settings
        # What arrives: the "first" request, a "head", a "body", the "rest" after a refusal, or
        # nothing. It is awaited from `_since` on; one more byte does not restart the clock.
        self._phase = "first"
        self._awaited: tuple[str, object] = ("", None)
        self._since = 0.0
        self._received = self._silent = self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._draining = self._ends = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(_Transport(self, transport))  # type: ignore[arg-type]
        self._transport = transport
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._phase = ""
        self._watch()
        self.resume_writing()
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Keep the way back open if a request that came as a whole waits for its answer."""
        self._ends = True
        return not self._phase and not self._is_idle

    @property
    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        if self._phase == "rest" or self._ends:
            return
        self._silent += len(data)
        super().data_received(data)
        if self._phase in ("head", "body") and self._silent > MAX_HEADER_BYTES:
            self._refuse(400)
        self._watch()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._phase, self._silent, self._head_bytes = "head", 0, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._phase == "head":  # else a trailer: nobody asks for it
            super().on_header(name, value)
        self._head_bytes += len(name) + len(value)
        if len(self.headers) > MAX_HEADERS or self._head_bytes > MAX_HEADER_BYTES:
            raise ValueError("too many headers")

    def on_headers_complete(self) -> None:
        self._phase = "body"
        if len(self.pipeline) == MAX_PIPELINED:
            raise ValueError("too many requests at once")
        if not self.url.startswith(b"/"):  # the absolute form, RFC 9112, section 3.2.2
            parts = httptools.parse_url(self.url)
            query = b"?" + parts.query if parts.query else b""
            self.url = (parts.path or b"/") + query
        super().on_headers_complete()
        if self.expect_100_continue:
            # A client that waits for permission, and is refused, need not send the body.
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        self._silent = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._phase = ""
        super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Answer in HTTP/1.1 and close: what follows may be in the other protocol."""
        self.cycle.keep_alive = False

    def _watch(self) -> None:
        """Start or stop the clock, if something else is awaited than before."""
        if self._awaited == (self._phase, self.cycle):
            return
        self._awaited = (self._phase, self.cycle)
        self._since, self._received = self.loop.time(), 0
        self._restart(self._allowed() if self._phase else None)

    def _restart(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._on_time)

    def _allowed(self) -> float:
        """Seconds that the client has for what is awaited, by what has come of it."""
        limits = self._settings
        bought = min(self._received, limits.max_body_bytes) / limits.body_rate
        if self._phase == "rest":
            return 1.0 if self._draining else min(_LINGER_S + bought, _LINGER_MOST_S)
        return limits.body_s + bought if self._phase == "body" else limits.header_s

    def _on_time(self) -> None:
        left = self._since + self._allowed() - self.loop.time()
        if left > 0 and not self._draining:
            self._restart(left)
        elif self._phase in ("head", "body"):
            logger.info("a request did not arrive in time")
            self._refuse(408)
        else:
            self._transport.abort()  # it has asked nothing, or was answered long ago

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it is logged already
        self._refuse(400)

    def _refuse(self, status: int) -> None:
        """Answer in the application's stead unless it has begun to, and hang up."""
        own = self.cycle if self._phase == "body" else None
        if self.pipeline or (own is None and not self._is_idle):
            # Earlier requests are answered first; then the connection ends without this answer.
            if own is not None and self.pipeline:
                self.pipeline.popleft()
            self._phase, self._ends = "", True
            return
        if own is None or not own.response_started:
            code, detail = FRAMEWORK_DETAILS[status]
            problem = problem_of(new_request_id(), status, code, detail)
            answer = problem_response(problem, SECURITY_HEADERS)
            head = [b"HTTP/1.1 %d %b" % (status, HTTPStatus(status).phrase.encode())]
            head += [b"%b: %b" % pair for pair in answer.raw_headers]
            self.transport.write(b"\r\n".join([*head, b"connection: close\r\n\r\n"]) + answer.body)
        if own is not None:
            own.disconnected = True  # the application is at work; nobody hears it any more
            own.message_event.set()
        self._hang_up()

    def close(self) -> None:
        """Close, or hang up if the client still sends: a reset would lose it the answer."""
        if self._phase in ("head", "body"):
            self._hang_up()
        elif not self._transport.is_closing():
            self._transport.close()
            self.pause_writing()  # what is written has its time to be read

    def _hang_up(self) -> None:
        """Send what is written and end; until the client does the same, drop what it sends."""
        self._phase = "rest"
        self._unset_keepalive_if_required()
        if not self._transport.is_closing():
            self._watch()
            self.flow.resume_reading()
            if self._transport.can_write_eof():
                self._transport.write_eof()

    def on_response_complete(self) -> None:
        others = bool(self.pipeline)
        super().on_response_complete()
        if self._ends and not others:
            self._hang_up()
        elif self._phase:
            # A request is on its way, or the rest of one that was refused: that is not idle.
            self._unset_keepalive_if_required()

    def shutdown(self) -> None:
        """Answer what has arrived; wait no longer than half of `shutdown_s` for the rest."""
        if self._phase == "head":
            self._phase = ""  # nobody waits for what has not been asked yet
        super().shutdown()
        if self._timer is not None and not self._transport.is_closing():
            self._draining = True
            left = self._timer.when() - self.loop.time()
            self._restart(min(left, self._settings.shutdown_s / 2))

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            later = self.loop.call_later
            self._write_timer = later(self._settings.write_s, self._transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
