"""Services side by side over HTTP: Twinset, the straightforward one, and infinity.

    python -m benchmarks.service.services --index INDEX [--clients 1,8,16,32] [--seconds 10]
        [--infinity VENV/bin/infinity_emb]

CLIP ViT-B/32 has the same random weights in all of them, in one with pictures computed in int8: the
cost is that of the true ones. One service runs at a time; each call is asked over keep-alive
connections by a client that is measured too (`service.load`). Every photo and text differs from
the ones before.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.encoders.clip_weights import make_int8, make_weights
from benchmarks.indexes.clip_index import make_index
from benchmarks.markdown_report import MarkdownTable, ratio, show
from benchmarks.service.load import Plan, Result, require_answer, run_load
from benchmarks.service.load_queries import Kind, all_ids, infinity_calls, service_calls
from benchmarks.service.servers import Server, fetch, running, twinset_command

BASELINE = "straightforward, ViT-B/32"
_HEADER = ("call", "service", "clients", "requests/s", "ratio", "p50 ms", "p99 ms", "errors")


@dataclass(frozen=True)
class Candidate:
    """A service by name: how it is started, and when it is ready.

    The command is made when it is wanted: for some, weights and an index have to be made first.
    """

    name: str
    command: Callable[[], list[str]]
    ready_path: str
    model: str | None = None  # of infinity alone

    def calls(self, server: Server) -> list[Kind]:
        if self.model is not None:
            return infinity_calls(self.model)
        if self.name == BASELINE:
            return service_calls([str(n) for n in range(37_774)])
        return service_calls(all_ids(server.address))


@dataclass(frozen=True)
class Measured:
    """One service, call and number of clients."""

    call: str
    service: str
    clients: int
    result: Result


def main(
    index: Annotated[Path, typer.Option(help="Index of the compact encoder.")],
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    clients: Annotated[str, typer.Option()] = "1,8,16,32",
    seconds: Annotated[float, typer.Option(min=0.5)] = 10,
    infinity: Annotated[str, typer.Option(help="Its command, where it is installed.")] = "",
    work: Annotated[Path, typer.Option(help="Keeps what is made.")] = Path("var/bench"),
    only: Annotated[str, typer.Option(help="Services whose name holds this.")] = "",
) -> None:
    """Start each service, load it, print the table."""
    counts = [int(count) for count in clients.split(",")]
    candidates = _candidates(encoder, index, work, infinity)
    measured: list[Measured] = []
    footprints = MarkdownTable("service", "ready after s", "peak memory MB")
    for candidate in candidates:
        if only not in candidate.name:
            continue
        with _started(candidate) as server:
            for kind in candidate.calls(server):
                require_answer(server.address, kind.requests, f"{candidate.name}, {kind.name}")
                for count in counts:
                    result = run_load(server.address, kind.requests, Plan(count, seconds))
                    measured.append(Measured(kind.name, candidate.name, count, result))
                    print(".", end="", file=sys.stderr, flush=True)  # noqa: T201 - progress
            footprints.add(candidate.name, f"{server.ready:.1f}", f"{server.peak_megabytes():.0f}")
    show(_table(measured), footprints)


def _candidates(encoder: Path, index: Path, work: Path, infinity: str) -> list[Candidate]:
    weights = cache(lambda: make_weights(work))

    def straightforward() -> list[str]:
        program = [sys.executable, "-m", "benchmarks.service.straightforward"]
        return [*program, "--weights", str(weights()[0]), "--port", "{port}"]

    def clip() -> list[str]:
        folder = weights()[1]
        return twinset_command(folder, make_index(folder, work / "index"))

    def clip_int8() -> list[str]:
        folder = make_int8(work)
        return twinset_command(folder, make_index(folder, work / "index-int8"))

    found = [
        Candidate(BASELINE, straightforward, "/health"),
        Candidate("twinset, compact", lambda: twinset_command(encoder, index), "/readyz"),
        Candidate("twinset, ViT-B/32", clip, "/readyz"),
        Candidate("twinset, ViT-B/32 in int8", clip_int8, "/readyz"),
    ]
    if infinity:
        model = str(weights()[0].resolve())
        options = ["--model-id", model, "--port", "{port}", "--device", "cpu", "--engine", "torch"]
        command = [infinity, "v2", *options, "--no-bettertransformer"]
        found.append(Candidate("infinity, ViT-B/32", lambda: command, "/health", model))
    return found


@contextmanager
def _started(candidate: Candidate) -> Iterator[Server]:
    offline = {"HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1", "INFINITY_ANONYMOUS_USAGE_STATS": "0"}
    with running(candidate.command(), candidate.ready_path, offline) as server:
        fetch(server.address + candidate.ready_path)
        yield server


def _table(measured: list[Measured]) -> MarkdownTable:
    """Sorted by call and clients; the ratio is that of the rates to the straightforward one's."""
    table = MarkdownTable(*_HEADER)
    reference = {(m.call, m.clients): m.result.rate for m in measured if m.service == BASELINE}
    names = list(dict.fromkeys(m.call for m in measured))
    for m in sorted(measured, key=lambda m: (names.index(m.call), m.clients)):
        rate = m.result.rate
        table.add(
            m.call,
            m.service,
            m.clients,
            f"{rate:.1f}",
            ratio(rate, reference.get((m.call, m.clients), 0)),
            *(_percentile(m.result, p) for p in (50, 99)),
            m.result.failures or "-",
        )
    return table


def _percentile(result: Result, percent: float) -> str:
    return f"{result.milliseconds(percent):.1f}" if len(result.latencies) else "-"


if __name__ == "__main__":
    typer.run(main)
