"""An open-loop load: requests leave on time whether or not earlier ones were answered."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import numpy as np


@dataclass
class Answers:
    """Status and seconds of every request; status 0 is a connection that broke."""

    statuses: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, status, seconds):
        self.statuses.append(status)
        self.seconds.append(seconds)

    @property
    def counts(self):
        return Counter(self.statuses)

    def percentile(self, percent, status=200):
        """Of the seconds of answers with that status."""
        taken = [s for s, one in zip(self.seconds, self.statuses, strict=True) if one == status]
        return float(np.percentile(taken, percent))


def http_request(method, path, body=b"", content_type=""):
    """The bytes of a request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
    head += f"Content-Type: {content_type}\r\n" if content_type else ""
    return head.encode() + b"\r\n" + body


# The service lets go of connections that were idle for 5 s; one asked in that moment breaks.
MOST_IDLE_S = 4.0


class Connections:
    """Keep-alive connections to one service, opened as they are needed."""

    def __init__(self, address):
        url = httpx.URL(str(address))
        self._place = (url.host, url.port)
        self._free = []

    async def ask(self, request):
        """The status of the answer; 0 where the connection breaks."""
        try:
            reader, writer = self._idle() or await self._open()
            writer.write(request)
            status = await self._read(reader)
        except (OSError, asyncio.IncompleteReadError):
            return 0
        self._free.append((reader, writer, time.perf_counter()))
        return status

    def _idle(self):
        """A connection that was kept; those that the service lets go, or did, are none."""
        while self._free:
            reader, writer, since = self._free.pop()
            if not reader.at_eof() and time.perf_counter() - since < MOST_IDLE_S:
                return reader, writer
            writer.close()
        return None

    async def _open(self):
        return await asyncio.open_connection(*self._place)

    async def _read(self, reader):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        return int(head.split()[1])

    def close(self):
        for _, writer, _ in self._free:
            writer.close()


async def timed(connections, request, answers):
    start = time.perf_counter()
    status = await connections.ask(request)
    answers.add(status, time.perf_counter() - start)


async def open_loop(address, make_request, rate, seconds):
    """`rate` requests a second for `seconds`; `make_request(n)` gives the bytes of the n-th."""
    connections, answers = Connections(address), Answers()
    start = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number in range(round(rate * seconds)):
            await asyncio.sleep(max(0.0, start + number / rate - time.perf_counter()))
            tasks.create_task(timed(connections, make_request(number), answers))
    connections.close()
    return answers


async def closed_loop(address, make_request, clients, count):
    """`count` requests by `clients` who each wait for their answer; gives them and the rate."""
    connections, answers = Connections(address), Answers()
    numbers = iter(range(count))

    async def client():
        for number in numbers:
            await timed(connections, make_request(number), answers)

    start = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    connections.close()
    return answers, count / (time.perf_counter() - start)


FORM = "multipart/form-data; boundary=b"
IMAGE = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n%s\r\n--b--\r\n'


def upload(data: bytes) -> bytes:
    return http_request("POST", "/recommend/by-image", IMAGE % data, FORM)
