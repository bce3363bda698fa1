"""The whole service from outside: time to ready, memory, and the latency of the three calls.

    python -m benchmarks.service --encoder models/compact --index INDEX

Starts `twinset serve` on a free port, asks one request at a time, and prints a table. Latencies
include HTTP on loopback; the memory is the server's peak.
"""

from __future__ import annotations

import contextlib
import random
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.table import Table

_WORDS = ("red", "blue", "black", "women", "men", "shirt", "dress", "watch", "shoes", "striped")


def main(
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    index: Annotated[Path, typer.Option()] = Path("var/demo/index"),
    requests: Annotated[int, typer.Option(min=10)] = 200,
) -> None:
    """Start the service, measure it, stop it."""
    with _service(encoder, index) as (client, process, ready):
        items = client.get("/items", params={"limit": 100}).raise_for_status().json()["items"]
        photo = client.get(f"/items/{items[0]['id']}/image").raise_for_status().content
        generator = random.Random(0)  # noqa: S311  (words to search for)
        # Every photo and text differs, so that no cache answers: bytes after a JPEG are ignored.
        calls: dict[str, Callable[[int], httpx.Response]] = {
            "by-image": lambda n: client.post(
                "/recommend/by-image", files={"image": photo + str(n).encode()}
            ),
            "by-text": lambda n: client.post(
                "/recommend/by-text", json={"query": f"{' '.join(generator.sample(_WORDS, 4))} {n}"}
            ),
            "similar": lambda n: client.get(f"/items/{items[n % len(items)]['id']}/similar"),
        }
        table = Table("call", "p50 ms", "p99 ms")
        for name, call in calls.items():
            times = sorted(_milliseconds(call, n) for n in range(requests))
            table.add_row(name, f"{statistics.median(times):.1f}", f"{times[-requests // 100]:.1f}")
        console = Console()
        console.print(table)
        console.print(
            f"ready after {ready:.2f} s, peak memory {_peak_megabytes(process.pid):.0f} MB"
        )


def _milliseconds(call: Callable[[int], httpx.Response], number: int) -> float:
    started = time.perf_counter()
    call(number).raise_for_status()
    return (time.perf_counter() - started) * 1e3


@contextlib.contextmanager
def _service(
    encoder: Path, index: Path
) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes], float]]:
    """A running service: a client of it, its process, and the seconds until it was ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    places = ["--encoder", str(encoder), "--index", str(index), "--port", str(port)]
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [sys.executable, "-m", "core.cli", "serve", *places], stderr=subprocess.DEVNULL
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            _wait_until_ready(client, process)
            yield client, process, time.perf_counter() - started
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_ready(client: httpx.Client, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if client.get("/readyz").status_code == httpx.codes.OK:
                return
        time.sleep(0.02)
    raise SystemExit("the service did not start; run `twinset serve` to see why")


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    typer.run(main)
