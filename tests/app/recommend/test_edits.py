"""A photo, an item or several signals with words that change them, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np
import pytest

from app.recommend.query import Signal, signal_weights
from app.state import State
from tests.support.small_shop import picture
from twinset.edits.composer import PLAIN_WEIGHT


def similar(client: httpx.Client, item: str, **params: Any) -> dict[str, Any]:
    answer = client.get(f"/items/{item}/similar", params={"limit": 30, **params})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_image(client: httpx.Client, seed: int, **fields: Any) -> dict[str, Any]:
    files = {"image": ("photo.png", picture(seed), "image/png")}
    answer = client.post("/recommend/by-image", files=files, data={"limit": 30, **fields})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def value(answer: dict[str, Any], place: int, field: str) -> Any:
    return answer["items"][place]["item"][field]


def test_an_item_in_another_colour_keeps_whom_it_is_for(client: httpx.Client) -> None:
    answer = similar(client, "p4", edit="could it be blue?")  # a red shirt for men
    assert value(answer, 0, "baseColour") == "blue"
    understood = answer["understood"]
    changed = [(part["part"], part["values"]) for part in understood["preferred"]]
    assert changed == [("colour", ["blue"])]
    assert {one["part"]: one["values"] for one in understood["kept"]}["gender"] == {"Men": 1.0}
    assert "p4" not in [hit["id"] for hit in answer["items"]]


@pytest.mark.parametrize("said", ["in schwarz", "en noir", "black instead of red"])
def test_an_edit_may_be_in_another_language_and_name_what_is_there(
    client: httpx.Client, said: str
) -> None:
    answer = similar(client, "p4", edit=said)
    assert [part["values"] for part in answer["understood"]["preferred"]] == [["black"]]
    assert value(answer, 0, "baseColour") == "black"


def test_what_titles_say_of_an_item_can_be_left_out(client: httpx.Client) -> None:
    answer = similar(client, "p4", edit="without shirt", limit=100)
    titles = [hit["item"]["title"] for hit in answer["items"]]
    assert titles
    assert not any("shirt" in title for title in titles)


def test_a_photo_in_another_colour(client: httpx.Client) -> None:
    answer = by_image(client, 4, edit="in black")
    assert value(answer, 0, "baseColour") == "black"
    assert [part["values"] for part in answer["understood"]["preferred"]] == [["black"]]
    assert answer["understood"]["kept"]


def test_cheaper_leaves_only_cheaper_items(client: httpx.Client) -> None:
    answer = similar(client, "p10", edit="cheaper")  # 20.0
    prices = [hit["item"]["price"] for hit in answer["items"]]
    assert prices
    assert max(prices) < 20
    assert answer["understood"]["filtered"][0]["filter"] == "price < 20.0"
    alone = [hit["id"] for hit in similar(client, "p10", filter="price < 20")["items"]]
    # Nothing was changed but the price, so the pictures still decide; what stays comes earlier.
    assert {hit["id"] for hit in answer["items"]} == set(alone)


def test_cheaper_than_a_photo_is_below_what_half_of_the_items_like_it_cost(
    client: httpx.Client,
) -> None:
    answer = by_image(client, 10, edit="cheaper")
    (said,) = answer["understood"]["filtered"]
    bound = float(said["filter"].removeprefix("price < "))
    assert 10 < bound < 33
    prices = [hit["item"]["price"] for hit in answer["items"]]
    assert prices
    assert max(prices) < bound


def test_what_a_photo_and_several_items_have_is_compared_with_each_hit(
    client: httpx.Client,
) -> None:
    photo = by_image(client, 4, explain=True)  # of a red shirt for men
    first = photo["items"][0]
    assert first["id"] == "p4"
    for hit in photo["items"]:
        assert {*hit["same"], *hit["differs"]} <= {"gender", "baseColour"}
    items = {"positive": [{"item_id": "p0"}, {"item_id": "p4"}], "explain": True}  # red, for men
    for hit in client.post("/recommend", json=items).json()["items"]:
        has, wanted = hit["item"], {"baseColour": "red", "gender": "Men"}
        for field, value in wanted.items():
            if field in has:
                assert hit["same" if has[field] == value else "differs"][field] == has[field]
        assert not {"group_id", "title"} & {*hit["same"], *hit["differs"]}


def test_in_stock_and_a_filter_of_the_caller_hold_together(client: httpx.Client) -> None:
    answer = similar(client, "p3", edit="in stock", filter='gender = "Women"')
    items = [hit["item"] for hit in answer["items"]]
    assert items
    assert all(one["available"] and one["gender"] == "Women" for one in items)


def test_a_blend_of_items_is_edited(client: httpx.Client) -> None:
    body = {
        "positive": [{"item_id": "p0"}, {"item_id": "p4"}],
        "negative": [{"item_id": "p11", "weight": 0.3}],
        "edit": "in green",
        "limit": 30,
    }
    answer = client.post("/recommend", json=body).json()
    assert value(answer, 0, "baseColour") == "green"
    assert not {"p0", "p4", "p11"} & {hit["id"] for hit in answer["items"]}


def test_words_that_the_catalogue_lacks_are_composed(client: httpx.Client, state: State) -> None:
    answer = similar(client, "p4", edit="mystery thing")
    recommender = state.recommender
    assert recommender is not None
    index, encoder = recommender.version.index, recommender.encoder
    row = recommender.row("p4")
    text = encoder.encode_texts(["mystery thing"])[0]
    whole = index.vector(row) + PLAIN_WEIGHT * text
    nearest = int(np.argmax(index.vectors(np.arange(25)) @ whole))
    assert answer["items"][0]["id"] == recommender.version.items.id_of(nearest)
    assert answer["understood"]["preferred"] == []


def test_pages_of_an_edit_make_up_the_list(client: httpx.Client) -> None:
    whole = [hit["id"] for hit in similar(client, "p4", edit="in red")["items"]]
    paged = [
        hit["id"]
        for offset in range(0, 24, 6)
        for hit in similar(client, "p4", edit="in red", limit=6, offset=offset)["items"]
    ]
    assert paged == whole


@pytest.mark.parametrize("given", ["", "   "])
def test_an_empty_edit_is_none(client: httpx.Client, given: str) -> None:
    plain, edited = similar(client, "p4"), similar(client, "p4", edit=given)
    assert [hit["id"] for hit in plain["items"]] == [hit["id"] for hit in edited["items"]]
    assert "understood" not in edited


def test_an_edit_that_is_too_long_or_of_words_alone_is_refused(client: httpx.Client) -> None:
    assert client.get("/items/p4/similar", params={"edit": "x" * 513}).status_code == 422
    body = {"query": "shirt", "edit": "in red"}
    assert client.post("/recommend/by-text", json=body).status_code == 422


def test_a_batch_answers_edits_as_their_routes_do(client: httpx.Client) -> None:
    entry = {"route": "similar", "id": "p4", "edit": "in blue", "limit": 5}
    batch = client.post("/recommend/batch", json={"requests": [entry]}).json()
    single = similar(client, "p4", edit="in blue", limit=5)
    assert batch["results"][0]["answer"]["items"] == single["items"]


def test_weights_have_one_default() -> None:
    item, other, text = Signal(item_id="a"), Signal(item_id="b"), Signal(text="red")
    assert signal_weights([item, text], [other, item]) == [1, 1, -0.25, -0.25]
    assert signal_weights([text], [other]) == [1, -0.2]
    said = [Signal(item_id="a", weight=2.0)]
    assert signal_weights(said, said) == [2, -2]


def test_a_default_weight_is_what_the_page_and_the_api_use(client: httpx.Client) -> None:
    signals = {"positive": [{"item_id": "p1"}], "negative": [{"item_id": "p2"}]}
    said = {"positive": [{"item_id": "p1"}], "negative": [{"item_id": "p2", "weight": 0.5}]}
    plain, given = (client.post("/recommend", json=body).json() for body in (signals, said))
    assert plain["items"] == given["items"]
