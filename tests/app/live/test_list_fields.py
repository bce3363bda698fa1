"""Several values of one field, written live, filtered, counted and folded into a new version."""

from __future__ import annotations

import httpx
import pytest

from index_builder.fold_writes import compact_index
from tests.support.live_service import Place, serving
from tests.support.raw_client import check


def listed(client: httpx.Client, condition: str) -> set[str]:
    answer = client.get("/items", params={"filter": condition, "limit": 100}).json()
    return {item["id"] for item in answer["items"]}


def counts(client: httpx.Client, field: str) -> dict[str, int]:
    facets = client.get("/facets", params={"fields": field}).json()["facets"]
    return {one["value"]: one["count"] for one in facets[0]["values"]}


def test_lists_are_filtered_counted_and_kept(place: Place) -> None:
    with serving(place) as client:
        reds, before = listed(client, 'baseColour = "red"'), counts(client, "baseColour")
        two = {"title": "two tones", "baseColour": ["red", "Teal", "red"]}
        assert client.put("/items/two", json=two).status_code == 201
        assert client.get("/items/two").json()["item"]["baseColour"] == ["red", "Teal"]
        assert listed(client, 'baseColour = "RED"') == reds | {"two"}
        assert listed(client, 'baseColour IN ["teal"]') == {"two"}
        assert "two" not in listed(client, 'baseColour != "teal"')
        assert counts(client, "baseColour") == {**before, "red": before["red"] + 1, "Teal": 1}
        assert client.patch("/items/two", json={"baseColour": "black"}).status_code == 200
        assert listed(client, 'baseColour = "teal"') == set()
        assert client.patch("/items/two", json={"baseColour": ["grey", "Teal"]}).status_code == 200
    compact_index(place.encoder, place.index, 3)
    with serving(place) as client:
        assert client.get("/items/two").json()["item"]["baseColour"] == ["grey", "Teal"]
        assert listed(client, 'baseColour = "teal"') == {"two"}
        assert listed(client, 'baseColour = "red"') == reds
        assert client.patch("/items/two", json={"baseColour": "red"}).status_code == 200
        assert listed(client, 'baseColour = "red"') == reds | {"two"}


@pytest.mark.parametrize(
    "fields",
    [{"baseColour": ["red", 3]}, {"title": ["a", "b"]}, {"year": [2018]}, {"baseColour": [["a"]]}],
)
def test_a_list_of_anything_else_is_refused(place: Place, fields: dict[str, object]) -> None:
    with serving(place) as client:
        check(client.put("/items/two", json={"title": "a hat", **fields}), 422, "invalid_input")


def test_a_refused_list_says_what_is_wrong_with_it(place: Place) -> None:
    with serving(place) as client:
        for values, reason in (([36, 38], "list of texts"), (["a"] * 257, "at most 256 texts")):
            refused = client.put("/items/two", json={"title": "a hat", "baseColour": values})
            assert reason in refused.json()["detail"]


@pytest.mark.parametrize("empty", [[], [""], None])
def test_an_empty_list_is_no_value(place: Place, empty: object) -> None:
    with serving(place) as client:
        client.put("/items/two", json={"title": "a hat", "baseColour": empty})
        assert "two" not in listed(client, "EXISTS baseColour")


def test_text_is_stored_composed(place: Place) -> None:
    with serving(place) as client:
        client.put("/items/zoe", json={"title": "a hat", "baseColour": "Zoe\u0308"})
        client.put("/items/zoo", json={"title": "a bag", "baseColour": "Zo\u00eb"})
        assert counts(client, "baseColour")["Zo\u00eb"] == 2
        for form in ("zoe\u0308", "ZO\u00cb", "Zo\u00eb"):
            assert listed(client, f'baseColour = "{form}"') == {"zoe", "zoo"}
