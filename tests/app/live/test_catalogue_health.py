"""What a catalogue lacks, against a plain loop over its items, with writes over it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import httpx

from tests.support.live_service import COUNT, Place, serving
from tests.support.raw_client import check


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
        assert {one["name"]: one["count"] for one in answer["findings"]} == {
            name: len(ids) for name, ids in expected.items()
        }
        for finding in answer["findings"]:
            assert set(finding["examples"]) <= expected[finding["name"]]
            assert len(finding["examples"]) == min(10, finding["count"])
        assert {"n1", "n2"} <= expected["mixed_groups"]
        check(httpx.get(f"{client.base_url}/catalogue"), 401, "unauthorized")
