"""The corpus through nginx, with the configuration that the project ships."""

from __future__ import annotations

import re
import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from threading import Thread

import httpx
import pytest

from tests.support.bad_requests import (
    ADMIN_KEY,
    LIMIT,
    READ_KEY,
    Case,
    bad_requests,
    keyless_requests,
)
from tests.support.guarded_service import bearer, service
from tests.support.image_corpus import odd_images
from tests.support.nginx import needs_nginx, running_nginx
from tests.support.raw_client import check, check_good, check_sane, parse, send, send_raw
from tests.support.small_shop import ODD_ID, picture

pytestmark = [needs_nginx, pytest.mark.faults]
CASES, KEYLESS = bad_requests(), list(keyless_requests())
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
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


def check_page(response: httpx.Response, status: int, sentence: str) -> httpx.Response:
    """A page that needs nothing else, with that sentence, under a policy that lets its style be."""
    assert response.status_code == status
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["vary"] == "Accept"
    text = response.text
    assert f'<p id="sentence">{sentence}' in text
    assert "$" not in text
    assert not re.search("src=|url\\(|<script", text)
    style = text.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in response.headers["content-security-policy"]
    return response


@contextmanager
def stub(behaviour: str, answer: bytes = b"") -> Iterator[str]:
    """A service that takes requests and then says nothing, or `answer` and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server, ExitStack() as kept:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection = server.accept()[0]
                    connection.recv(65536)
                    connection.sendall(answer)
                    connection.close() if behaviour == "closes" else kept.enter_context(connection)

        thread = Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_requests(through: httpx.Client, case: Case) -> None:
    check(send(through, case), *(case.through_nginx or (case.status, case.code)))
    check_good(through)


@pytest.mark.parametrize("data", odd_images().values(), ids=odd_images())
def test_odd_images_are_accepted(through: httpx.Client, data: bytes) -> None:
    files = {"image": ("notes.pdf", data, "application/pdf")}
    check_sane(through.post("/recommend/by-image", files=files))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of a service with keys: its own, and that of nginx before it."""
    shop, folder = tmp_path_factory.mktemp("guarded"), tmp_path_factory.mktemp("guard")
    with service(shop, read_keys=(READ_KEY,), admin_key=ADMIN_KEY) as client:
        address = str(client.base_url)
        with running_nginx(address, folder, NO_RATE) as edge:
            yield address, edge


@pytest.mark.parametrize("case", KEYLESS, ids=[case.name for case in KEYLESS])
@pytest.mark.parametrize("place", [0, 1], ids=["direct", "through"])
def test_requests_without_the_right_key(guarded: tuple[str, str], place: int, case: Case) -> None:
    address = guarded[place]
    with httpx.Client(base_url=address) as nobody:
        check(send(nobody, case), case.status, case.code)
    with httpx.Client(base_url=address, headers=bearer(READ_KEY)) as reader:
        check_good(reader)


@pytest.mark.parametrize("status", [409, 429, 503, 507])
def test_what_the_service_says_of_its_state_passes_through(tmp_path: Path, status: int) -> None:
    body = f'{{"code":"of_the_service","status":{status}}}'
    answer = f"HTTP/1.1 {status} X\r\nContent-Type: application/problem+json\r\nRetry-After: 7\r\n"
    answer += f"Content-Length: {len(body)}\r\n\r\n{body}"
    with stub("closes", answer.encode()) as address, running_nginx(address, tmp_path) as edge:
        found = httpx.get(f"{edge}/items", headers=BROWSER)
    assert (found.status_code, found.text) == (status, body)
    assert found.headers["retry-after"] == "7"


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
    assert {path.name for path in files} <= {"nginx.conf", "errors.conf", "error.log", "nginx.pid"}


def test_the_shipped_rate_is_enforced(address: str, tmp_path: Path) -> None:
    with running_nginx(address, tmp_path) as edge, httpx.Client(base_url=edge) as client:
        answers = [client.get("/livez") for _ in range(150)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) <= 90
    assert all(check(answer, 429, "rate_limited") for answer in refused)
    assert all(answer.headers["retry-after"] == "1" for answer in refused)


def test_a_service_that_is_down_is_503(tmp_path: Path) -> None:
    with running_nginx("http://127.0.0.1:9", tmp_path) as edge:
        answer = httpx.get(f"{edge}/items")
        body = check(answer, 503, "not_ready")
        assert answer.headers["retry-after"] == "2"
        assert answer.headers["x-request-id"] == body["request_id"]
        page = httpx.get(f"{edge}/product/S0001?a=b", headers=BROWSER)
        assert check_page(page, 503, "The shop cannot be shown").headers["retry-after"] == "2"
        # What asks for data gets data, whatever else it would take.
        check(httpx.get(f"{edge}/items", headers=BROWSER), 503, "not_ready")
        assert httpx.head(f"{edge}/", headers=BROWSER).status_code == 503


def test_a_service_that_is_slow_or_leaves_is_503(tmp_path: Path) -> None:
    """No answer in time (502, 504 of nginx) is the same to those who wait."""
    for behaviour in ("silent", "closes"):
        folder = tmp_path / behaviour
        folder.mkdir()
        hurry = (("proxy_read_timeout 30s;", "proxy_read_timeout 300ms;"),)
        with stub(behaviour) as address, running_nginx(address, folder, hurry) as edge:
            check(httpx.get(f"{edge}/items"), 503, "not_ready")
            check_page(httpx.get(edge, headers=BROWSER), 503, "The shop cannot be shown")


def test_browsers_get_a_page_where_nginx_refuses(edge: str) -> None:
    large = httpx.post(f"{edge}/search", content=bytes(LIMIT + 1), headers=BROWSER)
    check_page(large, 413, "That photo is too large.")
    assert "retry-after" not in large.headers


def test_browsers_get_a_page_beyond_the_rate(address: str, tmp_path: Path) -> None:
    few = (("burst=60 nodelay", "burst=1 nodelay"), ("rate=20r/s", "rate=1r/m"))
    with running_nginx(address, tmp_path, few) as edge:
        answers = [httpx.get(edge, headers=BROWSER) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert check_page(answers[-1], 429, "Too many requests").headers["retry-after"] == "1"


def test_errors_of_the_service_pass_through(through: httpx.Client) -> None:
    assert "There is no item" in through.get("/product/none", headers=BROWSER).text
    check(through.get("/items/none"), 404, "not_found")


def test_what_nginx_answers_with_cannot_be_asked_for(through: httpx.Client) -> None:
    for path in ("/.edge/page", "/.edge/problem", "/.edge/none"):
        check(through.get(path), 404, "not_found")


def test_what_is_not_http_gets_a_problem_document(edge: str) -> None:
    check(parse(send_raw(edge, "\x16\x03\x01 hello\r\n\r\n")), 400)
