"""What is written in one turn of the loop goes out in one call, whole and in order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from app.server.gathered_writes import GatheredWrites


class Recorder(asyncio.Transport):
    """A transport that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes | str] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_closing()
        self.calls.append(bytes(data))

    def close(self) -> None:
        self.calls.append("close")

    def abort(self) -> None:
        self.calls.append("abort")

    def is_closing(self) -> bool:
        return "close" in self.calls or "abort" in self.calls


def after(steps: Callable[[GatheredWrites], None]) -> list[bytes | str]:
    """The calls of a transport once the steps were done and the loop has turned."""
    recorder = Recorder()

    async def run() -> None:
        steps(GatheredWrites(recorder, asyncio.get_running_loop()))
        await asyncio.sleep(0)

    asyncio.run(run())
    return recorder.calls


def test_one_turn_is_one_call() -> None:
    def steps(writes: GatheredWrites) -> None:
        for part in (b"head", b"", b"body"):
            writes.write(part)

    assert after(steps) == [b"headbody"]


def test_flush_sends_at_once_and_nothing_twice() -> None:
    def steps(writes: GatheredWrites) -> None:
        writes.write(b"one")
        writes.flush()
        writes.flush()
        writes.write(b"two")

    assert after(steps) == [b"one", b"two"]


def test_what_was_written_is_sent_before_a_close() -> None:
    def steps(writes: GatheredWrites) -> None:
        writes.write(b"last")
        writes.close()

    assert after(steps) == [b"last", "close"]


def test_nothing_is_sent_after_an_abort() -> None:
    def steps(writes: GatheredWrites) -> None:
        writes.write(b"lost")
        writes.abort()

    assert after(steps) == ["abort"]


def test_much_is_not_held_back() -> None:
    seen: list[int] = []

    def steps(writes: GatheredWrites) -> None:
        for _ in range(3):
            writes.write(b"x" * 40_000)
            seen.append(len(writes.calls))

    assert after(steps) == [b"x" * 80_000, b"x" * 40_000]
    assert seen == [0, 1, 1]


@pytest.mark.parametrize("requests", [1, 3])
def test_answers_to_requests_sent_at_once_come_in_order(address: str, requests: int) -> None:
    host, port = address.removeprefix("http://").split(":")
    asked = b"".join(
        b"GET /items/p%d HTTP/1.1\r\nHost: x\r\nX-Request-ID: r%d\r\n\r\n" % (n, n)
        for n in range(requests)
    )
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(asked + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    heads = [line for line in answer.split(b"\r\n") if line.startswith(b"x-request-id: r")]
    assert heads == [b"x-request-id: r%d" % n for n in range(requests)]
    assert answer.count(b"HTTP/1.1 200") == requests + 1
    assert answer.endswith(b'{"status":"ok"}')
