"""The corpus asked of a service with the encoder that ships: how long, and with how much memory."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.bad_requests import bad_requests
from tests.support.image_corpus import odd_images
from tests.support.raw_client import check, check_good, send
from tests.support.running_service import memory_mb, peak_memory_mb, running_service
from tests.support.served_artefacts import Artefacts

pytestmark = pytest.mark.faults
MORE_MEMORY_MB = 300
SECONDS = 1.0


def forget_peak(pid: int) -> None:
    """Let the kernel's count of peak memory start anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def test_each_bad_request_is_cheap(shop: Artefacts, full: bool, figures: dict[str, object]) -> None:
    slowest, largest = (0.0, ""), (0.0, "")
    with running_service(*shop) as (client, process):
        for _ in range(3):
            check_good(client)
        idle = memory_mb(process)
        for case in bad_requests():
            forget_peak(process.pid)
            start = time.perf_counter()
            check(send(client, case), case.status, case.code)
            slowest = max(slowest, (time.perf_counter() - start, case.name))
            largest = max(largest, (peak_memory_mb(process) - idle, case.name))
            check_good(client)
        for data in odd_images().values():
            assert client.post("/recommend/by-image", files={"image": data}).status_code == 200
    figures |= {
        "idle MB": idle,
        "slowest s": slowest[0],
        "of": slowest[1],
        "most memory MB": largest[0],
        "of it": largest[1],
    }
    assert largest[0] <= MORE_MEMORY_MB
    assert slowest[0] <= (SECONDS if full else 10.0)
