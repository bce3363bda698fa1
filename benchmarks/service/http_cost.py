"""Processor time per request: this tree, an older one, and uvicorn with nothing of ours.

    python -m benchmarks.service.http_cost --encoder models/compact --index INDEX \
        [--baseline DIR] [--baseline-index INDEX] [--rounds 5] [--seconds 1]

`--baseline` is a checkout with a `.venv` of its own. If it cannot read the index, give one of its
own as `--baseline-index`; that is served with the checkout's `models/compact`. All services run at
once and are asked by turns, so that what else the machine does meets each alike; the figure is the
median over the rounds of the processor seconds of the service's process over the requests.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.markdown_report import MarkdownTable, ratio, show
from benchmarks.service.load import Plan, get, post_image, post_json, run_load
from benchmarks.service.load_queries import Kind, all_ids, new_photo, photos, words
from benchmarks.service.servers import Server, running, twinset_command

NOW, BEFORE, BARE = "this tree", "baseline", "httptools, nothing of ours"
UNKNOWN = "exclude_ids=none"


def main(
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    index: Annotated[Path, typer.Option()] = Path("var/demo/index"),
    baseline: Annotated[Path | None, typer.Option(help="A checkout to compare with.")] = None,
    baseline_index: Annotated[Path | None, typer.Option(help="The checkout's own index.")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    only: Annotated[str, typer.Option(help="Calls whose name holds this.")] = "",
    seconds: Annotated[float, typer.Option(min=0.1, help="Of each call, in each round.")] = 1.0,
) -> None:
    """Print microseconds of the processor per request, and the ratio to the baseline."""
    commands = _commands(encoder.resolve(), index.resolve())
    if baseline is not None:
        own = (baseline / "models" / "compact", baseline_index) if baseline_index else None
        older = _older(baseline.resolve(), *(path.resolve() for path in own or (encoder, index)))
        commands = {BEFORE: older, **commands}
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(_started(command)) for name, command in commands.items()
        }
        calls = _calls(next(iter(servers.values())))
        table = MarkdownTable("call", *servers, f"ratio to {BEFORE}" if baseline else "")
        for call in (call for call in calls if only in call.name):
            costs = _costs(servers, call, rounds, seconds)
            shown = [f"{cost * 1e6:.0f} us" for cost in costs.values()]
            before = costs.get(BEFORE, 0.0)
            table.add(call.name, *shown, ratio(costs[NOW], before) if before else "")
    show(table)


def _commands(encoder: Path, index: Path) -> dict[str, list[str]]:
    bare = [sys.executable, "-m", "benchmarks.service.bare_http"]
    return {
        NOW: twinset_command(encoder, index),
        BARE: [*bare, str(encoder), str(index), "{port}"],
    }


def _older(baseline: Path, encoder: Path, index: Path) -> list[str]:
    # The program and not `-m`, which would take rooms of the working directory for its own.
    program = str(baseline / ".venv" / "bin" / "twinset")
    return [program, *twinset_command(encoder, index)[3:]]


@contextmanager
def _started(command: list[str]) -> Iterator[Server]:
    with running(command, "/readyz") as server:
        yield server


def _calls(server: Server) -> list[Kind]:
    items, pictures = all_ids(server.address), photos()
    image: Callable[[bytes], bytes] = lambda data: post_image("/recommend/by-image", data)  # noqa: E731
    return [
        Kind("similar, seen before", lambda n: get(f"/items/{items[n % len(items)]}/similar")),
        # Lists with an id to leave out are not kept; this one is unknown, so the list is the same.
        Kind("similar, new", lambda n: get(f"/items/{items[n % len(items)]}/similar?{UNKNOWN}")),
        Kind("by-image, a photo seen before", lambda n: image(pictures[n % 8])),
        Kind("by-image, a new photo", lambda n: image(new_photo(pictures, n))),
        Kind(
            "by-text, words seen before",
            lambda n: post_json("/recommend/by-text", {"query": words(n % 50)}),
        ),
    ]


def _costs(servers: dict[str, Server], call: Kind, rounds: int, seconds: float) -> dict[str, float]:
    """Median processor seconds per request of each service, with eight clients."""
    found: dict[str, list[float]] = {name: [] for name in servers}
    for turn in range(-1, rounds):  # the first warms up and is not counted
        for name, server in servers.items():
            before = processor_seconds(server.pid)
            result = run_load(server.address, call.requests, Plan(8, seconds, warm_up=0))
            if result.failures:
                raise SystemExit(f"{name}, {call.name}: {result.failures}")
            if turn >= 0:
                used = processor_seconds(server.pid) - before
                found[name].append(used / len(result.latencies))
    return {name: statistics.median(costs) for name, costs in found.items()}


def processor_seconds(pid: int) -> float:
    """Of all threads of a process, by its own clock; see clock_getcpuclockid(3)."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9


if __name__ == "__main__":
    typer.run(main)
