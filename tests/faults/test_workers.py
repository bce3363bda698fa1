"""Several processes: one dies and is replaced, numbers are of all, and logs tell no secret."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.support.raw_client import send_raw
from tests.support.running_service import running_service
from tests.support.served_artefacts import Artefacts
from tests.support.small_shop import picture

pytestmark = pytest.mark.faults
KEY = "a-read-key-of-the-test-0123456789"


def children(pid: int) -> set[int]:
    """Worker processes: those children that serve, not multiprocessing's own helper."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(c) for c in listed if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()}


def wait_until_replaced(victim: int, parent: int) -> None:
    deadline = time.monotonic() + 30
    while len(now := children(parent)) < 2 or victim in now:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def requests_to(text: str, route: str) -> float:
    found = re.findall(
        rf'^twinset_requests_total{{.*route="{re.escape(route)}".*}} (\S+)$', text, re.M
    )
    return sum(map(float, found))


def wait_until_counted(client: httpx.Client, route: str, count: int) -> None:
    """Wait for a number of requests in the metrics: each is counted once its answer has left."""
    deadline = time.monotonic() + 10
    while requests_to(httpx.get(f"{client.base_url}/metrics").text, route) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def ask(client: httpx.Client, path: str, count: int) -> Counter[int]:
    """Statuses of `count` requests, each on its own connection, so that all workers get some."""
    url = f"{client.base_url}{path}"
    return Counter(httpx.get(url, timeout=30).status_code for _ in range(count))


def test_metrics_tell_of_all_workers(plain_shop: Artefacts) -> None:
    with running_service(*plain_shop, "--workers", 2) as (client, process):
        assert len(children(process.pid)) == 2
        assert ask(client, "/items/p1", 30) == {200: 30}
        wait_until_counted(client, "/items/{id}", 30)
        for _ in range(5):  # whichever worker answers
            text = httpx.get(f"{client.base_url}/metrics").text
            assert requests_to(text, "/items/{id}") == 30
            assert "twinset_requests_in_flight 1.0" in text
            items = re.findall(r"^twinset_index_items{.*} (\S+)$", text, re.M)
            assert items == ["25.0"]


def test_a_worker_that_dies_is_replaced(plain_shop: Artefacts) -> None:
    with running_service(*plain_shop, "--workers", 2) as (client, process):
        ask(client, "/items/p1", 10)
        wait_until_counted(client, "/items/{id}", 10)
        victim = min(children(process.pid))
        os.kill(victim, signal.SIGKILL)
        wait_until_replaced(victim, process.pid)
        assert ask(client, "/items/p1", 10) == {200: 10}
        wait_until_counted(client, "/items/{id}", 20)  # what the dead one counted stays
        text = httpx.get(f"{client.base_url}/metrics").text
        assert requests_to(text, "/items/{id}") == 20
        assert "twinset_requests_in_flight 1.0" in text  # what it was busy with does not


def test_a_worker_that_dies_while_asked_for_a_sign_of_life_is_replaced(
    plain_shop: Artefacts,
) -> None:
    with running_service(*plain_shop, "--workers", 2) as (client, process):
        victim = min(children(process.pid))
        os.kill(victim, signal.SIGSTOP)
        time.sleep(2)  # the supervisor asks twice a second, and waits for the answer now
        os.kill(victim, signal.SIGKILL)
        wait_until_replaced(victim, process.pid)
        assert ask(client, "/items/p1", 10) == {200: 10}


def test_no_answer_is_wrong_while_workers_die(plain_shop: Artefacts, full: bool) -> None:
    with running_service(*plain_shop, "--workers", 2) as (client, process):
        for _ in range(10 if full else 2):
            while len(alive := children(process.pid)) < 2:
                time.sleep(0.1)
            os.kill(max(alive), signal.SIGKILL)
            for _ in range(20):
                # A connection may break with its worker; what is answered is right.
                try:
                    found = httpx.get(f"{client.base_url}/items/p1/similar", timeout=30)
                except httpx.TransportError:
                    continue
                assert found.status_code == 200
                assert len(found.json()["items"]) == 10
        assert process.poll() is None


def test_logs_are_json_and_hold_nothing_of_the_caller(
    plain_shop: Artefacts, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    environment = {"TWINSET_READ_KEYS": KEY}
    with running_service(*plain_shop, environment=environment, log=log) as (client, _):
        address = str(client.base_url)
        assert client.get("/items", headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        for key in (KEY[:-1], KEY + "x" * 8000, "ünusual"):
            headers = {"Authorization": f"Bearer {key}".encode("latin-1")}
            assert client.get("/items?filter=private-words", headers=headers).status_code == 401
        upload = {"image": ("private-words.jpg", picture(1) + b"private-words")}
        key = {"Authorization": f"Bearer {KEY}"}
        for fields, status in (({"limit": "5"}, 200), ({"filter": "private-words ="}, 400)):
            answer = client.post("/recommend/by-image", files=upload, data=fields, headers=key)
            assert answer.status_code == status
        query = {"query": "private-words", "\x1b[31mprivate-words": 1}
        assert client.post("/recommend/by-text", json=query, headers=key).status_code == 422
        send_raw(address, "GET /livez\x1b[31m HTTP/1.1\r\nHost: a\r\n\r\n")
        send_raw(address, "GE\x07T /\r\n\r\n")
        forged = {"X-Request-ID": 'forged","level":"error'}
        kept = {"X-Request-ID": "order-17.a_b"}
        assert client.get("/livez", headers=forged).headers["x-request-id"] != forged
        assert client.get("/livez", headers=kept).headers["x-request-id"] == "order-17.a_b"
    text = log.read_text()
    entries = [json.loads(line) for line in text.splitlines()]
    assert {"time", "level", "logger", "message"} <= set.intersection(*map(set, entries))
    requests = [entry for entry in entries if entry["message"] == "request"]
    assert any(entry["request_id"] == "order-17.a_b" for entry in requests)
    assert {entry["status"] for entry in requests} >= {200, 401}
    for secret in (KEY[:-1], "xxxxxxxx", "nusual", "private-words", "forged"):
        assert secret not in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
