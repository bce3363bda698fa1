"""Spans of requests, as the framework makes them when OpenTelemetry is turned on."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from tests.support.small_shop import Server, open_shop
from twinset.encoders import HashEncoder

pytest.importorskip("opentelemetry.sdk", reason="needs the extra otel")

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize("on", [True, False])
def test_a_span_joins_the_trace_of_its_caller(on: bool, tmp_path: Path) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)  # the first one of a process stays
    found = trace.get_tracer_provider()
    assert isinstance(found, TracerProvider)
    found.add_span_processor(SimpleSpanProcessor(exporter))
    settings, encoder = Settings(otel=on), HashEncoder(32)
    state = State(settings)
    state.recommender = Recommender(encoder, open_shop(tmp_path, encoder), settings, state.metrics)
    with Server(state) as address:
        headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
        url = f"{address}/items/p1/similar?limit=3"
        assert httpx.get(url, headers=headers).status_code == 200
    spans = {span.context.span_id: span for span in exporter.get_finished_spans() if span.context}
    assert bool(spans) == on
    for span in spans.values():
        assert span.context is not None
        assert f"{span.context.trace_id:032x}" == TRACE
        assert "/items/{id}/similar" in span.name.replace("{id:path}", "{id}")
        assert span.attributes is not None
        assert span.attributes["http.response.status_code"] == 200
