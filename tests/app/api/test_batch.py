"""A batch answers each search as its own route would."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from app.api.batch.batch_schemas import MAX_REQUESTS
from tests.support.raw_client import check
from tests.support.small_shop import picture

Entry = dict[str, Any]
PICTURE = base64.b64encode(picture(5)).decode()


def ask(client: httpx.Client, *entries: Any) -> list[dict[str, Any]]:
    response = client.post("/recommend/batch", json={"requests": list(entries)})
    assert response.status_code == 200, response.text
    results: list[dict[str, Any]] = response.json()["results"]
    assert len(results) == len(entries)
    return results


def single(client: httpx.Client, entry: Entry) -> httpx.Response:
    """The same search by its own route."""
    fields = {name: value for name, value in entry.items() if name not in ("route", "id", "image")}
    match entry["route"]:
        case "similar":
            return client.get(f"/items/{entry['id']}/similar", params=fields)
        case "by-text":
            return client.post("/recommend/by-text", json=fields)
        case "recommend":
            return client.post("/recommend", json=fields)
    file = {"image": ("a", base64.b64decode(entry["image"]))}
    return client.post("/recommend/by-image", files=file, data=fields)


def same(body: dict[str, Any]) -> dict[str, Any]:
    """What does not differ from one time to the next."""
    kept = {name: body[name] for name in body if name not in ("request_id", "took_ms", "instance")}
    if "page" in kept:  # a cursor holds the second of its first page
        kept["page"] = {name: kept["page"][name] for name in kept["page"] if name != "cursor"}
    return kept


ENTRIES: list[Entry] = [
    {"route": "by-text", "query": "blue shirt", "limit": 4, "facets": ["gender"]},
    {"route": "by-text", "query": "blue shirt not red"},
    {"route": "by-text", "query": "p7", "offset": 3},
    {"route": "similar", "id": "p6", "group_by": "group_id"},
    {"route": "similar", "id": "p6", "sort": "-price", "min_score": 0.1},
    {"route": "by-image", "image": PICTURE, "fields": ["title"]},
    {"route": "by-image", "image": PICTURE, "box": "0,0,1,0.5"},
    {"route": "recommend", "positive": [{"text": "hat"}], "negative": [{"item_id": "p3"}]},
]
WRONG: list[Entry] = [
    {"route": "similar", "id": "nothing"},
    {"route": "by-text", "query": " "},
    {"route": "by-text", "query": "hat", "limit": 101},
    {"route": "by-text", "query": "hat", "filter": "price >"},
    {"route": "by-text", "query": "hat", "sort": "nothing"},
    {"route": "by-text", "query": "hat", "mystery": 1},
    {"route": "by-image", "image": base64.b64encode(b"no picture at all").decode()},
    {"route": "recommend", "positive": [{"text": "hat", "item_id": "p1"}]},
]


def test_a_batch_equals_its_searches(client: httpx.Client) -> None:
    """To the bit: JSON writes every number of a float in full."""
    entries = [ENTRIES[n % len(ENTRIES)] for n in range(MAX_REQUESTS)]
    expected = [same(single(client, entry).json()) for entry in ENTRIES]
    for number, result in enumerate(ask(client, *entries)):
        assert result["status"] == 200
        assert same(result["answer"]) == expected[number % len(ENTRIES)]


def test_each_search_has_a_status_of_its_own(client: httpx.Client) -> None:
    results = ask(client, *[one for pair in zip(ENTRIES, WRONG, strict=True) for one in pair])
    assert [result["status"] for result in results[::2]] == [200] * len(ENTRIES)
    for entry, result in zip(WRONG, results[1::2], strict=True):
        refused = single(client, entry)
        assert result["status"] == refused.status_code >= 400, entry
        assert same(result["problem"]) == same(refused.json())


@pytest.mark.parametrize("entry", [None, 7, "by-text", {}, {"route": "nothing"}, []])
def test_an_entry_that_is_none_is_refused_alone(client: httpx.Client, entry: Any) -> None:
    wrong, right = ask(client, entry, ENTRIES[0])
    assert (wrong["status"], wrong["problem"]["code"]) == (422, "invalid_request")
    assert right["status"] == 200


def test_ids_tell_the_searches_apart(client: httpx.Client) -> None:
    headers = {"x-request-id": "mine"}
    body = {"requests": [ENTRIES[0], WRONG[0]]}
    answer = client.post("/recommend/batch", json=body, headers=headers).json()
    found, refused = answer["results"]
    assert answer["request_id"] == "mine"
    assert found["answer"]["request_id"] == "mine.1"
    assert refused["problem"]["request_id"] == "mine.2"


@pytest.mark.parametrize("requests", [[], [ENTRIES[0]] * (MAX_REQUESTS + 1), None, "text"])
def test_a_batch_has_bounds(client: httpx.Client, requests: Any) -> None:
    check(client.post("/recommend/batch", json={"requests": requests}), 422, "invalid_request")
