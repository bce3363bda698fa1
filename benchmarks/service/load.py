"""Load from outside: keep-alive connections that each ask again as soon as they are answered.

The client is one asyncio process that writes prepared bytes and reads an answer's status line,
headers and length, nothing more: about 40 microseconds of a core per request, a twentieth of what
the fastest route of the service takes, so that the client is not what is measured.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np

# Gives the bytes of request number n, head and body; no number comes twice in a process.
Requests = Callable[[int], bytes]
_HEAD_END = b"\r\n\r\n"
# They go on from one load to the next: a service keeps what it answered, so the next load would
# find the answers of the last one.
_numbers = itertools.count()


@dataclass(frozen=True)
class Result:
    """What came back: seconds of each answered request, in order of arrival, and their statuses."""

    latencies: np.ndarray
    statuses: Counter[int]
    seconds: float

    @property
    def rate(self) -> float:
        """Requests answered with 2xx, per second."""
        return sum(n for status, n in self.statuses.items() if 200 <= status < 300) / self.seconds

    def milliseconds(self, percentile: float) -> float:
        return float(np.percentile(self.latencies, percentile) * 1e3)

    @property
    def failures(self) -> dict[int, int]:
        """Answers other than 2xx by status; 0 counts connections that broke."""
        return {status: n for status, n in self.statuses.items() if not 200 <= status < 300}


@dataclass(frozen=True)
class Plan:
    """`clients` connections for `seconds`; with `rate`, that many requests a second in all."""

    clients: int
    seconds: float
    warm_up: float = 1.0
    rate: float | None = None


def run_load(address: str, requests: Requests, plan: Plan) -> Result:
    """Load `address` ("http://host:port"); what happens during the warm-up is not counted."""
    return asyncio.run(_run(address, requests, plan))


def require_answer(address: str, requests: Requests, name: str) -> None:
    """Ask once: a service that refuses what it is asked would seem the fastest of all.

    Raises:
        SystemExit: the answer is not 2xx; it says what was answered.
    """
    place = urlsplit(address)
    with socket.create_connection((place.hostname or "", place.port or 80), timeout=60) as asked:
        asked.sendall(requests(next(_numbers)).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        answer = b"".join(iter(lambda: asked.recv(65536), b""))
    if not answer.startswith(b"HTTP/1.1 2"):
        said = answer[-300:].decode("utf-8", "replace")
        raise SystemExit(f"{name}: not answered, but refused: {said}")


async def _run(address: str, requests: Requests, plan: Plan) -> Result:
    place = urlsplit(address)
    loop = asyncio.get_running_loop()
    start = loop.time() + plan.warm_up
    shared = _Shared(requests, plan, start, start + plan.seconds)
    connections = []
    for _ in range(plan.clients):
        _, protocol = await loop.create_connection(
            lambda: _Client(shared, loop), place.hostname or "", place.port or 80
        )
        connections.append(protocol)
    await asyncio.gather(*(connection.finished for connection in connections))
    return Result(np.array(shared.latencies), shared.statuses, plan.seconds)


class _Shared:
    """What all connections draw from and add to."""

    def __init__(self, requests: Requests, plan: Plan, start: float, end: float) -> None:
        self.start, self.end = start, end
        self.latencies: list[float] = []
        self.statuses: Counter[int] = Counter()
        # Seconds between two requests of one connection, if the rate is fixed.
        self.interval = plan.clients / plan.rate if plan.rate else 0.0
        self._requests = requests

    def next_request(self) -> bytes:
        return self._requests(next(_numbers))

    def add(self, status: int, sent: float, now: float) -> None:
        if self.start <= now < self.end:
            self.statuses[status] += 1
            self.latencies.append(now - sent)


class _Client(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, shared: _Shared, loop: asyncio.AbstractEventLoop) -> None:
        self.finished: asyncio.Future[None] = loop.create_future()
        self._shared, self._loop = shared, loop
        self._buffer = bytearray()
        self._sent = 0.0
        self._due = loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - narrows for the checker
        self._transport = transport
        self._send()

    def _send(self) -> None:
        now = self._loop.time()
        if now >= self._shared.end:
            self._transport.close()
            return
        self._sent = now
        self._transport.write(self._shared.next_request())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head = bytes(self._buffer[:end]).lower()
        if len(self._buffer) < end + len(_HEAD_END) + _content_length(head):
            return
        self._buffer.clear()
        now = self._loop.time()
        self._shared.add(int(head[9:12]), self._sent, now)
        # By the clock and not by the answer, so that a late one does not lower the rate.
        self._due += self._shared.interval
        if self._due > now:
            self._loop.call_at(self._due, self._send)
        else:
            self._send()

    def connection_lost(self, _: Exception | None) -> None:
        now = self._loop.time()
        if now < self._shared.end:  # the server hung up
            self._shared.add(0, self._sent, now)
        if not self.finished.done():
            self.finished.set_result(None)


def _content_length(head: bytes) -> int:
    start = head.find(b"content-length:")
    if start < 0:
        return 0
    end = head.find(b"\r", start)
    return int(head[start + 15 : end if end > 0 else len(head)])


def get(path: str) -> bytes:
    """A GET request."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


def post_json(path: str, value: object) -> bytes:
    """A POST request with a JSON body."""
    return _post(path, "application/json", json.dumps(value).encode())


def post_image(path: str, image: bytes) -> bytes:
    """A multipart POST request with one file, `image`."""
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    return _post(path, "multipart/form-data; boundary=b", head + image + b"\r\n--b--\r\n")


def _post(path: str, media_type: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {media_type}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
