"""Items with one picture take one place on every route, and stay right under writes."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import httpx

from app.recommend.query import SearchQuery
from app.similar.similar_lists import open_live_version, similar_lists
from tests.support.live_service import Place, serving
from tests.support.live_shop import picture

SEEN = picture(4321)


def put(client: httpx.Client, item_id: str, data: bytes, **fields: Any) -> None:
    body = {"title": f"dress {item_id}", "image": b64encode(data).decode(), **fields}
    assert client.put(f"/items/{item_id}", json=body).is_success


def places(answer: httpx.Response) -> dict[str, list[str]]:
    """The hits of an answer, each with the others of its picture."""
    return {hit["id"]: hit.get("same_picture", []) for hit in answer.json()["items"]}


def by_image(client: httpx.Client, **fields: Any) -> httpx.Response:
    files = {"image": ("photo.png", SEEN)}
    return client.post("/recommend/by-image", files=files, data={"limit": 100, **fields})


def test_writes_make_and_break_groups(place: Place) -> None:
    with serving(place) as client:
        before = by_image(client).json()["page"]["total"]
        for item_id in ("a", "b", "c"):
            put(client, item_id, SEEN, gender="Women" if item_id == "a" else "Men")
        found = places(by_image(client))
        (head,) = {"a", "b", "c"} & found.keys()
        assert sorted([head, *found[head]]) == ["a", "b", "c"]
        answer = by_image(client, same="all").json()
        assert {"a", "b", "c"} <= {hit["id"] for hit in answer["items"]}
        assert by_image(client).json()["page"]["total"] == before + 1
        counted = by_image(client, facets="gender", filter='id IN ["a", "b", "c"]').json()
        assert counted["facets"][0]["values"] == [
            {"value": "Men", "count": 1},
            {"value": "Women", "count": 1},
        ]
        men = places(by_image(client, filter='gender = "Men" AND id IN ["a", "b", "c"]'))
        assert men in ({"b": ["c"]}, {"c": ["b"]})
        client.delete(f"/items/{head}")
        (then,) = {"a", "b", "c"} & (found := places(by_image(client))).keys()
        assert sorted([then, *found[then]]) == sorted({"a", "b", "c"} - {head})
        put(client, then, picture(9999))
        found = places(by_image(client))
        assert not any(found[one] for one in ("a", "b", "c") if one != head)


def test_every_route_lists_a_picture_once(place: Place) -> None:
    with serving(place) as client:
        for item_id in ("a", "b", "c"):
            put(client, item_id, SEEN)
        signal = {"positive": [{"text": "dress a"}], "limit": 100}
        answers = [
            client.post("/recommend/by-text", json={"query": "dress", "limit": 100}),
            client.post("/recommend", json=signal),
            client.get("/items/p3/similar", params={"limit": 100}),
        ]
        batch = client.post(
            "/recommend/batch", json={"requests": [{"route": "recommend", **signal}]}
        )
        answered = batch.json()["results"][0]["answer"]["items"]
        assert answered == answers[1].json()["items"]
        for one in map(places, answers):
            (head,) = {"a", "b", "c"} & one.keys()
            assert sorted([head, *one[head]]) == ["a", "b", "c"]
        of_itself = places(client.get("/items/a/similar", params={"limit": 100}))
        assert of_itself["b"] == ["c"]
        page = client.get("/product/a").text
        assert "Also with this picture" in page
        assert '+1<span class="hide"> more' in page


def test_static_lists_say_what_the_route_says(place: Place) -> None:
    with serving(place) as client:
        for item_id in ("a", "b"):
            put(client, item_id, SEEN)
        version = open_live_version(place.index, place.encoder)
        names = version.items.id_of
        for row, hits in similar_lists(version, SearchQuery(limit=50)):
            listed = {names(hit.row): [names(one) for one in hit.same_picture] for hit in hits}
            route = client.get(f"/items/{names(row)}/similar", params={"limit": 50})
            assert listed == places(route)
