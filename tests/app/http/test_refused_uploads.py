"""Uploads to a service that is full: refused by their head, and nobody else's bytes touched."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import httpx
import pytest

from app.recommend.recommender import Recommender
from app.server.http_protocol import MAX_PIPELINED
from app.settings import Settings
from app.state import State
from tests.support.open_loop import http_request
from tests.support.raw_client import check, parse
from tests.support.small_shop import Server, open_shop, picture
from twinset.encoders import HashEncoder

BODY_S = 2
FORM = "multipart/form-data; boundary=b"
PLAIN = (
    b"POST /recommend/by-image HTTP/1.1\r\nHost: a\r\n"
    b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9\r\n\r\n"
)
LIVEZ = http_request("GET", "/livez")


class FullState(State):
    """Of a service that has room for no image."""

    takes_no_image = True


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> State:
    state = FullState(Settings(body_s=BODY_S, body_rate=10**6))
    encoder = HashEncoder(32)
    version = open_shop(tmp_path_factory.mktemp("shop"), encoder)
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    return state


@pytest.fixture(scope="module")
def full(state: State) -> Iterator[str]:
    with Server(state) as address:
        yield address


def connect(address: str) -> socket.socket:
    url = httpx.URL(address)
    connection = socket.create_connection((url.host, url.port or 80), timeout=20)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class Reader:
    """Reads answers from a connection, one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")

    def answer(self) -> httpx.Response:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self._file.readline()
            assert line, head
            head += line
        answer = parse(head)
        length = int(answer.headers["content-length"])
        return httpx.Response(
            answer.status_code, headers=answer.headers, content=self._file.read(length)
        )

    def is_at_end(self) -> bool:
        return self._file.read(1) == b""


def upload(body: bytes, *lines: str) -> bytes:
    request = http_request("POST", "/recommend/by-image", body, FORM)
    head, _, rest = request.partition(b"\r\n\r\n")
    return b"\r\n".join([head, *(line.encode() for line in lines), b"", rest])


def test_an_upload_is_refused_and_says_when_to_come_again(full: str) -> None:
    answer = httpx.post(f"{full}/v1/recommend/by-image", files={"image": picture(1)})
    problem = check(answer, 429, "overloaded")
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_request_id_is_kept_or_replaced(full: str) -> None:
    with connect(full) as connection:
        reader = Reader(connection)
        connection.sendall(upload(b"x", "X-Request-ID: Order-17.a_b"))
        assert reader.answer().headers["x-request-id"] == "Order-17.a_b"
        connection.sendall(upload(b"x", "X-Request-ID: <b>"))
        answer = reader.answer()
        assert len(answer.headers["x-request-id"]) == 32
        assert "<b>" not in answer.text


def test_a_refusal_is_counted_and_logged(
    state: State, full: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "twinset.access"), connect(full) as connection:
        connection.sendall(upload(b"x", "X-Request-ID: counted") * 3)
        reader = Reader(connection)
        assert [reader.answer().status_code for _ in range(3)] == [429] * 3
    assert caplog.text.count("request") >= 3
    named = [event for event in state.errors.latest() if event.request_id == "counted"]
    assert {(e.route, e.status, e.code) for e in named} == {
        ("/recommend/by-image", 429, "overloaded")
    }
    text = httpx.get(f"{full}/metrics").text
    assert 'route="/recommend/by-image",status="429"' in text


@pytest.mark.parametrize("seed", range(8))
def test_each_request_gets_its_own_answer_however_the_bytes_are_cut(full: str, seed: int) -> None:
    """Uploads whose bodies look like requests, among others, in pieces of any length."""
    random = Random(seed)
    requests, expected = [], []
    for _ in range(30):
        kind = random.randrange(4)
        body = random.choice((LIVEZ, PLAIN, b"\r\n\r\n", b"")) * random.randrange(4)
        lines = ("Origin: https://a.example",) if kind == 1 else ()
        requests.append(LIVEZ if kind == 0 else upload(body, *lines))
        expected.append(200 if kind == 0 else 429)
    data = b"".join(requests)
    with connect(full) as connection:
        reader = Reader(connection)
        while data:
            size = random.choice((1, 7, 60, 200, 1000))
            connection.sendall(data[:size])
            data = data[size:]
            time.sleep(random.choice((0, 0, 0.001)))
        assert [reader.answer().status_code for _ in expected] == expected
        connection.shutdown(socket.SHUT_WR)
        assert reader.is_at_end()


@pytest.mark.parametrize("line", ["Connection: close", "Expect: 100-continue"])
def test_a_last_request_is_answered_before_its_body_and_the_connection_closed_after(
    full: str, line: str
) -> None:
    body = bytes(300_000)
    with connect(full) as connection:
        head, _, _ = upload(body, line).partition(body)
        connection.sendall(head)
        reader = Reader(connection)
        assert reader.answer().headers["connection"] == "close"
        connection.sendall(body)  # all of it is taken, so that nothing is reset
        assert reader.is_at_end()


def test_a_body_that_stays_away_is_not_waited_for(full: str) -> None:
    with connect(full) as connection:
        connection.sendall(upload(bytes(1000))[:-1])
        reader = Reader(connection)
        start = time.monotonic()
        check(reader.answer(), 429)
        assert reader.is_at_end()
        assert BODY_S - 0.1 <= time.monotonic() - start < BODY_S + 5


def test_answers_that_nobody_reads_do_not_pile_up(full: str) -> None:
    """Each is longer than what is sent for it, so that memory would grow with every request: the
    first ones are answered, and what comes after them is dropped."""
    with connect(full) as connection:
        connection.settimeout(3)
        with suppress(TimeoutError, ConnectionError):
            connection.sendall(upload(b"") * 300_000)
        with suppress(ConnectionError):
            heads = connection.makefile("rb").read().count(b"HTTP/1.1 429")
            assert 0 < heads <= MAX_PIPELINED + 1


def test_others_are_answered_by_a_full_service(full: str) -> None:
    with connect(full) as connection:
        reader = Reader(connection)
        for _ in range(3):
            connection.sendall(upload(bytes(100_000)))
            assert reader.answer().headers["retry-after"] == "1"
            connection.sendall(http_request("GET", "/items?limit=1"))
            assert len(json.loads(reader.answer().content)["items"]) == 1
