"""Asks the corpus of a service, and judges its answers."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

import httpx

from tests.support.bad_requests import ECHO, Case
from tests.support.paths import ROOT
from tests.support.small_shop import picture

NEVER = ("Traceback", str(ROOT), "site-packages", ECHO)


def send(client: httpx.Client, case: Case) -> httpx.Response:
    """The answer to a case; each on a connection that the next good request may share."""
    if case.head is not None:
        return parse(send_raw(str(client.base_url), case.head))
    content = case.pieces[0] if len(case.pieces) == 1 else iter(case.pieces)
    body = {"content": content} if case.pieces else {}
    return client.request(case.method, case.path, headers=case.headers, **body)


def send_raw(address: str, head: str) -> bytes:
    """What comes back for bytes as they are, until the other side closes.

    nginx waits 5 s for the rest of what it refused before it does.
    """
    url = httpx.URL(address)
    with socket.create_connection((url.host, url.port or 80), timeout=20) as connection:
        # The server may answer and close while we still send.
        with contextlib.suppress(OSError):
            connection.sendall(head.encode("latin-1"))
        answer = b""
        # It may also reset the connection, for the bytes that it did not read.
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(4096):
                answer += piece
        return answer


def parse(answer: bytes) -> httpx.Response:
    """A response as it came from the socket."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = httpx.Headers([tuple(field.split(": ", 1)) for field in fields])
    return httpx.Response(int(line.split()[1]), headers=headers, content=body)


def check(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The body of a problem document of that status, once it is found to be a proper one."""
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.content) < 2048
    body: dict[str, Any] = response.json()
    assert set(body) == {
        "type", "title", "status", "detail", "instance", "code", "request_id", "errors"
    }  # fmt: skip
    assert body["status"] == status
    assert code is None or body["code"] == code
    assert body["type"] == f"urn:twinset:problem:{body['code']}"
    assert not any(word in response.text for word in NEVER)
    return body


def check_good(client: httpx.Client) -> None:
    """The next good request gets its answer."""
    files = {"image": ("photo.txt", picture(1), "text/plain")}  # judged by its bytes alone
    response = client.post("/recommend/by-image", files=files)
    assert response.status_code == 200, response.text
    check_sane(response)


def check_sane(response: httpx.Response, count: int = 10) -> None:
    """`count` items, best first, with cosines for scores."""
    scores = [item["score"] for item in response.json()["items"]]
    assert len(scores) == count
    assert scores == sorted(scores, reverse=True)
    assert all(-1.001 <= score <= 1.001 for score in scores)
