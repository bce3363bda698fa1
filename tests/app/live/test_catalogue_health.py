"""What a catalogue lacks, against a plain loop over its items, with writes over it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from app.live.health.catalogue_doubts import doubted_rows
from tests.support.live_service import COUNT, Place, serving
from tests.support.raw_client import check
from tests.support.small_shop import as_version
from twinset.encoders.encoder import normalise
from twinset.index import ExactIndex

IMAGE_PLACES = pa.schema([("offset", pa.int64()), ("length", pa.int64()), ("type", pa.string())])


def all_items(client: httpx.Client) -> dict[str, dict[str, Any]]:
    answer = client.get("/items", params={"limit": 100}).json()
    assert answer["total"] <= 100
    return {one["id"]: one["item"] for one in answer["items"]}


def by_a_loop(items: dict[str, dict[str, Any]]) -> dict[str, set[str]]:
    kinds = defaultdict(set)
    for item in items.values():
        if item["group_id"] is not None and item["gender"] is not None:
            kinds[item["group_id"]].add(item["gender"])
    return {
        "without_picture": {n for n, item in items.items() if item["image_url"] is None},
        "without_title": {n for n, item in items.items() if not (item["title"] or "").strip()},
        "without_price": {n for n, item in items.items() if item["price"] is None},
        "without_kind": {n for n, item in items.items() if item["gender"] is None},
        "sold_out": {n for n, item in items.items() if item["available"] is False},
        "mixed_groups": {
            name
            for name, item in items.items()
            if item["gender"] is not None and len(kinds[item["group_id"]]) > 1
        },
    }


def test_findings_are_those_of_a_plain_loop(place: Place) -> None:
    with serving(place) as client:
        client.put("/items/p3", json={"title": " ", "description": "a hat", "gender": None})
        client.put("/items/n1", json={"title": "red dress", "group_id": "g", "gender": "Men"})
        client.put("/items/n2", json={"title": "red dress", "group_id": "g", "gender": "Women"})
        client.delete("/items/p5")
        answer = client.get("/catalogue").json()
        expected = by_a_loop(all_items(client))
        assert answer["items"] == COUNT + 1
        findings = [one for one in answer["findings"] if not one["name"].startswith("doubted")]
        assert {one["name"]: one["count"] for one in findings} == {
            name: len(ids) for name, ids in expected.items()
        }
        for finding in findings:
            assert set(finding["examples"]) <= expected[finding["name"]]
            assert len(finding["examples"]) == min(10, finding["count"])
        assert {"n1", "n2"} <= expected["mixed_groups"]
        check(httpx.get(f"{client.base_url}/catalogue"), 401, "unauthorized")


def test_small_damaged_and_repeated_pictures_are_found(place: Place) -> None:
    """The shop's pictures are of 24 pixels, and each two of its items share one."""
    with serving(place) as client:
        findings = client.get("/catalogue", params={"pictures": True}).json()["findings"]
        counts = {one["name"]: one for one in findings}
        shown: dict[bytes, set[str]] = defaultdict(set)
        for name, item in all_items(client).items():
            if item["image_url"] is not None:
                shown[client.get(item["image_url"]).content].add(item["group_id"] or name)
        held = sum(item["image_url"] is not None for item in all_items(client).values())
    assert counts["tiny_pictures"]["count"] == held
    assert counts["unreadable_pictures"]["count"] == 0
    assert counts["repeated_pictures"]["count"] > 0
    several = [groups for groups in shown.values() if len(groups) > 1]
    assert counts["repeated_pictures"]["count"] >= 2 * len(several)


def test_what_looks_like_another_kind_is_doubted(tmp_path: Path) -> None:
    """Six kinds far apart, and three items whose kind was exchanged."""
    random = np.random.default_rng(3)
    centres = normalise(random.standard_normal((6, 32)).astype(np.float32))
    kinds = np.repeat(np.arange(6), 20)
    noise = 0.1 * random.standard_normal((120, 32))
    vectors = normalise((centres[kinds] + noise).astype(np.float32))
    farthest = np.argmin(centres @ centres.T, axis=1)
    wrong = {row: int(farthest[kinds[row]]) for row in (7, 50, 90)}
    names = [f"kind {wrong.get(row, kind)}" for row, kind in enumerate(kinds)]
    rows = [{"id": f"i{n}", "title": "a", "gender": name} for n, name in enumerate(names)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "items.parquet")
    places = {"offset": [0] * 120, "length": [0] * 120, "type": [""] * 120}
    pq.write_table(pa.table(places, IMAGE_PLACES), tmp_path / "images.parquet")
    (tmp_path / "images.bin").write_bytes(b"")
    version = as_version(tmp_path, ExactIndex(vectors))
    found = doubted_rows(version, "gender")
    assert set(found.tolist()) == set(wrong)
    assert doubted_rows(version, "no such field").size == 0


def test_what_a_feed_brought_is_kept_until_a_later_one(place: Place) -> None:
    row = {"file": "feed.xml", "line": 7, "id": None, "reason": "there is no id"}
    said = {
        "system": "Google",
        "at": "2026-11-29T10:00:00+01:00",
        "as_of": None,
        "accepted": 5,
        "rejected": {"there is no id": 1},
        "warnings": {},
        "rows": [row],
    }
    with serving(place) as client:
        assert client.get("/catalogue/feed").json()["feed"] is None
        assert client.put("/catalogue/feed", json=said).status_code == 200
        for wrong in ({"at": "yesterday"}, {"rows": [row] * 101}, {"accepted": -1}):
            check(client.put("/catalogue/feed", json=said | wrong), 422, "invalid_request")
        check(httpx.put(f"{client.base_url}/catalogue/feed", json=said), 401, "unauthorized")
    with serving(place) as client:
        kept = client.get("/catalogue/feed").json()["feed"]
    assert kept == said | {"at": "2026-11-29T09:00:00Z"}
