"""Connections: what is not HTTP is answered as every other error is, and nobody may dawdle."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.http.early_rejection import Door, Refusal
from app.http.problems import FRAMEWORK_DETAILS, problem_response
from app.http.request_context import SECURITY_HEADERS, new_request_id
from app.server.gathered_writes import GatheredWrites

logger = logging.getLogger("twinset.connections")
# A request line and its headers; more is refused before it is read further.
MAX_HEADER_BYTES = 64 * 1024
# How long a closing connection may take over its last bytes.
_LINGER_S = 5.0


@dataclass(frozen=True)
class Deadlines:
    """Seconds that a client may take.

    `header` over a request line and its headers, from the first byte to the last. `body` over a
    body, and one more for each `body_rate` bytes that have come, up to `body_most` of them: a slow
    network is no fault, a byte now and then is (as mod_reqtimeout of the Apache server has it).
    `write` until it reads on where an answer waits for it; `drain` over the first two once the
    service stops.
    """

    header: float
    body: float
    body_rate: int
    body_most: int
    write: float
    drain: float


class WireReader(h11.Connection):
    """Takes requests off the wire; a chunked body in crumbs is none.

    Each chunk takes as long as a small request would, so a few hundred kilobytes in chunks of one
    byte would keep everybody else waiting for seconds.

    Raises:
        h11.RemoteProtocolError: more than `CRUMBS` chunks, of less than `CHUNK_BYTES` on average.
    """

    CRUMBS, CHUNK_BYTES = 2048, 256
    _chunks = _size = 0

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = self._size = 0
        elif isinstance(event, h11.Data):
            self._chunks += event.chunk_start
            self._size += len(event.data)
            if self._chunks > self.CRUMBS + self._size // self.CHUNK_BYTES:
                raise h11.RemoteProtocolError("a body in crumbs")
        return event


class Connection(H11Protocol):
    """uvicorn's connection, with deadlines, and a problem document where it answers by itself.

    A request that cannot be parsed, or that does not arrive, never becomes one for the
    application; uvicorn answers the first in plain text, and waits for the second for ever.
    """

    def __init__(self, *arguments: Any, deadlines: Deadlines, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.conn = WireReader(h11.SERVER, MAX_HEADER_BYTES)
        self._deadlines = deadlines
        self._timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        # What is awaited, and after which request: a byte more does not start the clock anew.
        self._awaited: tuple[str | None, object] = (None, None)
        self._since = 0.0
        self._received = 0
        self._draining = False
        self._door: Door | None = self.app_state.get("door")
        self._uploading = False
        # The upload that was refused last, until all of it has come, and how much is still to come.
        self._refused: Refusal | None = None
        self._to_drop = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # Everything that uvicorn writes, it writes through this.
        self._writes = GatheredWrites(transport, self.loop)
        super().connection_made(self._writes)  # type: ignore[arg-type]
        self._await("head", self._deadlines.header)

    def connection_lost(self, exc: Exception | None) -> None:
        self._await(None, 0)
        self._leave()
        self.resume_writing()
        super().connection_lost(exc)

    def _leave(self) -> None:
        if self._door is not None:
            self._door.inside.discard(self.cycle)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        data = self._drop(data)
        while data and self._turn_away(data):
            data = self._drop(data)
        if data:
            super().data_received(data)

    def _turn_away(self, data: bytes) -> bool:
        """Answer an upload that the door refuses, where these bytes begin a request."""
        conn = self.conn
        if conn.their_state is not h11.IDLE or conn.our_state is not h11.IDLE:
            return False
        # Nor where answers pile up: then one is written after the other, see `pause_writing`.
        if self._door is None or conn.trailing_data[0] or self.flow.write_paused:
            return False
        self._uploading = self._door.is_upload(data)
        self._refused = refused = self._door.refuse(data) if self._uploading else None
        if refused is None:
            return False
        self._unset_keepalive_if_required()
        self.transport.write(refused.answer)
        self._to_drop = refused.head + refused.body
        self._await("rest", self._deadlines.body)
        return True

    def _drop(self, data: bytes) -> bytes:
        """What of these bytes does not belong to the upload that was refused."""
        if self._refused is None:
            return data
        rest = data[self._to_drop :]
        self._to_drop -= len(data) - len(rest)
        if self._to_drop == 0:
            last, self._refused = self._refused.last, None
            self._await(None, 0)
            if last:
                self._hang_up()
                return b""
            later = self.loop.call_later
            self.timeout_keep_alive_task = later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        return rest

    def handle_events(self) -> None:
        super().handle_events()
        state = self.conn.their_state
        if self._door is not None and self._uploading and state is h11.DONE:
            self._uploading = False  # it has come
            if not self.cycle.response_complete:
                self._door.inside.add(self.cycle)
        if self.transport.is_closing():
            self._await(None, 0)
        elif state is h11.SEND_BODY:
            self._await("body", self._deadlines.body)
        elif state is h11.IDLE and self.conn.trailing_data[0]:
            self._await("head", self._deadlines.header)
        else:
            self._await(None, 0)  # all has arrived, or nothing of the next request has

    def _await(self, what: str | None, seconds: float) -> None:
        if self._awaited == (what, self.cycle):
            return
        self._awaited = (what, self.cycle)
        self._since, self._received = self.loop.time(), 0
        self._restart(seconds if what is not None else None)

    def _restart(self, seconds: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        if self._awaited[0] == "head" and not self.conn.trailing_data[0]:
            self.transport.close()  # it has asked nothing
            return
        if self._awaited[0] in ("body", "rest") and (earned := self._earned()) > 0:
            self._restart(earned)
            return
        if self._awaited[0] == "rest":
            self._hang_up()  # it was answered
            return
        logger.info("a request did not arrive in time")
        self._answer(408)

    def _earned(self) -> float:
        """Seconds that the bytes of a body have bought beyond now."""
        limits = self._deadlines
        counted = min(self._received, limits.body_most)
        allowed = limits.body + counted / limits.body_rate
        return 0.0 if self._draining else self._since + allowed - self.loop.time()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it is logged already
        self._answer(400)

    def _answer(self, status: int) -> None:
        """Answer in the application's stead, where it has not begun to, and hang up."""
        code, detail = FRAMEWORK_DETAILS[status]
        response = problem_response(
            new_request_id(), status, code, detail, headers=SECURITY_HEADERS
        )
        headers = [*response.raw_headers, (b"connection", b"close")]
        reason = HTTPStatus(status).phrase.encode()
        start = h11.Response(status_code=status, headers=headers, reason=reason)
        events = (start, h11.Data(data=bytes(response.body)), h11.EndOfMessage())
        with contextlib.suppress(h11.LocalProtocolError):  # an answer had begun: only hang up
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        if self.cycle is not None:
            # Where the body was at fault the application is at work; nobody hears it any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._hang_up()

    def _hang_up(self) -> None:
        """Close once the last bytes are sent, or without them where nobody reads them."""
        self.transport.close()
        self.loop.call_later(_LINGER_S, self.transport.abort)

    def on_response_complete(self) -> None:
        self._leave()
        self._writes.flush()
        super().on_response_complete()
        if self.transport.is_closing():
            self._hang_up()
        elif self.conn.their_state is h11.SEND_BODY:
            # Refused before all of it came. Closed now, the client would lose the answer to a
            # reset; the rest has the body's deadline, and is no idle connection.
            self._unset_keepalive_if_required()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._hang_up()

    def shutdown(self) -> None:
        """Answer what has arrived; wait no longer than `drain` for the rest."""
        super().shutdown()
        if self.transport.is_closing():
            self._hang_up()
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
