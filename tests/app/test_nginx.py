"""The corpus through nginx, with the configuration that the project ships."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.app.conftest import ODD_ID, picture
from tests.app.corpus_client import check, check_good, parse, send, send_raw
from tests.app.corpus_requests import Case, bad_requests
from tests.nginx import needs_nginx, running_nginx

pytestmark = [needs_nginx, pytest.mark.faults]
CASES = bad_requests()
# The corpus is quicker than any shopper.
NO_RATE = (("rate=20r/s", "rate=10000r/s"),)


@pytest.fixture(scope="module")
def edge(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_nginx(address, tmp_path_factory.mktemp("nginx"), NO_RATE) as edge:
        yield edge


@pytest.fixture(scope="module")
def through(edge: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=edge, timeout=10) as client:
        yield client


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_requests(through: httpx.Client, case: Case) -> None:
    check(send(through, case), *(case.through_nginx or (case.status, case.code)))
    check_good(through)


def test_odd_ids_keep_their_address(through: httpx.Client) -> None:
    found = through.get("/items/odd%2Fid%20%C3%BC%252F%3F")
    assert found.json()["id"] == ODD_ID


def test_metrics_are_not_for_the_internet(through: httpx.Client, client: httpx.Client) -> None:
    for path in ("/metrics", "/v1/metrics"):
        check(through.get(path), 404, "not_found")
        assert client.get(path).status_code == 200


def test_uploads_reach_no_file(through: httpx.Client, edge: str, tmp_path: Path) -> None:
    with running_nginx(edge, tmp_path, NO_RATE) as outer, httpx.Client(base_url=outer) as client:
        for data in (picture(1), picture(1) + bytes(7_000_000)):
            assert client.post("/recommend/by-image", files={"image": data}).status_code == 200
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} <= {"nginx.conf", "error.log", "nginx.pid"}


def test_the_shipped_rate_is_enforced(address: str, tmp_path: Path) -> None:
    with running_nginx(address, tmp_path) as edge, httpx.Client(base_url=edge) as client:
        answers = [client.get("/livez") for _ in range(150)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) <= 90
    assert all(check(answer, 429, "rate_limited") for answer in refused)
    assert all(answer.headers["retry-after"] == "1" for answer in refused)


def test_a_service_that_is_down_is_503(tmp_path: Path) -> None:
    with running_nginx("http://127.0.0.1:9", tmp_path) as edge:
        check(httpx.get(f"{edge}/items"), 503, "not_ready")


def test_what_is_not_http_gets_a_problem_document(edge: str) -> None:
    check(parse(send_raw(edge, "\x16\x03\x01 hello\r\n\r\n")), 400)
