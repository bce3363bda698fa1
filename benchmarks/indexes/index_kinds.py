"""Index kinds: recall against latency, memory and build time, beside hnswlib and usearch.

    python -m benchmarks.indexes.index_kinds --embeddings EMB [--count 44441,1000000]

Up to the number that EMB holds, the vectors are those of its items; beyond, clustered ones. Every
search is of one query on one thread for ten rows, as the service asks; recall and exactness are
judged by a scan of all vectors. Filters let a random share of the rows through. Each index is built
once and searched with every setting. Building takes most of the time, on all cores; where other
programs want those too it takes many times as long.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from benchmarks.indexes.clip_index import clustered
from benchmarks.markdown_report import MarkdownTable, show
from twinset.embeddings import open_embeddings
from twinset.index.faiss_index import FaissIndex
from twinset.index.faiss_kinds import KINDS
from twinset.progress import progress_bar, track

K = 10
_SELECTIVITIES = (0.9, 0.5, 0.1, 0.01, 0.001)
_BLOCK = 50_000
_LINKS, _BUILD_BREADTH = 32, 128
_BREADTHS = (32, 128, 512)
Vectors = NDArray[np.float32]
Search = Callable[[Vectors], NDArray[np.int64]]


@dataclass(frozen=True)
class Effort:
    """How often a search is repeated, and how many queries are asked under each filter."""

    rounds: int
    filtered: int

    @classmethod
    def of(cls, size: int) -> Effort:
        """Less for many vectors: a pass over them takes long, and each as long as the last."""
        return cls(3, 100) if size <= 100_000 else cls(1, 10)


def main(
    embeddings: Annotated[Path | None, typer.Option()] = None,
    count: Annotated[str, typer.Option(help="Sizes, with commas.")] = "44441,1000000",
    queries: Annotated[int, typer.Option(min=1)] = 100,
    dimension: Annotated[int, typer.Option(min=2)] = 256,
) -> None:
    """Print one table of kinds and one of filters for each size."""
    import faiss

    for size in map(int, count.split(",")):
        vectors = _vectors(embeddings, size, dimension)
        generator = np.random.default_rng(1)
        asked = vectors[generator.choice(len(vectors), min(queries, len(vectors)), replace=False)]
        asked = asked + generator.normal(0, 0.02, asked.shape).astype(np.float32)
        asked /= np.linalg.norm(asked, axis=1, keepdims=True)
        _, true = faiss.knn(asked, vectors, K, metric=faiss.METRIC_INNER_PRODUCT)
        kinds = MarkdownTable(
            *("index", "setting", "recall@10", "p50 ms", "p99 ms", "build s", "MB on disk")
        )
        filters = MarkdownTable("index", "share let through", "exact answers", "ms", "of a scan")
        effort = Effort.of(len(vectors))
        _twinset_kinds(vectors, asked, true, effort, (kinds, filters))
        faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
        _hnswlib(vectors, asked, true, effort.rounds, kinds)
        _usearch(vectors, asked, true, effort.rounds, kinds)
        show(f"{len(vectors):,} vectors of {vectors.shape[1]}:", kinds, filters)


def _vectors(embeddings: Path | None, size: int, dimension: int) -> Vectors:
    held = None if embeddings is None else open_embeddings(embeddings).item
    if held is not None and size <= len(held) * 1.2:
        return np.ascontiguousarray(held[:size])  # 44,441 products leave 37,774 with a picture
    return clustered(size, dimension if held is None else held.shape[1])


@contextmanager
def _building(name: str, total: int) -> Iterator[Callable[[int], None]]:
    """Show how a build goes on; it is told of each block's rows."""
    with progress_bar() as bar:
        task = bar.add_task(name, total=total)
        yield lambda rows: bar.advance(task, rows)


def _twinset_kinds(
    vectors: Vectors,
    asked: Vectors,
    true: Any,
    effort: Effort,
    tables: tuple[MarkdownTable, MarkdownTable],
) -> None:
    import faiss

    scan: FaissIndex | None = None
    for kind in KINDS:
        faiss.omp_set_num_threads(len(os.sched_getaffinity(0)))
        started = time.perf_counter()
        with _building(f"twinset {kind}", len(vectors)) as on_rows:
            index = FaissIndex.build(vectors, kind, on_rows)
        built = f"{time.perf_counter() - started:.1f}"
        with TemporaryDirectory() as folder:
            path = Path(folder) / "index.faiss"
            index.save(path)
            size = f"{path.stat().st_size / 2**20:.0f}"
            del index
            index = FaissIndex.load(path)  # as it is served: compressed ones keep half of the bits
            scan = scan or index  # of the exact kind, the first: in memory as it is served
            faiss.omp_set_num_threads(1)  # as in the service
            search: Search = lambda query, i=index: i.search(query, K)[0]  # type: ignore[misc]  # noqa: E731
            ((times, rows),) = _ask([search], asked, effort.rounds)
            tables[0].add(f"twinset {kind}", "", *_figures(times, rows, true), built, size)
            _filtered(index, scan, asked[: effort.filtered], effort.rounds, tables[1])


def _filtered(
    index: FaissIndex, scan: FaissIndex, asked: Vectors, rounds: int, filters: MarkdownTable
) -> None:
    """Each query is asked by turns with a scan without a filter, so that both see one machine."""
    for share in track(_SELECTIVITIES, f"twinset {index.kind}, filters", len(_SELECTIVITIES)):
        mask = np.random.default_rng(2).random(len(index)) < share
        whole: Search = lambda query: scan.search(query, K)[0]  # noqa: E731
        search: Search = lambda query, m=mask: index.search(query, K, m)[0]  # type: ignore[misc]  # noqa: E731
        (scans, _), (times, rows) = _ask([whole, search], asked, rounds)
        worst = _last_of_best(index, asked, np.flatnonzero(mask))
        exact = 0
        for query, found, least in zip(asked, rows, worst, strict=True):
            held = found[found >= 0]
            right = (index.vectors(held) @ query >= least - 1e-5).all() and mask[held].all()
            exact += bool(right and len(held) == min(K, mask.sum()))
        middle = float(np.median(times))
        ratio = f"{middle / float(np.median(scans)):.2f} x"
        cells = (f"{exact / len(asked):.1%}", f"{middle * 1e3:.2f}", ratio)
        filters.add(f"twinset {index.kind}", f"{share:.1%}", *cells)


def _last_of_best(
    index: FaissIndex, asked: Vectors, allowed: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The score of each query's K-th best row of those allowed, (q,), by plain products of the
    vectors that the index keeps; -inf if there are fewer."""
    best = np.full((len(asked), K), -np.inf, np.float32)
    for start in range(0, len(allowed), _BLOCK):
        near = asked @ index.vectors(allowed[start : start + _BLOCK]).T
        best = np.partition(np.concatenate([best, near], axis=1), -K, axis=1)[:, -K:]
    return np.asarray(best.min(axis=1))


def _hnswlib(
    vectors: Vectors, asked: Vectors, true: Any, rounds: int, kinds: MarkdownTable
) -> None:
    import hnswlib

    started = time.perf_counter()
    index = hnswlib.Index("ip", vectors.shape[1])
    index.init_index(len(vectors), ef_construction=_BUILD_BREADTH, M=_LINKS)
    with _building("hnswlib", len(vectors)) as on_rows:
        for start in range(0, len(vectors), _BLOCK):
            block = vectors[start : start + _BLOCK]
            index.add_items(block, num_threads=len(os.sched_getaffinity(0)))
            on_rows(len(block))
    built = time.perf_counter() - started
    with TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        index.save_index(str(path))
        size = f"{path.stat().st_size / 2**20:.0f}"
    for breadth in _BREADTHS:
        index.set_ef(breadth)
        search: Search = lambda query: index.knn_query(query, K, num_threads=1)[0]  # noqa: E731
        ((times, rows),) = _ask([search], asked, rounds)
        kinds.add("hnswlib", f"ef {breadth}", *_figures(times, rows, true), f"{built:.1f}", size)


def _usearch(
    vectors: Vectors, asked: Vectors, true: Any, rounds: int, kinds: MarkdownTable
) -> None:
    from usearch.index import Index

    started = time.perf_counter()
    index = Index(
        ndim=vectors.shape[1],
        metric="ip",
        dtype="f32",
        connectivity=_LINKS,
        expansion_add=_BUILD_BREADTH,
    )
    with _building("usearch", len(vectors)) as on_rows:
        for start in range(0, len(vectors), _BLOCK):
            block = vectors[start : start + _BLOCK]
            rows = np.arange(start, start + len(block))
            index.add(rows, block, threads=len(os.sched_getaffinity(0)))
            on_rows(len(block))
    built = time.perf_counter() - started
    size = f"{index.serialized_length / 2**20:.0f}"
    for breadth in _BREADTHS:
        index.expansion_search = breadth
        search: Search = lambda query: np.asarray(index.search(query[0], K, threads=1).keys)[None]  # noqa: E731
        ((times, found),) = _ask([search], asked, rounds)
        figures = _figures(times, found, true)
        kinds.add("usearch", f"expansion {breadth}", *figures, f"{built:.1f}", size)


def _ask(
    searches: Sequence[Search], asked: Vectors, rounds: int
) -> list[tuple[NDArray[np.float64], NDArray[np.int64]]]:
    """Of each search, which take turns: seconds of each query, the best of the rounds, and the
    rows found, (q, K)."""
    given = [(np.full(len(asked), np.inf), np.zeros((len(asked), K), np.int64)) for _ in searches]
    for _ in range(rounds):
        for number in range(len(asked)):
            query = asked[number : number + 1]
            for search, (times, rows) in zip(searches, given, strict=True):
                started = time.perf_counter()
                found = search(query)
                times[number] = min(times[number], time.perf_counter() - started)
                rows[number] = found[0]
    return given


def _figures(times: NDArray[np.float64], rows: Any, true: Any) -> tuple[str, str, str]:
    hits = [len(set(f) & set(t)) for f, t in zip(rows.tolist(), true.tolist(), strict=True)]
    recall = sum(hits) / true.size
    half, last = np.percentile(times, (50, 99)) * 1e3
    return f"{recall:.4f}", f"{half:.2f}", f"{last:.2f}"


if __name__ == "__main__":
    typer.run(main)
