"""Cold start and memory of the service, and the latency of its three calls at one client.

    python -m benchmarks.service.single_client --encoder models/compact --index INDEX [--starts 3]

Starts `twinset serve` on a free port, from a process that nothing was loaded into. Memory is the
resident set of all its processes, as the kernel counts it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.markdown_report import MarkdownTable, show
from benchmarks.service.load import Plan, run_load
from benchmarks.service.load_queries import all_ids, service_calls
from benchmarks.service.servers import Server, running, twinset_command


def main(
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    index: Annotated[Path, typer.Option()] = Path("var/demo/index"),
    starts: Annotated[int, typer.Option(min=1)] = 3,
    seconds: Annotated[float, typer.Option(min=0.5)] = 5,
    workers: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Start it several times, measure the last one, stop it."""
    command = twinset_command(encoder, index, "--workers", str(workers))
    ready = []
    for _ in range(starts - 1):
        with running(command, "/readyz") as server:
            ready.append(server.ready)
    calls = MarkdownTable("call", "requests", "p50 ms", "p99 ms", "errors")
    with running(command, "/readyz") as server:
        ready.append(server.ready)
        idle = server.megabytes()
        items = all_ids(server.address)
        _ask(server, items, seconds, calls)
        footprint = MarkdownTable("items", "ready after s, best", "worst", "MB ready", "MB at peak")
        footprint.add(
            f"{len(items):,}",
            f"{min(ready):.2f}",
            f"{max(ready):.2f}",
            f"{idle:.0f}",
            f"{server.peak_megabytes():.0f}",
        )
    show(footprint, calls)


def _ask(server: Server, items: list[str], seconds: float, table: MarkdownTable) -> None:
    for kind in service_calls(items):
        result = run_load(server.address, kind.requests, Plan(1, seconds))
        percentiles = (f"{result.milliseconds(percent):.1f}" for percent in (50, 99))
        table.add(kind.name, len(result.latencies), *percentiles, result.failures or "-")


if __name__ == "__main__":
    typer.run(main)
