"""Pages of the storefront while the catalogue changes."""

from __future__ import annotations

import html
import re

import httpx


def ids(page: httpx.Response) -> list[str]:
    return [
        html.unescape(one) for one in re.findall(r'<li class="tile" data-id="(.*?)"', page.text)
    ]


def pin(page: httpx.Response) -> str:
    found = re.search(r'name="at" value="(.*?)"', page.text)
    assert found is not None
    return found[1]


def test_a_removed_product_shows_what_is_like_it(client: httpx.Client) -> None:
    group_by = {"group_by": "group_id", "limit": 12}
    like_it = [
        hit["id"] for hit in client.get("/items/p6/similar", params=group_by).json()["items"]
    ]
    assert client.delete("/items/p6").status_code in (200, 204)
    page = client.get("/product/p6", headers={"Accept-Language": "it"})
    assert page.status_code == 410
    # What else is near may be told apart a little differently without the item itself.
    assert ids(page)[:5] == like_it[:5]
    assert len(ids(page)) == len(like_it)
    assert "Questi sono i più simili." in page.text
    assert 'content="noindex"' in page.text
    assert "/product/p6" not in page.text.replace("/product/p6?language", "")
    assert client.get("/product/never").status_code == 404
    client.put("/items/p6", json={"title": "back again"})
    back = client.get("/product/p6")
    assert back.status_code == 200
    assert "og:image" not in back.text  # it has no picture now


def test_pages_follow_each_other_while_items_come_and_go(client: httpx.Client) -> None:
    """No product is missed or shown twice; a new search sees the new state."""
    first = client.get("/search")
    before = [
        item["id"]
        for item in client.get("/items", params={"limit": 100, "group_by": "group_id"}).json()[
            "items"
        ]
    ]
    assert ids(first) == before[:24]
    client.delete(f"/items/{before[0]}")
    client.put("/items/fresh", json={"title": "fresh", "group_id": "fresh"})
    second = client.get("/search", params={"page": 2, "at": pin(first)})
    assert ids(first) + ids(second) == before
    assert pin(second) == pin(first)
    assert "the last" in second.text
    again = client.get("/search")
    assert ids(again)[0] != before[0]


def test_an_old_or_foreign_pin_shows_its_page_of_the_live_catalogue(client: httpx.Client) -> None:
    first = client.get("/search")
    plain = ids(client.get("/search", params={"page": 2}))
    for at in (pin(first), "no cursor", "A" * 60, ""):
        other = client.get("/search", params={"page": 2, "f.gender": "Men", "at": at})
        assert other.status_code == 200
    assert ids(client.get("/search", params={"page": 2, "at": "x" * 40})) == plain


def test_behind_the_end_there_is_a_way_back(client: httpx.Client) -> None:
    page = client.get("/search", params={"page": 3})
    assert page.status_code == 200
    assert "That is all there is." in page.text
    assert 'name="page" value="1"' in page.text
    assert client.get("/search", params={"page": 41666}).status_code == 200
