"""Every bad input gets its status and a small problem document; the next good request gets 200."""

from __future__ import annotations

from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.support.bad_requests import END, FILE, FORM, LIMIT, Case, bad_requests
from tests.support.image_corpus import odd_images, turned
from tests.support.raw_client import check, check_good, check_sane, parse, send, send_raw
from twinset.encoders import load_encoder
from twinset.images.decode import decode_image

CASES = bad_requests()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_requests(client: httpx.Client, case: Case) -> None:
    check(send(client, case), case.status, case.code)
    check_good(client)


def test_names_of_cases_are_unique() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("data", odd_images().values(), ids=odd_images())
def test_odd_images_are_accepted(client: httpx.Client, data: bytes) -> None:
    files = {"image": ("notes.pdf", data, "application/pdf")}
    response = client.post("/recommend/by-image", files=files)
    assert response.status_code == 200, response.text
    check_sane(response)


def test_a_turned_photo_means_what_the_upright_one_does(compact: Path) -> None:
    encoder = load_encoder(compact)
    images = [decode_image(turned(n)) for n in range(1, 9)]
    vectors = encoder.encode_images(images)
    assert np.all(vectors @ vectors[0] >= 0.99)


def test_a_body_at_the_limit_passes(client: httpx.Client) -> None:
    padding = LIMIT - len(FILE) - len(END)
    body = FILE[:-2] + bytes(padding) + b"\r\n" + END
    headers = {"Content-Type": FORM}
    response = client.post("/recommend/by-image", content=body, headers=headers)
    assert response.status_code == 200, response.text


def test_a_wrong_method_is_told_the_right_ones(client: httpx.Client) -> None:
    response = client.get("/recommend/by-image")
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize("fields", [{"filter": "nofield = 1"}, {"group_by": "x"}, {"fields": "x"}])
def test_unknown_fields_list_the_known_ones(client: httpx.Client, fields: dict[str, str]) -> None:
    body = check(client.get("/items", params=fields), 400)
    assert "baseColour" in body["detail"]


@pytest.mark.parametrize("text", ["price = 1 AND price = true", "price = true AND price = 1"])
def test_a_value_of_another_type_is_refused_whatever_stands_beside(
    client: httpx.Client, text: str
) -> None:
    check(client.get("/items", params={"filter": text}), 400, "invalid_filter")
    query = {"query": "shirt", "filter": text}
    check(client.post("/recommend/by-text", json=query), 400, "invalid_filter")


def test_a_bad_filter_says_where(client: httpx.Client) -> None:
    body = check(client.get("/items", params={"filter": 'price = = "x"'}), 400, "invalid_filter")
    assert body["errors"][0]["field"] == "filter"


def test_garbage_after_an_answer_has_begun(
    address: str, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    head = "GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"
    assert parse(send_raw(address, head)).status_code in (200, 400)
    assert client.get("/livez").status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_nothing_is_read_after_a_body_of_two_lengths(address: str) -> None:
    """Where a proxy took the first length, the rest would be its next client's request."""
    head = "POST /recommend/by-text HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    smuggled = "GET /items/none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    answer = send_raw(address, f"{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}")
    check(parse(answer), 400, "malformed_body")
    assert answer.count(b"HTTP/1.1 ") == 1
