"""The common fields, identical on every route that returns items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.support.small_shop import picture
from twinset.text.collation import collation_key

Ask = Callable[..., httpx.Response]


def ask_image(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/recommend/by-image", files={"image": ("a", picture(5))}, data=fields)


def ask_text(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/recommend/by-text", json={"query": "blue shirt", **fields})


def ask_similar(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.get("/items/p6/similar", params=fields)


def ask_blend(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.post("/recommend", json={"positive": [{"text": "blue shirt"}], **fields})


def ask_items(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.get("/items", params=fields)


SEARCHES = [ask_image, ask_text, ask_similar, ask_blend]
LISTS = [*SEARCHES, ask_items]


def answer(ask: Ask, client: httpx.Client, **fields: Any) -> dict[str, Any]:
    response = ask(client, **fields)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


def ids(body: dict[str, Any]) -> list[str]:
    return [item["id"] for item in body["items"]]


@pytest.mark.parametrize("ask", LISTS)
def test_limit_and_exhausted(ask: Ask, client: httpx.Client) -> None:
    assert len(answer(ask, client)["items"]) == 10
    everything = answer(ask, client, limit=100)
    count = len(everything["items"])
    assert everything["page"]["exhausted"]
    # The last item is on this page, so nothing is left: exact, not a guess from a full page.
    assert answer(ask, client, limit=count)["page"]["exhausted"]
    assert not answer(ask, client, limit=count - 1)["page"]["exhausted"]


@pytest.mark.parametrize("ask", LISTS)
@pytest.mark.parametrize("extra", [{}, {"group_by": "group_id"}, {"filter": "price > 14"}])
def test_pages_concatenate(ask: Ask, extra: dict[str, Any], client: httpx.Client) -> None:
    whole = answer(ask, client, limit=100, **extra)["items"]
    pages = []
    for offset in range(0, 30, 3):
        pages += answer(ask, client, limit=3, offset=offset, **extra)["items"]
    assert pages == whole


@pytest.mark.parametrize("ask", LISTS)
def test_filter_is_exact(ask: Ask, client: httpx.Client) -> None:
    body = answer(ask, client, filter='baseColour = "red" AND price < 30')
    assert sorted(ids(body)) == ["p0", "p12", "p16", "p4", "p8"]


@pytest.mark.parametrize("ask", LISTS)
def test_a_blank_filter_is_none(ask: Ask, client: httpx.Client) -> None:
    assert ids(answer(ask, client, filter=" ")) == ids(answer(ask, client))


@pytest.mark.parametrize("ask", LISTS)
def test_exclude_ids(ask: Ask, client: httpx.Client) -> None:
    first, second, *rest = ids(answer(ask, client, limit=12))
    excluded = [first, second, "no-such-id"]
    assert ids(answer(ask, client, limit=10, exclude_ids=excluded)) == rest


@pytest.mark.parametrize("ask", LISTS)
def test_fields(ask: Ask, client: httpx.Client) -> None:
    body = answer(ask, client, fields=["title", "price"])
    assert all(set(item["item"]) == {"title", "price"} for item in body["items"])


@pytest.mark.parametrize("ask", SEARCHES)
def test_min_score(ask: Ask, client: httpx.Client) -> None:
    scores = [item["score"] for item in answer(ask, client, limit=100)["items"]]
    body = answer(ask, client, limit=100, min_score=scores[4])
    assert [item["score"] for item in body["items"]] == scores[:5]
    assert body["page"]["exhausted"]


@pytest.mark.parametrize("ask", SEARCHES)
def test_groups_are_backfilled(ask: Ask, client: httpx.Client) -> None:
    """Six styles and one item alone: seven groups come back though each style has four items."""
    body = answer(ask, client, limit=7, group_by="group_id")
    best: dict[Any, str] = {}
    for item in answer(ask, client, limit=100)["items"]:
        best.setdefault(item["item"]["group_id"] or item["id"], item["id"])
    assert ids(body) == list(best.values())
    assert body["page"]["exhausted"]


@pytest.mark.parametrize("ask", LISTS)
def test_variants_are_the_rest_of_the_group(ask: Ask, client: httpx.Client) -> None:
    body = answer(ask, client, group_by="group_id", filter='gender = "Women"')
    hats = next(item for item in body["items"] if item["item"]["group_id"] == "hat")
    assert sorted([hats["id"], *hats["variants"]]) == ["p21", "p23"]
    assert "variants" not in answer(ask, client)["items"][0]


@pytest.mark.parametrize("ask", LISTS)
def test_any_attribute_groups(ask: Ask, client: httpx.Client) -> None:
    body = answer(ask, client, group_by="gender")
    assert len(body["items"]) == 3  # Men, Women, and the item that is neither


@pytest.mark.parametrize("ask", LISTS)
def test_sort(ask: Ask, client: httpx.Client) -> None:
    body = answer(ask, client, limit=100, sort="-price")
    prices = [item["item"]["price"] for item in body["items"]]
    assert prices[-1] is None
    assert prices[:-1] == sorted(prices[:-1], reverse=True)
    refused = ask(client, sort="nothing")
    assert (refused.status_code, refused.json()["code"]) == (400, "unknown_field")


@pytest.mark.parametrize("ask", LISTS)
@pytest.mark.parametrize("field", ["title", "baseColour"])
def test_texts_are_sorted_as_people_look_them_up(
    ask: Ask, field: str, client: httpx.Client
) -> None:
    body = answer(ask, client, limit=100, sort=f"-{field}")
    texts = [item["item"][field] for item in body["items"] if item["item"][field] is not None]
    assert texts == sorted(texts, key=collation_key, reverse=True)
    assert len(set(texts)) > 2


@pytest.mark.parametrize("ask", LISTS)
def test_facets_are_counted_without_their_own_condition(ask: Ask, client: httpx.Client) -> None:
    own = 'baseColour = "red" AND gender = "Women"'
    body = answer(ask, client, filter=own, facets=["baseColour", "price"], limit=1)
    colours, price = body["facets"]
    assert {one["value"] for one in colours["values"]} == {"green", "black"}  # of odd numbers
    assert (price["kind"], price["min"], price["max"]) == ("range", None, None)  # of none
    assert body["page"]["total"] == 0
    assert "facets" not in answer(ask, client)


@pytest.mark.parametrize("ask", LISTS)
def test_total_is_how_many_items_there_are(ask: Ask, client: httpx.Client) -> None:
    for extra in ({}, {"group_by": "group_id"}, {"filter": "price > 14"}, {"sort": "price"}):
        body = answer(ask, client, limit=100, **extra)
        assert body["page"]["total"] == len(body["items"])
        assert answer(ask, client, limit=1, **extra)["page"]["total"] == len(body["items"])


@pytest.mark.parametrize("ask", SEARCHES)
def test_a_cut_counts_for_facets_and_total(ask: Ask, client: httpx.Client) -> None:
    scores = [item["score"] for item in answer(ask, client, limit=100)["items"]]
    body = answer(ask, client, min_score=scores[6], facets=["gender"], limit=2)
    assert body["page"]["total"] == 7
    assert sum(one["count"] for one in body["facets"][0]["values"]) in (6, 7)


@pytest.mark.parametrize("ask", SEARCHES)
def test_tastes_of_a_session(ask: Ask, client: httpx.Client) -> None:
    plain = answer(ask, client, limit=100)
    told = answer(ask, client, limit=100, liked=["p3", "gone"], disliked=["p9"])
    assert "p9" in ids(plain)
    assert "p9" not in ids(told)
    assert ids(told).index("p3") <= ids(plain).index("p3")
    assert ask(client, liked=[f"p{n}" for n in range(51)]).status_code == 422


@pytest.mark.parametrize("ask", SEARCHES)
def test_diversity_keeps_the_items_of_a_list(ask: Ask, client: httpx.Client) -> None:
    plain, diverse = answer(ask, client, limit=100), answer(ask, client, limit=100, diversity=0.9)
    assert sorted(ids(plain)) == sorted(ids(diverse))
    assert answer(ask, client, diversity=0)["items"] == plain["items"][:10]
    assert ask(client, diversity=1.5).status_code == 422


def ask_edited(client: httpx.Client, **fields: Any) -> httpx.Response:
    return client.get("/items/p6/similar", params={"edit": "in red", **fields})


def ask_signals(client: httpx.Client, **fields: Any) -> httpx.Response:
    positive = [{"text": "blue shirt", "weight": 2}, {"item_id": "p3"}]
    signals = {"positive": positive, "negative": [{"item_id": "p9"}]}
    return client.post("/recommend", json=signals | fields)


EXPLAINED = {
    ask_image: {"photo"},
    ask_text: {"words", "lexical"},
    ask_similar: {"item"},
    ask_signals: {"positive", "negative"},
    ask_edited: {"edited"},
}


@pytest.mark.parametrize("ask", EXPLAINED)
@pytest.mark.parametrize(
    "more", [{}, {"liked": ["p3", "p5"], "disliked": ["p11"]}, {"sort": "price", "diversity": 0.5}]
)
def test_parts_add_up_to_the_score(ask: Ask, more: dict[str, Any], client: httpx.Client) -> None:
    body = answer(ask, client, limit=25, explain=True, **more)
    named = set()
    for hit in body["items"]:
        assert abs(sum(part["value"] for part in hit["explain"]) - hit["score"]) < 1e-4, hit
        named |= {part["part"] for part in hit["explain"]}
    assert named >= EXPLAINED[ask] - {"lexical"}
    assert ("liked" in named) == ("disliked" in named) == ("liked" in more)
    assert "order" not in named
    plain = answer(ask, client, limit=25, **more)
    assert [hit["score"] for hit in plain["items"]] == [hit["score"] for hit in body["items"]]
    assert "explain" not in plain["items"][0]
