"""Connections: what is not HTTP is answered as every other error is."""

from __future__ import annotations

import contextlib
import uuid

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from app.context import SECURITY_HEADERS
from app.problems import FRAMEWORK_DETAILS, problem_response


class Connection(H11Protocol):
    """uvicorn's connection, with a problem document for requests that cannot be parsed.

    Such a request never becomes one for the application; the server answers it itself, in plain
    text by default.
    """

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - it is logged already
        code, detail = FRAMEWORK_DETAILS[400]
        response = problem_response(uuid.uuid4().hex, 400, code, detail, headers=SECURITY_HEADERS)
        headers = [*response.raw_headers, (b"connection", b"close")]
        start = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        events = (start, h11.Data(data=bytes(response.body)), h11.EndOfMessage())
        with contextlib.suppress(h11.LocalProtocolError):  # an answer had begun: only hang up
            self.transport.write(b"".join(self.conn.send(event) or b"" for event in events))
        if self.cycle is not None:
            # Where the body was at fault the application is at work; nobody hears it any more.
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()
