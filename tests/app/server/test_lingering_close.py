"""A client that is refused while it sends hears why: its connection is not reset."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from app.server import http_protocol
from tests.support.bad_requests import LIMIT, MIB
from tests.support.nginx import needs_nginx, running_nginx
from tests.support.raw_client import check, parse

LAST = {"1.0": "HTTP/1.0\r\nHost: a", "close": "HTTP/1.1\r\nHost: a\r\nConnection: close"}
FORM = "Content-Type: multipart/form-data; boundary=b"
# (status, method and path, header lines beside the length, size of the body)
REFUSED = {
    "400": (400, "POST /recommend/by-image", FORM, 8 * MIB),
    "404": (404, "POST /nowhere", FORM, 8 * MIB),
    "405": (405, "PUT /facets", FORM, 8 * MIB),
    "413": (413, "POST /recommend/by-image", FORM, LIMIT + 1),
    "415": (415, "POST /recommend/by-image", "Content-Type: text/plain", 8 * MIB),
    "415 coding": (415, "POST /recommend/by-text", "Content-Encoding: br", 8 * MIB),
}
# Each is refused before it is read: the body is announced, so the length alone says too much.
NOT_HTTP = b"\x16\x03\x01 hello\r\n\r\n" + bytes(MIB)


def ask(address: str, data: bytes) -> bytes:
    """What comes back for a request that is sent as a whole before anything is read."""
    url = httpx.URL(address)
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("last", LAST)
@pytest.mark.parametrize("name", REFUSED)
def test_each_large_body_hears_its_refusal(address: str, name: str, last: str, full: bool) -> None:
    status, target, lines, size = REFUSED[name]
    body = b"--b\r\n" + bytes(size - 5)
    head = f"{target} {LAST[last]}\r\n{lines}\r\nContent-Length: {len(body)}\r\n\r\n"
    with ThreadPoolExecutor(4) as pool:
        requests = [head.encode() + body] * (200 if full else 8)
        answers = list(pool.map(lambda data: ask(address, data), requests))
    for answer in answers:
        check(parse(answer), status)


def test_what_is_not_http_hears_its_refusal(address: str, full: bool) -> None:
    for _ in range(200 if full else 20):
        check(parse(ask(address, NOT_HTTP)), 400)


def test_half_a_connection_is_enough_for_an_answer(address: str) -> None:
    url = httpx.URL(address)
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        connection.sendall(b"GET /items/p1/similar HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 200") == 3


def test_one_who_never_stops_sending_is_let_go(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_protocol, "_LINGER_S", 0.5)
    monkeypatch.setattr(http_protocol, "_LINGER_MOST_S", 1.0)
    url, start, ended = httpx.URL(address), time.monotonic(), False
    with socket.create_connection((url.host, url.port or 80), timeout=30) as connection:
        while not ended and time.monotonic() < start + 20:
            try:
                connection.sendall(NOT_HTTP)
            except OSError:
                ended = True
    assert ended
    assert time.monotonic() - start < 15


@needs_nginx
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_proxy_hears_it_too(address: str, tmp_path: Path, version: str, full: bool) -> None:
    """As nginx proxies by default (HTTP/1.0), and as ours does; its own limit is raised."""
    changes = [("client_max_body_size 20m;", "client_max_body_size 100m;")]
    if version == "1.0":
        changes.append(("proxy_http_version 1.1;", "proxy_http_version 1.0;"))
    changes.append(("rate=20r/s", "rate=10000r/s"))
    with running_nginx(address, tmp_path, changes) as edge:
        for status, target, lines, size in REFUSED.values():
            body = b"--b\r\n" + bytes(size - 5)
            head = f"{target} {LAST['close']}\r\n{lines}\r\nContent-Length: {len(body)}\r\n\r\n"
            for _ in range(200 if full else 3):
                check(parse(ask(edge, head.encode() + body)), status)
