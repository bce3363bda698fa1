"""What other people's clients, proxies and monitors send, as their bug reports have it."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import time
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from tests.support.bad_requests import END, FORM, LIMIT, PART
from tests.support.raw_client import check, parse, send_raw
from tests.support.small_shop import ODD_ID, Server, open_shop, picture
from twinset.encoders import HashEncoder
from twinset.text.base64_text import read_base64

PHOTO = picture(3)
SHOP = "https://shop.example"


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()["items"]]


@pytest.fixture(scope="module")
def like_photo(client: httpx.Client) -> list[str]:
    return ids(client.post("/recommend/by-image", files={"image": PHOTO}))


def part(disposition: str, *headers: str, data: bytes = PHOTO) -> bytes:
    lines = "\r\n".join([f"Content-Disposition: {disposition}", *headers])
    return f"--b\r\n{lines}\r\n\r\n".encode() + data + b"\r\n"


NAMED = 'form-data; name="image"; filename="p.jpg"'
FORMS = {
    "a file name in another alphabet, encoded": part(
        "form-data; name=\"image\"; filename*=iso-8859-1'en'%A3.jpg"
    ),
    "header names in capitals": part(NAMED).replace(b"Content-Disposition", b"CONTENT-DISPOSITION"),
    "octet-stream without a name": part(
        'form-data; name="image"', "Content-Type: application/octet-stream"
    ),
    "an empty file name": part('form-data; name="image"; filename=""'),
    "a length and an encoding of the part": part(
        NAMED, f"Content-Length: {len(PHOTO)}", "Content-Transfer-Encoding: binary"
    ),
    "base64 in lines, as mail has it": part(
        NAMED, "Content-Transfer-Encoding: BASE64", data=encodebytes(PHOTO)
    ),
    "a preamble of several lines": b"a\r\n-\r\n--\r\n--c\r\n\r\n" + part(NAMED),
    "a blank line before": b"\r\n" + part(NAMED),
    "every common field empty": part(NAMED)
    + b"".join(
        PART % (name, b"", b"")
        for name in (b"limit", b"offset", b"min_score", b"box", b"filter", b"group_by", b"fields")
    ),
    "fields with a type of their own": part(NAMED)
    + part('form-data; name="limit"', "Content-Type: text/plain; charset=utf-8", data=b"10"),
}


@pytest.mark.parametrize("body", FORMS.values(), ids=FORMS)
def test_forms(client: httpx.Client, like_photo: list[str], body: bytes) -> None:
    headers = {"Content-Type": FORM}
    answer = client.post("/recommend/by-image", content=body + END, headers=headers)
    assert ids(answer) == like_photo


def test_a_part_that_is_not_in_its_own_encoding_is_refused(client: httpx.Client) -> None:
    body = part(NAMED, "Content-Transfer-Encoding: base64", data=b"a") + END
    answer = client.post("/recommend/by-image", content=body, headers={"Content-Type": FORM})
    check(answer, 400, "malformed_body")


@pytest.mark.parametrize("size", [1, 7, 61])
def test_forms_in_pieces(client: httpx.Client, like_photo: list[str], size: int) -> None:
    body = b"said before\r\n" + part(NAMED) + END + b"said after"
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    headers = {"Content-Type": FORM}
    answer = client.post("/recommend/by-image", content=iter(pieces), headers=headers)
    assert ids(answer) == like_photo


BASE64 = b64encode(PHOTO).decode()
IMAGES = {
    "a data: address": f"data:image/png;base64,{BASE64}",
    "a data: address in capitals, with a name": f"DATA:image/png;name=a.png;BASE64,{BASE64}",
    "a data: address, its signs encoded": f"data:;base64,{quote(BASE64, safe='')}",
    "URL-safe": urlsafe_b64encode(PHOTO).decode(),
    "without padding": BASE64.rstrip("="),
    "in lines of 76, as MIME has it": "\r\n".join(
        BASE64[i : i + 76] for i in range(0, len(BASE64), 76)
    ),
}


@pytest.mark.parametrize("text", IMAGES.values(), ids=IMAGES)
def test_pictures_in_json(client: httpx.Client, like_photo: list[str], text: str) -> None:
    assert ids(client.post("/recommend", json={"positive": [{"image": text}]})) == like_photo


@pytest.mark.parametrize("text", ["data:image/png,abc", "data:", "a", "not base64!", "äöü="])
def test_what_is_no_base64(client: httpx.Client, text: str) -> None:
    check(client.post("/recommend", json={"positive": [{"image": text}]}), 422, "invalid_request")


def test_base64_is_read_as_python_reads_it() -> None:
    for length in range(20):
        data = bytes(range(256 - length, 256))
        assert read_base64(b64encode(data).decode()) == data
        assert read_base64(urlsafe_b64encode(data).decode().rstrip("=")) == data


EMPTY = {"limit": None, "offset": "", "filter": " ", "exclude_ids": None, "group_by": ""}
FEWER = {"fields": None, "min_score": None}


def test_null_and_empty_are_absent_everywhere(client: httpx.Client) -> None:
    query = {"query": "red shoe"}
    plain = ids(client.post("/recommend/by-text", json=query))
    assert ids(client.post("/recommend/by-text", json=query | EMPTY | FEWER)) == plain
    signal = {"text": "red shoe", "weight": None, "box": None, "image": "", "item_id": None}
    blend = {"positive": [signal], "negative": None, **EMPTY, **FEWER}
    plain = ids(client.post("/recommend", json={"positive": [{"text": "red shoe"}]}))
    assert ids(client.post("/recommend", json=blend)) == plain
    names = "&".join(f"{name}=" for name in (*EMPTY, "fields"))
    for path in ("/items", "/items/p1/similar"):
        assert ids(client.get(f"{path}?{names}")) == ids(client.get(path))
    assert client.get("/facets?filter=&fields=&limit=").status_code == 200
    assert client.get("/items/p1/image?width=").status_code == 200


def test_an_empty_field_that_is_required_is_missing(client: httpx.Client) -> None:
    for query in ("", None, " "):
        check(client.post("/recommend/by-text", json={"query": query}), 422, "invalid_request")
    check(client.post("/recommend/by-text", json={"query": "a", "odd": None}), 422)
    check(client.get("/items?odd="), 422, "invalid_request")


LISTS = [
    "exclude_ids=p2,p3",
    "exclude_ids=p2&exclude_ids=p3",
    "exclude_ids=p2,&exclude_ids=,p3",
    "exclude_ids=+p2+,+p3+",
    "exclude_ids=p2%2Cp3",
    "exclude_ids[]=p2&exclude_ids[]=p3",
    "exclude_ids%5B0%5D=p2&exclude_ids%5B1%5D=p3",
]


@pytest.mark.parametrize("query", LISTS)
def test_a_list_is_repeated_or_has_commas(client: httpx.Client, query: str) -> None:
    left = set(ids(client.get("/items?limit=100")))
    assert left - set(ids(client.get(f"/items?limit=100&{query}"))) == {"p2", "p3"}
    found = ids(client.get(f"/items/p1/similar?limit=100&{query}"))
    assert not {"p2", "p3"} & set(found)
    pairs = httpx.QueryParams(query)
    form = {name: pairs.get_list(name) for name in pairs} | {"limit": "100"}
    answer = client.post("/recommend/by-image", files={"image": PHOTO}, data=form)
    assert left - set(ids(answer)) == {"p2", "p3"}


def test_fields_may_have_commas(client: httpx.Client) -> None:
    item = client.get("/items?limit=1&fields=title,price").json()["items"][0]["item"]
    assert set(item) == {"title", "price"}


@pytest.mark.parametrize(
    "query",
    ["limit=1&limit=2", "limit=1&limit=1", "filter=price>1&filter=price>2", "odd=1&odd=2"],
)
@pytest.mark.parametrize("path", ["/items", "/items/p1/similar", "/facets"])
def test_a_value_that_is_given_twice_is_refused(
    client: httpx.Client, path: str, query: str
) -> None:
    check(client.get(f"{path}?{query}"), 422, "invalid_request")


def test_a_width_that_is_given_twice_is_refused(client: httpx.Client) -> None:
    check(client.get("/items/p1/image?width=240&width=480"), 422, "invalid_request")


@pytest.mark.parametrize(
    "kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_json_that_does_not_say_so(client: httpx.Client, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = client.post("/recommend/by-text", content=b'{"query": "hat"}', headers=headers)
    assert "application/json" in check(answer, 415, "unsupported_media_type")["detail"]


@pytest.mark.parametrize(
    "kind", ["application/json", "APPLICATION/JSON; charset=utf-8", "application/ld+json"]
)
def test_json_that_says_so(client: httpx.Client, kind: str) -> None:
    body, headers = b'{"query": "hat"}', {"Content-Type": kind}
    assert client.post("/recommend/by-text", content=body, headers=headers).status_code == 200


def packed(client: httpx.Client, data: bytes, coding: str = "gzip") -> httpx.Response:
    headers = {"Content-Type": "application/json", "Content-Encoding": coding}
    return client.post("/recommend/by-text", content=data, headers=headers)


HAT = json.dumps({"query": "red hat"}).encode()
PACKED = gzip.compress(HAT, mtime=0)  # else each process would name its tests otherwise


def test_bodies_in_gzip(client: httpx.Client, like_photo: list[str]) -> None:
    plain = ids(client.post("/recommend/by-text", json=json.loads(HAT)))
    for coding in ("gzip", "x-gzip", "GZIP"):
        assert ids(packed(client, gzip.compress(HAT), coding)) == plain
    members = gzip.compress(HAT[:9]) + gzip.compress(HAT[9:])  # as `cat` makes one of two files
    assert ids(packed(client, members)) == plain
    assert ids(packed(client, HAT, "identity")) == plain
    form = gzip.compress(part(NAMED) + END)
    headers = {"Content-Type": FORM, "Content-Encoding": "gzip"}
    pieces = iter([form[:100], form[100:]])
    answer = client.post("/recommend/by-image", content=pieces, headers=headers)
    assert ids(answer) == like_photo


@pytest.mark.parametrize("data", [HAT, PACKED[:-9], b"", PACKED[:12]])
def test_gzip_that_is_none(client: httpx.Client, data: bytes) -> None:
    check(packed(client, data), 400, "malformed_body")
    assert packed(client, gzip.compress(HAT)).status_code == 200


@pytest.mark.parametrize("coding", ["br", "deflate", "zstd", "gzip, gzip", "compress"])
def test_other_codings_are_refused_in_words(client: httpx.Client, coding: str) -> None:
    answer = packed(client, b"x", coding)
    assert "gzip" in check(answer, 415, "unsupported_media_type")["detail"]
    assert answer.headers["accept-encoding"] == "gzip"


def test_gzip_counts_as_what_it_unfolds_to(client: httpx.Client) -> None:
    bomb = gzip.compress(b'{"query": "' + bytes(LIMIT) + b'"}')
    assert len(bomb) < LIMIT / 100
    check(packed(client, bomb), 413, "body_too_large")


GETS = ("/livez", "/readyz", "/metrics", "/items", "/items/p1", "/items/p1/similar", "/facets")


@pytest.mark.parametrize("path", [*GETS, "/items/p1/image", "/", "/docs", "/openapi.json"])
def test_head_is_get_without_its_body(client: httpx.Client, path: str) -> None:
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    check(client.get("/nowhere"), 404)
    assert client.head("/nowhere").status_code == 404
    assert client.head("/recommend/by-text").status_code == 405


@pytest.mark.parametrize("path", [*GETS, "/v1/items", "/v1/livez", "/docs", "/search"])
def test_a_slash_at_the_end_is_no_other_address(client: httpx.Client, path: str) -> None:
    assert client.get(f"{path}/").status_code == 200
    check(client.get(f"{path}//"), 404)


@pytest.mark.parametrize(
    "target",
    ["http://a/livez", "https://shop.example:8443/items?limit=1", "HTTP://a/v1/livez/", "http://a"],
)
def test_the_absolute_form(address: str, target: str) -> None:
    head = f"GET {target} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"
    assert parse(send_raw(address, head)).status_code == 200


@pytest.mark.parametrize("line", ["CONNECT a:80", "GET *", "OPTIONS *", "GET ftp://"])
def test_other_forms_are_refused(address: str, line: str) -> None:
    answer = parse(send_raw(address, f"{line} HTTP/1.1\r\nHost: b\r\nConnection: close\r\n\r\n"))
    check(answer, answer.status_code)
    assert 400 <= answer.status_code < 500


def test_an_upgrade_is_answered_in_http(address: str) -> None:
    """As curl --http2 and Java's client ask."""
    head = (
        "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    )
    answer = parse(send_raw(address, f"{head}HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"))
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.fixture(scope="module")
def of_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    settings, encoder = Settings(cors_origins=(SHOP,)), HashEncoder(32)
    state = State(settings)
    version = open_shop(tmp_path_factory.mktemp("shop"), encoder)
    state.recommender = Recommender(encoder, version, settings, state.metrics)
    with Server(state) as address, httpx.Client(base_url=address) as client:
        yield client


@pytest.mark.parametrize(
    "names",
    [
        "baggage,content-type,sentry-trace,traceparent",
        "traceparent, tracestate",
        "if-none-match",
        "If-Modified-Since, X-Requested-With",
        "authorization,x-request-id",
        "b3,x-b3-traceid,newrelic,x-datadog-trace-id,x-datadog-sampling-priority",
        "idempotency-key,cache-control,pragma",
    ],
)
def test_preflights_of_pages_that_trace_and_keep(of_shop: httpx.Client, names: str) -> None:
    headers = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    asked = of_shop.options(
        "/recommend/by-text", headers=headers | {"Access-Control-Request-Headers": names}
    )
    allowed = asked.headers["access-control-allow-headers"].lower()
    assert all(name.strip().lower() in allowed for name in names.split(","))


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_trace_is_named_in_logs_and_problems(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
    with caplog.at_level(logging.INFO, "twinset.access"):
        answers = [client.get(path, headers=headers) for path in ("/items/none", "/nowhere")]
        time.sleep(0.2)  # the line is written once the answer is sent
    for answer in answers:
        assert answer.json()["trace_id"] == TRACE
        assert answer.headers["traceresponse"].startswith(f"00-{TRACE}-")
    assert [getattr(record, "trace_id", "") for record in caplog.records] == [TRACE, TRACE]


@pytest.mark.parametrize(
    "value",
    ["", "x", f"00-{TRACE}-{SPAN}", f"ff-{TRACE}-{SPAN}-01", f"00-{'0' * 32}-{SPAN}-01"],
)
def test_what_is_no_trace_is_ignored(client: httpx.Client, value: str) -> None:
    answer = client.get("/items/none", headers={"traceparent": value})
    assert "trace_id" not in check(answer, 404)
    assert "traceresponse" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ["", "/similar"])
def test_odd_ids(client: httpx.Client, method: str, path: str) -> None:
    encoded = quote(ODD_ID, safe="")
    for address in (f"/items/{encoded}{path}", f"/v1/items/{encoded}{path}/"):
        assert client.request(method, address).status_code == 200
    if not path:
        assert client.get(f"/items/{encoded}").json()["id"] == ODD_ID


@pytest.mark.parametrize("item_id", ["v1/items", "a//b", "%2e%2e", "p1/", "/p1", "p1?", "p1#"])
def test_ids_that_look_like_addresses_are_ids(client: httpx.Client, item_id: str) -> None:
    check(client.get(f"/items/{quote(item_id, safe='')}"), 404, "not_found")


SIZES = {"the limit": LIMIT, "a byte less": LIMIT - 1}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_up_to_the_limit_is_read(client: httpx.Client, size: int, chunked: bool) -> None:
    head, tail = part(NAMED)[:-2], b"\r\n" + END
    body = head + bytes(size - len(head) - len(tail)) + tail
    content: Any = iter([body[:1000], body[1000:]]) if chunked else body
    answer = client.post("/recommend/by-image", content=content, headers={"Content-Type": FORM})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("count", [99, 250])
def test_many_headers(address: str, count: int) -> None:
    lines = "".join(f"X-{number}: {number}\r\n" for number in range(count))
    head = f"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n"
    assert parse(send_raw(address, head)).status_code == 200


def test_more_headers_than_that(address: str) -> None:
    lines = "".join(f"X-{number}: {number}\r\n" for number in range(300))
    check(parse(send_raw(address, f"GET /livez HTTP/1.1\r\nHost: a\r\n{lines}\r\n")), 400)


@pytest.mark.parametrize("cut", [1, 5, 17, 40])
def test_a_request_in_crumbs(address: str, cut: int) -> None:
    data = b"GET /items/p1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    url = httpx.URL(address)
    with socket.create_connection((url.host, url.port or 80), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), cut):
            connection.sendall(data[start : start + cut])
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert parse(answer).json()["id"] == "p1"


def test_trailers_are_no_headers(address: str) -> None:
    head = "POST /recommend/by-text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
    body = (
        f"Content-Type: application/json\r\nConnection: close\r\n\r\n{len(HAT):x}\r\n{HAT.decode()}"
    )
    answer = parse(send_raw(address, f"{head}{body}\r\n0\r\nX-Request-ID: late\r\n\r\n"))
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] != "late"
