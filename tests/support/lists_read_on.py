"""Lists of a service that are read page by page, by cursor, and writes that come between pages."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import httpx

from tests.support.live_shop import picture

PICTURE = picture(5)
PROBLEM = {"content-type": "application/problem+json"}
Ask = Callable[..., httpx.Response]


def by_image(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/recommend/by-image", files={"image": ("a", PICTURE)}, data=fields)


def by_text(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/recommend/by-text", json={"query": "striped shirt", **fields})


def by_item(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.get("/items/p6/similar", params=fields)


def by_signals(client: httpx.Client, **fields: Any) -> httpx.Response:
    signals = [{"image": b64encode(PICTURE).decode()}, {"item_id": "p39"}]
    return client.post("/recommend", json={"positive": signals, **fields})


def plain_list(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.get("/items", params=fields)


def in_batch(client: httpx.Client, **fields: Any) -> httpx.Response:
    entry = {"route": "by-text", "query": "striped shirt", **fields}
    response = client.post("/recommend/batch", json={"requests": [entry]})
    (result,) = response.json()["results"]
    content = result.get("answer", result.get("problem"))
    headers = None if "answer" in result else PROBLEM
    return httpx.Response(result["status"], json=content, headers=headers)


LISTS = [by_image, by_text, by_item, by_signals, plain_list, in_batch]


def page(ask: Ask, client: httpx.Client, **fields: Any) -> dict[str, Any]:
    response = ask(client, **fields)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def change(client: httpx.Client, number: int) -> None:
    """Writes of every kind, to items that lists hold."""
    assert client.delete(f"/items/p{number}").status_code == 200
    fields = {"price": 1.0 + number, "baseColour": "grey", "title": "striped shirt"}
    assert client.patch(f"/items/p{number + 20}", json=fields).status_code == 200
    new = {"title": "striped shirt", "gender": "Women", "price": 5.0}
    assert client.put(f"/items/new{number}", json=new).status_code in (200, 201)


def read_on(
    ask: Ask, clients: list[httpx.Client], first: dict[str, Any], between: Callable[[int], None]
) -> list[dict[str, Any]]:
    """All items of a list, read by turns from each service, with something done between pages."""
    items, cursor, number = first["items"], first["page"].get("cursor"), 0
    while cursor is not None:
        between(number)
        number += 1
        body = page(ask, clients[number % len(clients)], limit=7, cursor=cursor)
        assert [hit["rank"] for hit in body["items"] if "rank" in hit] == [
            len(items) + n + 1 for n in range(len(body["items"])) if "rank" in body["items"][n]
        ]
        assert body["page"]["offset"] == len(items)
        items, cursor = items + body["items"], body["page"].get("cursor")
        assert body["page"]["exhausted"] == (cursor is None)
    return items
