"""Prometheus metrics, in a registry per service, so that importing this module makes nothing.

If there are several workers, each keeps its numbers in files that all can read (the multiprocess
mode of prometheus_client), so a scrape of any worker reports on all.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.observability.load_history import LoadHistory

# The folder of those files; prometheus_client reads the variable when it is imported.
MULTIPROCESS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
Input = TypeVar("Input")
Vectors = NDArray[np.float32]
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SIZES = (1, 2, 4, 8, 16, 32)


# Probes, files, and what the operator's page asks for every few seconds are no load.
_APART = frozenset(
    {"/livez", "/readyz", "/metrics", "/static/", "/operator", "/events", "/errors", "/load"}
    | {"/status", "/trail", "/catalogue", "/catalogue/feed", "/analytics", "/indexes"}
)


class Metrics:
    """What the service counts of itself; times in seconds.

    `load` holds the last hour, of this worker alone.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.load = LoadHistory()
        self._folder = os.environ.get(MULTIPROCESS_FOLDER)
        self._depths: dict[str, Callable[[], float]] = {}
        self._live_index: tuple[str, str] | None = None
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._requests = Counter(
            "twinset_requests_total",
            "Requests answered; status 0 if the client had gone.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._latency = self._histogram(
            "twinset_request_seconds", "Time from request to end of response.", "route", _SECONDS
        )
        self._encoding = self._histogram(
            "twinset_encode_seconds", "Time of one batch in the encoder.", "side", _SECONDS
        )
        self._batches = self._histogram("twinset_batch_size", "Inputs per batch.", "side", _SIZES)
        self._in_flight = self._gauge("twinset_requests_in_flight", "Requests not yet answered.")
        self._queue = self._gauge("twinset_queue_depth", "Inputs that wait.", "side")
        self._embeddings = Counter(
            "twinset_embeddings_total",
            "Embeddings asked for: kept from before (hit), on their way (shared), or made (miss).",
            ["side", "outcome"],
            registry=self.registry,
        )
        pages = Counter(
            "twinset_pages_total",
            "Lists that may be kept: kept from before (hit), or made (miss).",
            ["outcome"],
            registry=self.registry,
        )
        self._pages = {outcome: pages.labels(outcome) for outcome in ("hit", "miss")}
        self._written = Counter(
            "twinset_items_embedded_total",
            "Written items that this service embedded; the others that it shows, another one did.",
            registry=self.registry,
        )
        self._index = self._gauge(
            "twinset_index_items",
            "Items in the live index version.",
            "model",
            "version",
            mode="livemax",
        )

    def _histogram(self, name: str, text: str, label: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(name, text, [label], buckets=buckets, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str, mode: str = "livesum") -> Gauge:
        """`mode` says how the numbers of several workers become one number."""
        return Gauge(name, text, labels, registry=self.registry, multiprocess_mode=mode)  # type: ignore[arg-type]

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count a request as being answered for the length of the block."""
        self._in_flight.inc()
        self._share_depths()
        try:
            yield
        finally:
            self._in_flight.dec()
            self._share_depths()

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        count, latency = self._counted(method, route, status)
        count.inc()
        latency.observe(seconds)
        if route not in _APART:
            self.load.note(seconds, status)

    def _counted(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        # They are few, and to look a child up takes longer than to add to it.
        found = self._children.get((method, route, status))
        if found is None:
            labels = self._requests.labels(method, route, str(status))
            found = labels, self._latency.labels(route)
            self._children[method, route, status] = found
        return found

    def count_embedding(self, side: str, outcome: str) -> None:
        """`outcome` is "hit", "shared" or "miss"."""
        self._embeddings.labels(side, outcome).inc()

    def count_page(self, outcome: str) -> None:
        """`outcome` is "hit" or "miss"."""
        self._pages[outcome].inc()

    def count_items(self, items: int) -> None:
        """Count written items that were embedded."""
        self._written.inc(items)

    def watch_queue(self, side: str, depth: Callable[[], float]) -> None:
        """Read the depth of a queue when metrics are read.

        If there are several workers, the depth is also read when a request comes or goes, so that a
        scrape of another worker sees it.
        """
        self._depths[side] = depth

    def _share_depths(self) -> None:
        if self._folder is not None:
            self._read_depths()

    def _read_depths(self) -> None:
        for side, depth in self._depths.items():
            self._queue.labels(side).set(depth())

    def show_index(self, model: str, version: str, items: int) -> None:
        """Report this index version as the live one; a version reported before counts no more."""
        old, self._live_index = self._live_index, (model, version)
        if old is not None and old != self._live_index:
            self._index.labels(*old).set(0)
            if self._folder is None:  # the files cannot forget a label
                self._index.remove(*old)
        self._index.labels(model, version).set(items)

    def timed_encoder(
        self, side: str, encode: Callable[[Sequence[Input]], Vectors]
    ) -> Callable[[Sequence[Input]], Vectors]:
        """`encode`, with the time and size of each batch recorded."""
        seconds, sizes = self._encoding.labels(side), self._batches.labels(side)

        def timed(values: Sequence[Input]) -> Vectors:
            start = time.perf_counter()
            rows = encode(values)
            seconds.observe(time.perf_counter() - start)
            sizes.observe(len(values))
            return rows

        return timed

    def render(self) -> bytes:
        """The text format that Prometheus scrapes."""
        self._read_depths()
        if self._folder is None:
            return generate_latest(self.registry)
        forget_dead_workers(Path(self._folder))
        shared = CollectorRegistry()
        MultiProcessCollector(shared, self._folder)  # type: ignore[no-untyped-call]
        return generate_latest(shared)


def forget_dead_workers(folder: Path) -> None:
    """Remove the gauges of workers that died from the sums; their counters stay."""
    processes = {int(path.stem.rpartition("_")[2]) for path in folder.glob("gauge_live*.db")}
    for process in processes:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]
        except PermissionError:
            continue  # it is alive, and someone else's
