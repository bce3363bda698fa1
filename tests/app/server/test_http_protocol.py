"""Slow clients: each has its deadline, nobody else waits, and nothing of theirs is kept."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.recommend.recommender import Recommender
from app.server.http_protocol import MAX_PIPELINED
from app.settings import Settings
from app.state import State
from tests.support.bad_requests import MIB
from tests.support.raw_client import check, parse
from tests.support.small_shop import Server, open_shop, picture
from twinset.encoders import HashEncoder

HEADER_S, BODY_S, WRITE_S = 1, 2, 1
SLACK_S = 5  # other programs share the machine
HEAD = b"POST /recommend/by-image HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n"
UPLOAD = HEAD + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(header_s=HEADER_S, body_s=BODY_S, write_s=WRITE_S)
    state = State(settings)
    encoder = HashEncoder(32)
    version = open_shop(tmp_path_factory.mktemp("shop"), encoder)
    state.recommender = Recommender(encoder, version, settings, state.metrics)
    with Server(state) as address:
        yield address


def connect(address: str) -> socket.socket:
    url = httpx.URL(address)
    return socket.create_connection((url.host, url.port or 80), timeout=10)


def trickle(connection: socket.socket, first: bytes, more: bytes) -> tuple[bytes, float]:
    """Send `first`, then a byte of `more` every 100 ms; what came back, and after how long."""
    start = time.monotonic()
    connection.settimeout(0.1)
    answer = b""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(first)
        for i in range(80):
            with contextlib.suppress(TimeoutError):
                piece = connection.recv(4096)
                if not piece:
                    break
                answer += piece
                continue
            connection.sendall(more[i % len(more)].to_bytes())
    return answer, time.monotonic() - start


def test_headers_that_trickle_are_408(strict: str) -> None:
    with connect(strict) as connection:
        answer, seconds = trickle(connection, b"GET /livez HTTP/1.1\r\n", b"X-A: b\r\n")
    check(parse(answer), 408, "too_slow")
    assert HEADER_S - 0.1 <= seconds < HEADER_S + SLACK_S


def test_a_body_that_trickles_is_408(strict: str) -> None:
    with connect(strict) as connection:
        answer, seconds = trickle(connection, UPLOAD, b"x")
    check(parse(answer), 408, "too_slow")
    assert BODY_S - 0.1 <= seconds < BODY_S + SLACK_S


def test_a_slow_network_has_time(strict: str) -> None:
    # Three times the deadline, but always above the rate that is asked for.
    body = b"\r\nContent-Disposition: form-data; name=x\r\n\r\n" + bytes(200_000)
    length = len(b"--b") + len(body)
    head = UPLOAD.removesuffix(b"\r\n").replace(b"90000", str(length).encode())
    with connect(strict) as connection:
        connection.sendall(head)
        for start in range(0, len(body), len(body) // 20):
            connection.sendall(body[start : start + len(body) // 20])
            time.sleep(3 * BODY_S / 20)
        check(parse(connection.recv(4096)), 422)


def test_a_body_that_trickles_after_its_refusal_is_cut_off(strict: str) -> None:
    head = b"POST /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"
    with connect(strict) as connection:
        answer, seconds = trickle(connection, head, b"x")
    check(parse(answer), 413)
    assert seconds < BODY_S + SLACK_S


def chunked(path: str, pieces: list[bytes]) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    head += "Content-Type: application/json\r\nConnection: close\r\n\r\n"
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    return head.encode() + body + b"0\r\n\r\n"


@pytest.mark.parametrize("path", ["/recommend/by-text", "/livez"])
def test_a_body_in_chunks_of_one_byte_holds_up_nobody(strict: str, path: str) -> None:
    crumbs = chunked(path, [*[b" "] * 400_000, b'{"query": "hat"}'])
    with connect(strict) as connection, httpx.Client(base_url=strict) as other:
        other.get("/livez")
        sender = threading.Thread(target=send_all, args=(connection, crumbs))
        sender.start()
        slowest = timed_probe(other)
        while sender.is_alive():
            slowest = max(slowest, timed_probe(other))
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
    assert slowest < 1
    assert answer.startswith(b"HTTP/1.1 200" if path != "/livez" else b"HTTP/1.1 405")


def send_all(connection: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # hung up on
        connection.sendall(data)


def timed_probe(client: httpx.Client) -> float:
    start = time.monotonic()
    assert client.get("/livez").status_code == 200
    return time.monotonic() - start


@pytest.mark.parametrize("pieces", [[b" "] * 2000, [b" " * 256] * 30_000])
def test_a_body_in_small_chunks_is_read(strict: str, pieces: list[bytes]) -> None:
    query = b'{"query": "hat"}'
    with connect(strict) as connection:
        send_all(connection, chunked("/recommend/by-text", [*pieces, query]))
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_connection_that_asks_nothing_is_closed(strict: str) -> None:
    with connect(strict) as connection:
        start = time.monotonic()
        assert connection.recv(10) == b""
        assert HEADER_S - 0.1 <= time.monotonic() - start < HEADER_S + SLACK_S


def test_a_second_request_has_its_own_deadline(strict: str) -> None:
    with connect(strict) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        time.sleep(HEADER_S + 0.5)  # idle between requests is no fault
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        answer, _ = trickle(connection, b"GET /livez HTTP/1.1\r\n", b"X-A: b\r\n")
        check(parse(answer), 408)


def wait_until_full(address: str) -> None:
    """Wait until no more answers are written to a client that reads none."""
    deadline = time.monotonic() + 60
    before: list[str] = []
    while not (now := answered_documents(address)) or now != before:
        before = now
        time.sleep(1)
        assert time.monotonic() < deadline


def answered_documents(address: str) -> list[str]:
    text = httpx.get(f"{address}/metrics").text
    return re.findall(r'twinset_requests_total{.*route="/openapi.json".*} (\S+)', text)


def test_a_client_that_reads_nothing_is_cut_off(strict: str) -> None:
    # Pipelined, so that the answers fill every buffer between.
    asked = MAX_PIPELINED
    url = httpx.URL(strict)
    answered = 0
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(8)
        connection.connect((url.host, url.port))
        connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * asked)
        wait_until_full(strict)
        time.sleep(WRITE_S + 1)
        # What the kernel holds still comes, and then the end instead of the rest.
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(MIB):
                answered += piece.count(b"HTTP/1.1 200")
    assert 0 < answered < asked / 2


def test_others_are_served_meanwhile(strict: str) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            connection = stack.enter_context(connect(strict))
            connection.sendall(UPLOAD)
        start = time.monotonic()
        files = {"image": picture(1)}
        assert httpx.post(f"{strict}/recommend/by-image", files=files).status_code == 200
        assert time.monotonic() - start < SLACK_S
        time.sleep(BODY_S + 1)
    gauge = "twinset_requests_in_flight 1.0"  # the scrape itself
    assert gauge in httpx.get(f"{strict}/metrics").text


def test_bodies_of_those_who_left_are_not_held(tmp_path: Path) -> None:
    settings = Settings(max_held_bytes=400_000, body_s=BODY_S, body_rate=1_000_000)
    state = State(settings)
    encoder = HashEncoder(32)
    version = open_shop(tmp_path, encoder)
    state.recommender = Recommender(encoder, version, settings, state.metrics)
    part = b"Content-Disposition: form-data; name=image; filename=a\r\n\r\n"
    large = UPLOAD.replace(b"90000", b"900000") + part + bytes(150_000)
    with Server(state) as address, contextlib.ExitStack() as stack:
        leaver = connect(address)
        leaver.sendall(large)
        stalled = stack.enter_context(connect(address))
        stalled.sendall(large)
        time.sleep(0.2)
        files = {"image": picture(1) + bytes(200_000)}
        url = f"{address}/recommend/by-image"
        assert httpx.post(url, files=files).status_code == 429  # both hold their share
        leaver.close()
        time.sleep(0.2)
        assert httpx.post(url, files=files).status_code == 200
        time.sleep(BODY_S)
        twice = {"image": picture(1) + bytes(390_000)}
        assert httpx.post(url, files=twice).status_code == 200


@pytest.mark.parametrize("requests", [1, 3, 100])
def test_answers_to_requests_sent_at_once_come_in_order(address: str, requests: int) -> None:
    asked = b"".join(
        b"GET /items/p%d HTTP/1.1\r\nHost: x\r\nX-Request-ID: r%d\r\n\r\n" % (n % 20, n)
        for n in range(requests)
    )
    with connect(address) as connection:
        connection.sendall(asked + b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    heads = [line for line in answer.split(b"\r\n") if line.startswith(b"x-request-id: r")]
    assert heads == [b"x-request-id: r%d" % n for n in range(requests)]
    assert answer.count(b"HTTP/1.1 200") == requests + 1
    assert answer.endswith(b'{"status":"ok"}')


def test_those_that_wait_are_few(address: str) -> None:
    """Beyond a number, requests sent at once are left to another connection."""
    with connect(address) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" * 1000)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert MAX_PIPELINED <= answer.count(b"HTTP/1.1 200") < 1000
    assert answer.endswith(b'{"status":"ok"}')
