"""Metrics as they are scraped, and the dashboard and alert rules that read them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.observability.prometheus_metrics import Metrics
from tests.support.paths import ROOT
from tests.support.small_shop import picture

DEPLOY = ROOT / "deploy"
PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not installed; on Debian: apt-get install prometheus"
)


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(text)
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in families
        for one in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text).get((name, frozenset(labels.items())), 0.0)


def test_what_is_asked_is_counted(client: httpx.Client) -> None:
    before = client.get("/metrics").text
    for seed in range(3):
        client.post("/recommend/by-image", files={"image": picture(1000 + seed)})
    client.get("/v1/items/none")
    client.get("/no/such/place")
    client.get("/openapi.json")
    after = client.get("/metrics").text

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    upload = {"method": "POST", "route": "/recommend/by-image"}
    assert more("twinset_requests_total", **upload, status="200") == 3
    missing = {"method": "GET", "route": "/items/{id}"}  # the same as without /v1
    assert more("twinset_requests_total", **missing, status="404") == 1
    unmatched = {"method": "GET", "route": "unmatched"}
    assert more("twinset_requests_total", **unmatched, status="404") == 1
    assert more("twinset_requests_total", method="GET", route="/openapi.json", status="200") == 1
    assert more("twinset_request_seconds_count", route="/recommend/by-image") == 3
    assert more("twinset_batch_size_sum", side="image") == 3
    assert more("twinset_encode_seconds_count", side="image") == 3
    assert value(after, "twinset_requests_in_flight") == 1
    for side in ("image", "text", "decode", "search"):
        assert value(after, "twinset_queue_depth", side=side) == 0
    assert "such" not in after


def test_one_index_version_is_live() -> None:
    metrics = Metrics()
    metrics.show_index("m", "old", 5)
    metrics.show_index("m", "new", 7)
    text = metrics.render().decode()
    assert value(text, "twinset_index_items", model="m", version="new") == 7
    assert "old" not in text


def exposed() -> set[str]:
    """Names of everything that can be scraped."""
    families = list(Metrics().registry.collect())
    return {f.name for f in families} | {
        f"{f.name}{end}" for f in families for end in ("_total", "_bucket", "_sum", "_count")
    }


def test_the_dashboard_reads_what_is_exposed() -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    names = {name for query in queries for name in re.findall(r"\btwinset_\w+", query)}
    assert names <= exposed()
    read = " ".join(queries)
    for name in ("requests_total", "request_seconds", "queue_depth", "batch_size", "encode_seconds",
                 "embeddings_total", "index_items"):  # fmt: skip
        assert f"twinset_{name}" in read
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_the_alerts_read_what_is_exposed() -> None:
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"][0]["rules"]
    names = {name for rule in rules for name in re.findall(r"\btwinset_\w+", rule["expr"])}
    assert names <= exposed()
    configured = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    assert configured["rule_files"] == ["alerts.yml"]


@needs_promtool
def test_promtool_accepts_configuration_and_rules(client: httpx.Client, tmp_path: Path) -> None:
    promtool("check", "config", DEPLOY / "prometheus.yml")
    scenario = (ROOT / "tests" / "alerts_test.yml").read_text()
    (tmp_path / "alerts.yml").write_text(scenario.replace("RULES", str(DEPLOY / "alerts.yml")))
    promtool("test", "rules", tmp_path / "alerts.yml")
    promtool("check", "metrics", text=client.get("/metrics").text)


@needs_promtool
def test_promtool_parses_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    known = {"$__rate_interval": "5m", "$job": ".*"}
    for name, text in known.items():
        queries = [query.replace(name, text) for query in queries]
    rules = [{"record": f"query:{i}", "expr": query} for i, query in enumerate(queries)]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", path)


def promtool(*arguments: object, text: str = "") -> None:
    command = [str(PROMTOOL), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, input=text, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
