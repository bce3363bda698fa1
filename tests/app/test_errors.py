"""Every bad input gets its status and a small problem document; the next good request gets 200."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any

import httpx
import pytest

from tests.app.conftest import picture
from tests.app.corpus import bad_images, odd_images
from tests.conftest import ROOT

MIB = 1024 * 1024
MULTIPART = "multipart/form-data; boundary=b"


def check(response: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text[:300]
    assert response.headers["content-type"] == "application/problem+json"
    assert len(response.content) < 2048
    body: dict[str, Any] = response.json()
    assert set(body) >= {"type", "title", "detail", "instance", "request_id", "errors"}
    assert body["status"] == status
    assert code is None or body["code"] == code
    assert not any(word in response.text for word in ("Traceback", str(ROOT), "site-packages"))
    return body


def upload(client: httpx.Client, data: bytes, **fields: Any) -> httpx.Response:
    files = {"image": ("photo.jpg", data, "image/jpeg")}
    return client.post("/recommend/by-image", files=files, data=fields)


def send_text(client: httpx.Client, body: bytes | str) -> httpx.Response:
    headers = {"Content-Type": "application/json"}
    return client.post("/recommend/by-text", content=body, headers=headers)


@pytest.mark.parametrize(("data", "status", "code"), bad_images().values(), ids=bad_images())
def test_bad_images(client: httpx.Client, data: bytes, status: int, code: str) -> None:
    check(upload(client, data), status, code)
    assert upload(client, picture(1)).status_code == 200


@pytest.mark.parametrize("data", odd_images().values(), ids=odd_images())
def test_odd_images_are_accepted(client: httpx.Client, data: bytes) -> None:
    response = upload(client, data)
    assert response.status_code == 200, response.text
    assert len(response.json()["items"]) == 10


PART = b'--b\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
FILE = PART % (b"image", b'; filename="a"', picture(1))
END = b"--b--\r\n"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("multipart/form-data", FILE + END, 400),
        (f"multipart/form-data; boundary={'b' * 5000}", FILE + END, 400),
        ('multipart/form-data; boundary=""', FILE + END, 400),
        (MULTIPART, b"garbage", 400),
        (MULTIPART, b"", 400),
        (MULTIPART, (PART % (b"fields", b"", b"x")) * 1300 + END, 400),
        (MULTIPART, FILE + PART % (b"filter", b"", b"\xff\xfe") + END, 400),
        (MULTIPART, FILE + PART % (b"filter", b"", b"colour ==") + END, 400),
        ("application/json", b'{"image": ""}', 415),
        ("", FILE + END, 415),
        (MULTIPART, FILE[:-9], 422),
        (MULTIPART, END, 422),
        (MULTIPART, PART % (b"photo", b'; filename="a"', picture(1)) + END, 422),
        (MULTIPART, PART % (b"image", b"", b"text") + END, 422),
        (MULTIPART, FILE + FILE + END, 422),
        (MULTIPART, FILE + PART % (b"limit", b"", b"5") * 2 + END, 422),
        (MULTIPART, FILE + PART % (b"secret-word", b"", b"5") + END, 422),
    ],
)
def test_bad_multipart(client: httpx.Client, content_type: str, body: bytes, status: int) -> None:
    headers = {"Content-Type": content_type}
    response = client.post("/recommend/by-image", content=body, headers=headers)
    check(response, status)
    assert "secret-word" not in response.text


@pytest.mark.parametrize(
    "fields",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "101"},
        {"limit": "9" * 5000},
        {"offset": "-1"},
        {"min_score": "nan"},
        {"min_score": "1e999"},
        {"min_score": "2"},
    ],
)
def test_bad_common_fields(client: httpx.Client, fields: dict[str, str]) -> None:
    check(client.get("/items/p1/similar", params=fields), 422, "invalid_request")
    check(upload(client, picture(1), **fields), 422, "invalid_request")


@pytest.mark.parametrize(
    "box", ["0,0,1", "0,0,2,1", "0.5,0,0.5,1", "nan,0,1,1", "a,b,c,d", "1,1,0,0"]
)
def test_bad_boxes(client: httpx.Client, box: str) -> None:
    check(upload(client, picture(1), box=box), 422)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("{", 400),
        ("", 422),
        (b'{"query": "\xff"}', 400),
        ("[" * 100_000, 400),
        ('{"query": "a", "limit": %s}' % ("9" * 5000), 400),
        ('{"query": "a", "min_score": NaN}', 422),
        ('{"query": "a", "min_score": 1e999}', 422),
        ('{"query": "a", "limit": Infinity}', 422),
        ('{"query": "\\ud800"}', 422),
        ('{"query": "a", "filter": "\\ud800"}', 422),
        ('{"query": "a", "exclude_ids": ["\\ud800"]}', 422),
        ('{"\\ud800": 1, "query": "a"}', 422),
        ('{"query": " \\n "}', 422),
        (json.dumps({"query": "a" * 513}), 422),
        ('{"query": "a", "secret-word": 1}', 422),
        ('{"query": 7}', 422),
        ("[]", 422),
        ("null", 422),
    ],
)
def test_bad_json(client: httpx.Client, body: bytes | str, status: int) -> None:
    response = send_text(client, body)
    check(response, status)
    assert "secret-word" not in response.text
    assert send_text(client, '{"query": "dress"}').status_code == 200


@pytest.mark.parametrize(
    "signals",
    [
        [],
        [{}],
        [{"text": "a", "item_id": "p1"}],
        [{"text": "a", "weight": 0}],
        [{"image": "not base64!"}],
        [{"text": "a"}] * 17,
    ],
)
def test_bad_signals(client: httpx.Client, signals: list[dict[str, Any]]) -> None:
    check(client.post("/recommend", json={"positive": signals}), 422)


def test_signals_that_cancel_out(client: httpx.Client) -> None:
    query = {"positive": [{"text": "hat"}], "negative": [{"text": "hat"}]}
    check(client.post("/recommend", json=query), 422)


def test_bodies_over_the_limit(client: httpx.Client) -> None:
    over = bytes(8 * MIB + 1)
    check(client.post("/recommend/by-image", content=over), 413, "body_too_large")
    pieces = (over[i : i + MIB] for i in range(0, len(over), MIB))
    headers = {"Content-Type": MULTIPART}
    check(client.post("/recommend/by-image", content=pieces, headers=headers), 413)
    check(send_text(client, json.dumps({"query": "a" * 10 * MIB})), 413)
    check(client.post("/livez", content=over), 413)


def test_a_body_at_the_limit_passes(client: httpx.Client) -> None:
    padding = 8 * MIB - len(FILE) - len(END)
    body = FILE[:-2] + bytes(padding) + b"\r\n" + END
    headers = {"Content-Type": MULTIPART}
    response = client.post("/recommend/by-image", content=body, headers=headers)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    "path",
    [
        "/items/none",
        "/items/%00",
        "/items/..%2F..%2Fetc",
        "/items/none/similar",
        "/nowhere",
        "/items/none/image",
        "/static/none.js",
        "/static/..%2Fmain.py",
        "/v1/nowhere",
    ],
)
def test_unknown_addresses(client: httpx.Client, path: str) -> None:
    check(client.get(path), 404, "not_found")


def test_wrong_methods(client: httpx.Client) -> None:
    check(client.delete("/livez"), 405, "method_not_allowed")
    response = client.get("/recommend/by-image")
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize("fields", [{"filter": "nofield = 1"}, {"group_by": "x"}, {"fields": "x"}])
def test_unknown_fields_list_the_known_ones(client: httpx.Client, fields: dict[str, str]) -> None:
    body = check(client.get("/items", params=fields), 400)
    assert "baseColour" in body["detail"]


def test_a_bad_filter_says_where(client: httpx.Client) -> None:
    body = check(client.get("/items", params={"filter": 'price = = "x"'}), 400, "invalid_filter")
    assert body["errors"][0]["field"] == "filter"


def raw(address: str, head: str) -> bytes:
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        # The server may answer and close while we still send.
        with contextlib.suppress(OSError):
            connection.sendall(head.encode("latin-1") + b"\r\n\r\n")
        answer = b""
        # It may also reset the connection, for the bytes that it did not read.
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(4096):
                answer += piece
        return answer


def check_raw(answer: bytes, status: int) -> None:
    """The same as `check`, of an answer as it came from the socket."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = httpx.Headers([tuple(field.split(": ", 1)) for field in fields])
    check(httpx.Response(int(line.split()[1]), headers=headers, content=body), status)


@pytest.mark.parametrize(
    "header",
    [
        "Content-Length: -1",
        "Content-Length: x",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "X-Large: " + "x" * MIB,
        "\r\n".join(f"X-{i}: {i}" for i in range(40_000)),
    ],
)
def test_bad_headers(address: str, client: httpx.Client, header: str) -> None:
    answer = raw(
        address, f"POST /recommend/by-text HTTP/1.1\r\nHost: a\r\n{header}\r\nConnection: close"
    )
    check_raw(answer, 400)
    assert client.get("/livez").status_code == 200


def test_what_is_not_http_gets_a_problem_document(address: str, client: httpx.Client) -> None:
    check_raw(raw(address, "\x16\x03\x01 hello"), 400)
    assert client.get("/livez").status_code == 200


def test_garbage_after_an_answer_has_begun(
    address: str, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    head = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\nzz"
    assert raw(address, head).startswith(b"HTTP/1.1 ")
    assert client.get("/livez").status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
