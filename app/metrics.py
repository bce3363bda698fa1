"""Prometheus metrics. One registry per service, so that nothing is made at import."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Input = TypeVar("Input")
Vectors = NDArray[np.float32]
_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_SIZES = (1, 2, 4, 8, 16, 32)


class Metrics:
    """What the service counts of itself; times in seconds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "twinset_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "twinset_request_seconds",
            "Time from request to end of response.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._encoding = Histogram(
            "twinset_encode_seconds",
            "Time of one batch in the encoder.",
            ["side"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._batches = Histogram(
            "twinset_batch_size",
            "Inputs per batch.",
            ["side"],
            buckets=_SIZES,
            registry=self.registry,
        )
        self._queue = Gauge(
            "twinset_queue_depth", "Inputs that wait.", ["side"], registry=self.registry
        )
        self._embeddings = Counter(
            "twinset_embeddings_total",
            "Embeddings asked for: kept from before (hit), on their way (shared), or made (miss).",
            ["side", "outcome"],
            registry=self.registry,
        )
        self._index = Gauge(
            "twinset_index_items",
            "Items in the live index version.",
            ["model", "version"],
            registry=self.registry,
        )

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._latency.labels(route).observe(seconds)

    def count_embedding(self, side: str, outcome: str) -> None:
        """`outcome` is "hit", "shared" or "miss"."""
        self._embeddings.labels(side, outcome).inc()

    def watch_queue(self, side: str, depth: Callable[[], float]) -> None:
        """Read the depth of a queue whenever metrics are read."""
        self._queue.labels(side).set_function(depth)

    def show_index(self, model: str, version: str, items: int) -> None:
        """Report this index version as the live one, and no other."""
        self._index.clear()
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
        return generate_latest(self.registry)
