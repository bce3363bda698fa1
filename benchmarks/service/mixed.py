"""Mixed load: photos, words and items at once, at a share of what the service can do.

    python -m benchmarks.service.mixed --index INDEX [--share 0.5] [--duration 600]

First finds the rate that the service reaches with every client asking at once, then asks at
`share` of it for `duration` seconds. Exits with 1 if any answer was not 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.markdown_report import MarkdownTable, show
from benchmarks.service.load import Plan, Requests, Result, run_load
from benchmarks.service.load_queries import Kind, all_ids, service_calls
from benchmarks.service.servers import running, twinset_command

# Of ten requests: what a shop's pages ask of it, most of it from product pages.
_MIX = ("similar",) * 6 + ("by-image",) * 2 + ("by-text",) * 2
_CLIENTS = 16


def main(
    index: Annotated[Path, typer.Option()],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    share: Annotated[float, typer.Option(min=0.01, max=1)] = 0.5,
    duration: Annotated[float, typer.Option(min=1, help="Seconds.")] = 600,
    capacity_seconds: Annotated[float, typer.Option(min=1)] = 15,
) -> None:
    """Print the rates, the latencies, the memory, and the errors."""
    table = MarkdownTable("load", "seconds", "requests/s", "p50 ms", "p99 ms", "MB", "errors")
    with running(twinset_command(encoder, index), "/readyz") as server:
        requests = mixed(service_calls(all_ids(server.address)))
        full = run_load(server.address, requests, Plan(_CLIENTS, capacity_seconds))
        table.add("all it can", *_cells(full, server.megabytes()))
        plan = Plan(_CLIENTS, duration, rate=share * full.rate)
        held = run_load(server.address, requests, plan)
        table.add(f"{share:.0%} of it", *_cells(held, server.megabytes()))
    show(table)
    if held.failures:
        raise SystemExit(1)


def mixed(kinds: Sequence[Kind]) -> Requests:
    """Request number n of the mix; the photos and words of all numbers differ."""
    named = {kind.name: kind.requests for kind in kinds}
    return lambda n: named[_MIX[n % len(_MIX)]](n)


def _cells(result: Result, megabytes: float) -> tuple[str, ...]:
    times = (f"{result.milliseconds(percent):.1f}" for percent in (50, 99))
    errors = str(result.failures or "-")
    return f"{result.seconds:.0f}", f"{result.rate:.0f}", *times, f"{megabytes:.0f}", errors


if __name__ == "__main__":
    typer.run(main)
