"""What each route answers when all is well."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import quote

import httpx
import pytest

from tests.support.small_shop import ODD_ID, picture


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


def by_image(client: httpx.Client, seed: int, **fields: object) -> httpx.Response:
    files = {"image": ("photo", picture(seed))}
    return client.post("/recommend/by-image", files=files, data=fields)


def by_text(client: httpx.Client, query: str, **fields: object) -> httpx.Response:
    return client.post("/recommend/by-text", json={"query": query, **fields})


def test_by_image_finds_the_pictured_product_first(client: httpx.Client) -> None:
    body = by_image(client, 5, limit=3).json()
    assert body["items"][0]["id"] == "p5"
    assert [item["rank"] for item in body["items"]] == [1, 2, 3]
    assert body["model"] == {
        "name": "hash",
        "version": "hash-256",
        "index": "20260101T000000Z-0123abcd",
    }
    cursor = body["page"].pop("cursor")
    assert isinstance(cursor, str)
    assert body["page"] == {"limit": 3, "offset": 0, "exhausted": False, "total": 25}
    assert body["items"][0]["item"]["image_url"] == "/items/p5/image"


def test_by_image_searches_with_the_box(client: httpx.Client) -> None:
    whole, part = by_image(client, 5), by_image(client, 5, box="0,0,0.5,0.5")
    assert ids(part) != ids(whole)
    assert ids(by_image(client, 5, box="0,0,1,1")) == ids(whole)


def test_by_text_finds_the_words(client: httpx.Client) -> None:
    assert ids(by_text(client, "  blue shirt  "))[0] == "p6"


def test_similar_leaves_out_the_item(client: httpx.Client) -> None:
    found = ids(client.get("/items/p6/similar", params={"limit": 100}))
    assert "p6" not in found
    assert len(found) == 24


def test_blend_adds_and_subtracts(client: httpx.Client) -> None:
    red_not_dress = {"positive": [{"text": "red"}], "negative": [{"text": "dress"}]}
    found = ids(client.post("/recommend", json={**red_not_dress, "limit": 25}))
    assert found.index("p4") < found.index("p0")


def test_blend_never_returns_what_it_was_given(client: httpx.Client) -> None:
    query = {"positive": [{"item_id": "p1"}], "negative": [{"item_id": "p2", "weight": 0.2}]}
    found = ids(client.post("/recommend", json={**query, "limit": 100}))
    assert len(found) == 23
    assert not {"p1", "p2"} & set(found)


def test_items_come_in_catalogue_order_with_a_total(client: httpx.Client) -> None:
    body = client.get("/items", params={"limit": 2, "filter": 'gender = "Women"'}).json()
    assert [item["id"] for item in body["items"]] == ["p1", "p3"]
    assert body["total"] == 12


def test_item_lists_its_variants(client: httpx.Client) -> None:
    body = client.get("/items/p0").json()
    assert body["item"]["title"] == "red dress"
    assert body["variants"] == ["p1", "p2", "p3"]


def test_ids_may_hold_any_character(client: httpx.Client) -> None:
    path = f"/items/{quote(ODD_ID, safe='')}"
    assert client.get(path).json()["id"] == ODD_ID
    assert client.get(f"{path}/similar").status_code == 200
    assert client.get(f"{path}/image").status_code == 404


def test_image_is_cached_by_its_etag(client: httpx.Client) -> None:
    response = client.get("/items/p3/image")
    assert response.content == picture(3)
    assert response.headers["content-type"] == "image/png"
    assert "max-age" in response.headers["cache-control"]
    etag = response.headers["etag"]
    again = client.get("/items/p3/image", headers={"If-None-Match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")


def test_facets_count_what_matches(client: httpx.Client) -> None:
    body = client.get("/facets", params={"filter": 'group_id = "dress"'}).json()
    facets = {facet["field"]: facet for facet in body["facets"]}
    assert body["total"] == 4
    assert facets["gender"]["values"] == [
        {"value": "Men", "count": 2},
        {"value": "Women", "count": 2},
    ]
    assert facets["price"] == {"kind": "range", "field": "price", "min": 10.0, "max": 13.0}
    assert "id" not in facets


def test_facets_of_nothing(client: httpx.Client) -> None:
    params = {"filter": "price > 1000", "fields": ["price", "gender"]}
    price, gender = client.get("/facets", params=params).json()["facets"]
    assert price["min"] is None
    assert gender["values"] == []


def test_health_and_metrics(client: httpx.Client) -> None:
    assert client.get("/livez").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ok"}
    text = client.get("/metrics").text
    assert 'twinset_index_items{model="hash",version="20260101T000000Z-0123abcd"} 25.0' in text
    assert 'route="/livez"' in text


@pytest.mark.parametrize("path", ["/items", "/items/p0", "/items/p0/similar", "/facets", "/livez"])
def test_v1_mirrors_the_root(client: httpx.Client, path: str) -> None:
    root, mirrored = client.get(path).json(), client.get(f"/v1{path}").json()
    for body in (root, mirrored):
        body.pop("took_ms", None)
        body.pop("request_id", None)
        body.get("page", {}).pop("cursor", None)  # says when it was given
    assert root == mirrored


def test_pages_for_people_come_with_a_strict_policy(client: httpx.Client) -> None:
    for path in ("/", "/docs"):
        response = client.get(path)
        assert response.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in response.headers["content-security-policy"]
        assert "unsafe" not in response.headers["content-security-policy"]


def test_a_plain_request_id_is_kept(client: httpx.Client) -> None:
    kept = client.get("/livez", headers={"X-Request-ID": "shop-42"})
    assert kept.headers["x-request-id"] == "shop-42"
    replaced = client.get("/livez", headers={"X-Request-ID": "a b<script>"})
    assert replaced.headers["x-request-id"].isalnum()


def test_a_box_of_a_blended_image_is_the_box_of_an_upload(client: httpx.Client) -> None:
    image, box = picture(3), [0.0, 0.0, 0.5, 1.0]
    signal = {"image": b64encode(image).decode(), "box": box}
    blended = client.post("/recommend", json={"positive": [signal]}).json()["items"]
    form = {"box": ",".join(map(str, box))}
    uploaded = client.post("/recommend/by-image", files={"image": image}, data=form).json()["items"]
    assert blended == uploaded
    whole = client.post("/recommend", json={"positive": [{**signal, "box": None}]}).json()["items"]
    assert blended != whole


@pytest.mark.parametrize(
    "signal", [{"text": "hat", "box": [0, 0, 1, 1]}, {"image": "aGk=", "box": [0.5, 0, 0.2, 1]}]
)
def test_a_box_needs_an_image_and_an_area(client: httpx.Client, signal: dict[str, object]) -> None:
    assert client.post("/recommend", json={"positive": [signal]}).status_code == 422
