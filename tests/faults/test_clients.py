"""Clients that leave, stall or dawdle: what they held comes back, and nobody waits for them."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.open_loop import upload
from tests.support.running_service import running_service
from tests.support.served_artefacts import Artefacts
from tests.support.small_shop import picture

pytestmark = pytest.mark.faults
HEAD = b"POST /recommend/by-image HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n"
FORM = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
STALLED = (
    b"",
    b"GET /li",
    b"GET /livez HTTP/1.1\r\nHost: a\r\n",
    HEAD + FORM,
    HEAD + FORM + bytes(500_000),
    b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n",  # answered, and kept open
)


def connect(client: httpx.Client) -> socket.socket:
    return socket.create_connection((client.base_url.host, client.base_url.port), timeout=10)


def gauges(client: httpx.Client) -> dict[str, float]:
    """Gauges of queues and requests in flight."""
    text = client.get("/metrics").text
    found = re.findall(r"^(twinset_(?:queue_depth|requests_in_flight)\S*) (\S+)$", text, re.M)
    return {name: float(value) for name, value in found}


def wait_until_idle(client: httpx.Client) -> None:
    deadline = time.monotonic() + 15
    while True:
        depths = gauges(client)
        in_flight = depths.pop("twinset_requests_in_flight")
        if in_flight == 1 and not any(depths.values()):  # the scrape itself
            return
        assert time.monotonic() < deadline, depths
        time.sleep(0.1)


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[set[str]]:
    """Every file that appears below `folder` within the block, however short it stays."""
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            seen.update(files_below(folder))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def test_those_who_leave_give_everything_back(
    plain_shop: Artefacts, tmp_path: Path, full: bool
) -> None:
    whole = upload(picture(1, "PNG", (2000, 2000)))
    # Room for few bodies: what the leavers held would soon be missed.
    environment = {"TWINSET_MAX_HELD_BYTES": "4000000", "TMPDIR": str(tmp_path)}
    with (
        running_service(*plain_shop, environment=environment) as (client, process),
        watched(tmp_path) as files,
    ):
        for number in range(300 if full else 40):
            with connect(client) as connection:
                # Half of them in the middle of the upload, half of them while it is worked on.
                connection.sendall(whole if number % 2 else HEAD + FORM + bytes(900_000))
                time.sleep(0.005 * (number % 4))
        wait_until_idle(client)
        large = {"image": picture(1) + bytes(3_000_000)}
        for _ in range(3):
            assert client.post("/recommend/by-image", files=large).status_code == 200
        assert open_deleted_files(process.pid) == []
    assert files == set()


def open_deleted_files(pid: int) -> list[str]:
    """Files without a name, as unnamed temporary ones are."""
    targets = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    return [target for target in targets if target.startswith("/") and "(deleted)" in target]


@pytest.mark.parametrize("workers", [1, 2])
def test_stalled_clients_do_not_hold_up_the_end(plain_shop: Artefacts, workers: int) -> None:
    body = picture(5, "PNG", (3000, 3000))
    with (
        running_service(*plain_shop, "--workers", workers) as (client, process),
        contextlib.ExitStack() as stack,
    ):
        for start in STALLED * 3:
            stack.enter_context(connect(client)).sendall(start)
        running = stack.enter_context(connect(client))
        running.sendall(upload(body))
        time.sleep(0.3)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        running.settimeout(20)
        assert running.recv(4096).startswith(b"HTTP/1.1 200")
        process.wait(20)
        assert time.monotonic() - begun < 15


def test_readiness_ends_with_sigterm(plain_shop: Artefacts) -> None:
    probe = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"
    with (
        running_service(*plain_shop) as (client, process),
        connect(client) as stalled,
        connect(client) as prober,
    ):
        stalled.sendall(HEAD + FORM)  # so that there is something to wait for
        # In the middle of a request, so that the connection outlives the signal's first moment.
        prober.sendall(b"POST /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n")
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.02)
        with contextlib.suppress(ConnectionError):
            prober.sendall(b"x" + probe)
        answers = b""
        with contextlib.suppress(ConnectionError):
            while piece := prober.recv(4096):
                answers += piece
        # Refused in words, or not taken any more; never said to be ready.
        assert b"HTTP/1.1 200" not in answers
