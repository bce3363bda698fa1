"""Refusing uploads at the door: by their first bytes, before anything of them is parsed.

A service that is full has to refuse many times what it can do. Through the framework a refusal
takes as long as a small request, and the refusals would starve the uploads that were let in.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.http.problems import problem_response
from app.http.request_context import SECURITY_HEADERS, new_request_id
from app.observability.prometheus_metrics import Metrics
from app.observability.recent_errors import ErrorEvent, RecentErrors
from app.service_errors import Overloaded
from app.settings import Settings

logger = logging.getLogger("twinset.access")
ROUTE = "/recommend/by-image"
_START = re.compile(rb"POST (?:/v1)?/recommend/by-image HTTP/1\.1\r\n")
# Each header that bears on where the request ends, or on how it is answered elsewhere.
_LENGTH = re.compile(rb"\r\ncontent-length: ?([0-9]{1,18})(?=\r\n)")
_UPLOAD = b"\r\ncontent-type: multipart/"
_NOT_PLAIN = re.compile(rb"\r\n(?:transfer-encoding|upgrade|origin|[ \t])|(?<!\r)\n")
_LAST = re.compile(rb"\r\n(?:connection: ?close|expect:)")
_REQUEST_ID = re.compile(rb"\r\nx-request-id: ?([a-z0-9._-]{1,64})\r\n", re.IGNORECASE)
_MAX_HEAD_BYTES = 8 * 1024
_ANY_ID = "-any-request-id-"
_TELL_EVERY_S = 1.0


@dataclass(frozen=True)
class Refusal:
    """An answer, and what is to happen after it.

    The request takes `head` bytes and then `body` bytes, which are dropped as they come: a client
    that is hung up on while it sends would lose the answer. `last` ends the connection then.
    """

    answer: bytes
    head: int
    body: int
    last: bool


class Door:
    """Looks at uploads where one more would be refused after all, or `limit` of them are `inside`.

    Those are inside that have come as a whole and are not answered: an upload that stalls takes
    nobody's place. `full` says what the queues behind know.

    Only what is plainly a whole request head for an upload is refused here, with the same answer
    as inside. Everything else is none of its business: what is odd, too long, or wants an answer
    of its own, as of another origin, is parsed and judged as ever. The log has one line a second
    for all of them.
    """

    def __init__(
        self, full: Callable[[], bool], settings: Settings, metrics: Metrics, errors: RecentErrors
    ) -> None:
        self._full, self._limit = full, settings.max_uploads
        self._max_body = settings.max_body_bytes
        self._metrics, self._errors = metrics, errors
        self.inside: set[object] = set()
        self._untold = 0
        busy = Overloaded()
        headers = {"Retry-After": str(busy.retry_after_s)}
        response = problem_response(_ANY_ID, 429, busy.code, str(busy), (), headers)
        self._body = bytes(response.body)
        kept = {k: v for k, v in response.headers.items() if k != "content-length"}
        lines = [f"{name}: {value}" for name, value in (kept | SECURITY_HEADERS).items()]
        self._head = "\r\n".join(["HTTP/1.1 429 Too Many Requests", *lines, ""]).encode()

    def refuse(self, data: bytes) -> Refusal | None:
        """What to do about the bytes that begin an upload; None to go on as ever."""
        if len(self.inside) < self._limit and not self._full():
            return None
        start = time.perf_counter()
        end = data.find(b"\r\n\r\n", 0, _MAX_HEAD_BYTES)
        head = data[: end + 2].lower()
        lengths = _LENGTH.findall(head)
        if end < 0 or head.count(b"\r\ncontent-length") != 1 or len(lengths) != 1:
            return None
        if _UPLOAD not in head or _NOT_PLAIN.search(head) or int(lengths[0]) > self._max_body:
            return None
        last = _LAST.search(head) is not None
        given = _REQUEST_ID.search(data, 0, end + 2)
        request_id = given[1].decode() if given else new_request_id()
        self._count(request_id, start)
        return Refusal(self._answer(request_id, last), end + 4, int(lengths[0]), last)

    @staticmethod
    def is_upload(data: bytes) -> bool:
        """Whether these bytes begin an upload."""
        return _START.match(data) is not None

    def _count(self, request_id: str, start: float) -> None:
        self._metrics.count_request("POST", ROUTE, 429, time.perf_counter() - start)
        now = datetime.now(UTC)
        self._errors.add(ErrorEvent(now, request_id, "POST", ROUTE, 429, Overloaded.code))
        if self._untold == 0:
            asyncio.get_running_loop().call_later(_TELL_EVERY_S, self._tell)
        self._untold += 1

    def _tell(self) -> None:
        logger.info("%d uploads were refused at the door", self._untold)
        self._untold = 0

    def _answer(self, request_id: str, last: bool) -> bytes:
        body = self._body.replace(_ANY_ID.encode(), request_id.encode())
        close = b"connection: close\r\n" if last else b""
        fields = b"content-length: %d\r\nx-request-id: %b\r\n" % (len(body), request_id.encode())
        return b"%b%b%b\r\n%b" % (self._head, fields, close, body)
