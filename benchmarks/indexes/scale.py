"""How the kinds of index grow: memory, build, recall and latency from ten thousand vectors up.

    python -m benchmarks.indexes.scale --embeddings var/real/embeddings --work var/scale

Vectors are resampled from a real catalogue's, see `indexes.scale_vectors`. Each case is built
in one process and measured in another, so that memory is that of serving. What was measured stays
in the work folder, and a second run measures only what is missing; the tables are then printed as
Markdown.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from benchmarks.indexes.scale_vectors import Sample, make_sample, open_sample
from twinset.filters import Compare
from twinset.index.faiss_index import FaissIndex
from twinset.index.faiss_kinds import KINDS
from twinset.index.vector_index import Condition, Mask, VectorIndex

MILVUS = "milvus-lite"
_K = 10
_COUNTS = (10_000, 100_000, 1_000_000)
# milvus-lite is meant for tests: beyond, a server takes over.
_MILVUS_UP_TO = 100_000
app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Figures:
    """What a case measured; sizes in bytes, latencies (p50, p99) in ms, one search at a time.

    `filtered` holds recall@10 and both latencies by the share of rows that a filter lets through.
    """

    count: int
    kind: str
    build_s: float
    disk: int
    memory: int
    recall: float
    latency: tuple[float, float]
    filtered: dict[str, tuple[float, float, float]]


@app.callback(invoke_without_command=True)
def measure(
    context: typer.Context,
    embeddings: Annotated[Path, typer.Option()] = Path("var/real/embeddings"),
    work: Annotated[Path, typer.Option()] = Path("var/scale"),
    counts: Annotated[list[int] | None, typer.Option("--count")] = None,
    kinds: Annotated[list[str] | None, typer.Option("--kind")] = None,
) -> None:
    """Measure every case that has no figures yet, and print the tables."""
    if context.invoked_subcommand is not None:
        return  # a case in a process of its own
    work.mkdir(parents=True, exist_ok=True)
    for count in counts or _COUNTS:
        make_sample(embeddings, count, work / f"{count}")
        for kind in kinds or (*KINDS, MILVUS):
            if kind == MILVUS and count > _MILVUS_UP_TO and kinds is None:
                continue
            if not _figures_file(work, count, kind).exists():
                for step in ("build-case", "measure-case"):
                    _run(step, str(work), str(count), kind)
    sys.stdout.write(tables(work))


def _run(*arguments: str) -> None:
    command = [sys.executable, "-m", "benchmarks.indexes.scale", *arguments]
    subprocess.run(command, check=True)  # noqa: S603  (our own command)


def _figures_file(work: Path, count: int, kind: str) -> Path:
    return work / f"{count}-{kind}.json"


def _case_folder(work: Path, count: int, kind: str) -> Path:
    return work / f"{count}-{kind}"


@app.command(hidden=True)
def build_case(work: Path, count: int, kind: str) -> None:
    """Build one index and leave it in its folder, with the seconds that it took."""
    folder = _case_folder(work, count, kind)
    folder.mkdir(exist_ok=True)
    sample = open_sample(work / f"{count}")
    start = time.monotonic()
    if kind == MILVUS:
        _build_milvus(folder, sample)
    else:
        FaissIndex.build(sample.vectors, kind).save(folder / "index.faiss")
    (folder / "seconds").write_text(f"{time.monotonic() - start}")


@app.command(hidden=True)
def measure_case(work: Path, count: int, kind: str) -> None:
    """Open one index and write its figures."""
    import faiss

    faiss.omp_set_num_threads(1)
    folder = _case_folder(work, count, kind)
    sample = open_sample(work / f"{count}")
    before = _anonymous_memory()
    index = _open_milvus(folder) if kind == MILVUS else FaissIndex.load(folder / "index.faiss")
    for query in sample.queries[:20]:  # what a search needs belongs to it
        index.search(query[None], _K)
    memory = _anonymous_memory() - before
    recall, *latency = _search(index, sample, 100)
    filtered = {f"{share} %": _search(index, sample, share) for share in (10, 1)}
    figures = Figures(
        count=count,
        kind=kind,
        build_s=float((folder / "seconds").read_text()),
        disk=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        memory=memory,
        recall=recall,
        latency=(latency[0], latency[1]),
        filtered=filtered,
    )
    _figures_file(work, count, kind).write_text(json.dumps(asdict(figures), indent=2) + "\n")


def _search(index: VectorIndex, sample: Sample, share: int) -> tuple[float, float, float]:
    """recall@10, p50 and p99 in ms over the sample's queries, under a filter on `share` percent."""
    mask: Mask | None = None
    where = None
    if share < 100:
        mask = sample.buckets < share
        where = Condition(Compare("bucket", "<", float(share)))
    true = sample.nearest(_K, mask)
    index.search(sample.queries[:1], _K, mask, where)
    found, times = [], []
    for query in sample.queries:
        start = time.perf_counter()
        rows, _ = index.search(query[None], _K, mask, where)
        times.append((time.perf_counter() - start) * 1e3)
        found.append(rows[0])
    recall = np.mean([len(set(f) & set(t)) / _K for f, t in zip(found, true, strict=True)])
    p50, p99 = np.percentile(times, [50, 99])
    return float(recall), float(p50), float(p99)


def _build_milvus(folder: Path, sample: Sample) -> None:
    from twinset.columns import Column
    from twinset.index.milvus.milvus_collections import NewCollection, create_collection
    from twinset.index.milvus.milvus_connection import MilvusAddress, connect, disconnect

    address = MilvusAddress(str(folder / "milvus.db"))
    present = np.ones(len(sample.vectors), np.bool_)
    columns = {"bucket": Column("number", sample.buckets.astype(np.float64), present)}
    new = NewCollection("scale", sample.vectors, columns)
    create_collection(connect(address), address, new).save(folder / "milvus.json")
    disconnect(address)


def _open_milvus(folder: Path) -> VectorIndex:
    from twinset.index.milvus.milvus_collections import CollectionRecord
    from twinset.index.milvus.milvus_connection import MilvusAddress, connect
    from twinset.index.milvus.milvus_index import MilvusIndex

    client = connect(MilvusAddress(str(folder / "milvus.db")))
    record = CollectionRecord.load(folder / "milvus.json")
    client.load_collection(record.name)
    return MilvusIndex(client, record, client.get_collection_stats(record.name)["row_count"])


def _anonymous_memory() -> int:
    """Bytes of this process that are no file's pages, which the system could drop at any time."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))


def tables(work: Path) -> str:
    """A Markdown table for each number of vectors that was measured."""
    cases = [Figures(**json.loads(path.read_text())) for path in sorted(work.glob("*.json"))]
    order = {kind: place for place, kind in enumerate((*KINDS, MILVUS))}
    parts = []
    for count in sorted({case.count for case in cases}):
        rows = sorted((c for c in cases if c.count == count), key=lambda c: order[c.kind])
        header = " | ".join(name for name, _ in _COLUMNS)
        lines = [f"### {count:,} vectors", "", f"| {header} |", "| --- " * len(_COLUMNS) + "|"]
        lines += ["| " + " | ".join(cell(case) for _, cell in _COLUMNS) + " |" for case in rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _filtered(share: str) -> Callable[[Figures], str]:
    def cell(case: Figures) -> str:
        recall, p50, p99 = case.filtered[share]
        return f"{recall:.3f}, {p50:.1f}, {p99:.1f}"

    return cell


_COLUMNS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
    ("kind", lambda case: case.kind),
    ("build, s", lambda case: f"{case.build_s:,.0f}"),
    ("disk, MB", lambda case: f"{case.disk / 1e6:,.0f}"),
    ("memory, MB", lambda case: f"{case.memory / 1e6:,.0f}"),
    ("recall@10", lambda case: f"{case.recall:.3f}"),
    ("p50, p99 ms", lambda case: f"{case.latency[0]:.1f}, {case.latency[1]:.1f}"),
    ("10 % match: recall, p50, p99", _filtered("10 %")),
    ("1 % match", _filtered("1 %")),
)


if __name__ == "__main__":
    app()
