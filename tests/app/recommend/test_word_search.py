"""What a query of words says of the catalogue: codes, and values to leave out."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.raw_client import check
from tests.support.small_shop import COLOURS, ODD_ID
from twinset.filters.parser import MAX_DEPTH


def ask(client: httpx.Client, query: str, **more: Any) -> dict[str, Any]:
    answer = client.post("/recommend/by-text", json={"query": query, "limit": 30, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [hit["id"] for hit in answer["items"]]


@pytest.mark.parametrize("code", ["p7", "P7", " p7 ", ODD_ID])
def test_an_id_typed_whole_is_first(client: httpx.Client, code: str) -> None:
    assert ids(ask(client, code))[0] == code.strip().replace("P7", "p7")


@pytest.mark.parametrize("typed", ["bla\u00adck shirt", "black\u00a0shirt", "\uff42lack shirt"])
def test_letters_that_nobody_sees_change_nothing(client: httpx.Client, typed: str) -> None:
    assert ask(client, typed)["items"] == ask(client, "black shirt")["items"]


def test_words_and_vectors_are_ranked_together(client: httpx.Client) -> None:
    found = ask(client, "black shirt")["items"]
    assert found[0]["item"]["title"] == "black shirt"
    scores = [hit["score"] for hit in found]
    assert scores == sorted(scores, reverse=True)
    assert all(-1.001 <= score <= 1.001 for score in scores)


def test_pages_of_a_code_make_up_the_list(client: httpx.Client) -> None:
    whole = ids(ask(client, "p7"))
    assert len(set(whole)) == len(whole) == 25
    paged: list[str] = []
    exhausted = False
    while not exhausted:
        answer = ask(client, "p7", limit=4, offset=len(paged))
        paged += ids(answer)
        exhausted = answer["page"]["exhausted"]
    assert paged == whole


def test_a_code_obeys_filters_exclusions_and_groups(client: httpx.Client) -> None:
    assert "p7" not in ids(ask(client, "p7", exclude_ids=["p7"]))
    assert "p7" not in ids(ask(client, "p7", filter='id != "p7"'))
    grouped = ask(client, "p7", group_by="group_id")["items"]
    assert grouped[0]["id"] == "p7"
    assert len(grouped[0]["variants"]) == len(COLOURS) - 1
    assert not {hit["id"] for hit in grouped[1:]} & set(grouped[0]["variants"])
    assert ids(ask(client, "p7", limit=1)) == ["p7"]


def test_negated_values_are_left_out_and_said(client: httpx.Client) -> None:
    answer = ask(client, "shirt not black or red")
    colours = {hit["item"].get("baseColour") for hit in answer["items"]}
    assert colours == {"green", "blue", None}
    (part,) = answer["understood"]["unwanted"]
    assert part == {
        "part": "negation",
        "field": "baseColour",
        "values": ["black", "red"],
        "words": "not black or red",
        "filter": 'NOT baseColour IN ["black", "red"]',
    }
    assert answer["understood"]["words"] == "shirt"
    both = ask(client, "shirt not black", filter='gender = "Men"')["items"]
    assert {hit["item"]["gender"] for hit in both} == {"Men"}
    assert "black" not in {hit["item"]["baseColour"] for hit in both}


def test_negated_words_of_no_field_are_left_out_and_said(client: httpx.Client) -> None:
    answer = ask(client, "red, no mystery", facets=["baseColour"])
    assert (answer["page"]["total"], ODD_ID in ids(answer)) == (24, False)
    (part,) = answer["understood"]["unwanted"]
    assert (part["field"], part["values"], part["words"]) == ("words", ["mystery"], "no mystery")
    assert sum(one["count"] for one in answer["facets"][0]["values"]) == 24
    # Words of a description alone are no reason to leave an item out.
    assert len(ids(ask(client, "red without cotton"))) == 25


def test_a_price_and_stock_in_words_are_obeyed(client: httpx.Client) -> None:
    answer = ask(client, "shirt between 15 and 20 in stock")
    found = [hit["item"] for hit in answer["items"]]
    assert sorted(item["price"] for item in found) == [15, 17, 18, 20]
    assert all(item["available"] for item in found)
    assert answer["understood"]["words"] == "shirt"
    assert [one["part"] for one in answer["understood"]["filtered"]] == ["price", "availability"]
    both = ask(client, "shirt under 30", filter="price > 28")["items"]
    assert {hit["item"]["price"] for hit in both} == {29}


def test_what_is_preferred_is_said(client: httpx.Client) -> None:
    (colour, gender) = ask(client, "black thing for men")["understood"]["preferred"]
    assert colour == {
        "part": "colour",
        "field": "baseColour",
        "values": ["black"],
        "words": "black",
    }
    assert (gender["part"], gender["values"], gender["words"]) == ("gender", ["Men"], "for men")


def test_a_filter_that_leaves_nothing_is_not_applied_and_said(client: httpx.Client) -> None:
    answer = ask(client, "shirt under 5")
    assert set(ids(answer)) == set(ids(ask(client, "shirt")))
    (part,) = answer["understood"]["not_applied"]
    assert (part["part"], part["words"], part["filter"]) == ("price", "under 5", "price < 5")
    assert answer["understood"]["filtered"] == []
    # The one that leaves something stays.
    answer = ask(client, "shirt under 5 not black")
    assert "black" not in {hit["item"].get("baseColour") for hit in answer["items"]}
    assert [one["part"] for one in answer["understood"]["not_applied"]] == ["price"]
    # Not the fault of the words: the caller's own filter leaves nothing.
    assert ask(client, "shirt under 20", filter="price > 999")["items"] == []


def test_understanding_can_be_switched_off(client: httpx.Client) -> None:
    plain = ask(client, "shirt not black under 20", understand=False)
    assert "understood" not in plain
    assert len(plain["items"]) == 25
    only = ask(client, "shirt not black under 20", understand=["price"])["understood"]
    assert (only["unwanted"], len(only["filtered"])) == ([], 1)
    without = ask(client, "shirt not black under 20", understand=["-price"])["understood"]
    assert (len(without["unwanted"]), without["filtered"]) == (1, [])
    assert "understood" not in ask(client, "shirt not black", understand=[])
    body = {"query": "shirt", "understand": ["colour", "nonsense"]}
    check(client.post("/recommend/by-text", json=body), 400, "unknown_field")
    body = {"query": "shirt", "understand": ["x"] * 51}
    check(client.post("/recommend/by-text", json=body), 422, "invalid_request")


def test_a_code_is_no_words(client: httpx.Client) -> None:
    assert "understood" not in ask(client, "p7")
    assert "understood" not in ask(client, "mystery thing")


def test_a_wrong_filter_is_named_as_the_caller_wrote_it(client: httpx.Client) -> None:
    body = {"query": "not black", "filter": "gender ="}
    answer = client.post("/recommend/by-text", json=body)
    check(answer, 400, "invalid_filter")
    alone = client.post("/recommend/by-text", json={**body, "query": "black"})
    assert answer.json()["detail"] == alone.json()["detail"]


def deep(depth: int) -> str:
    return "(" * depth + 'gender = "Men"' + ")" * depth


@pytest.mark.parametrize(
    "filter_",
    ['gender = "Men"' + ' OR gender = "Men"' * 112, deep(MAX_DEPTH)],
    ids=["long", "deep"],
)
def test_a_negation_that_no_filter_has_room_for_is_not_applied(
    client: httpx.Client, filter_: str
) -> None:
    plain = ask(client, "shirt", filter=filter_)
    assert plain["items"]
    answer = ask(client, "shirt not black", filter=filter_)
    (part,) = answer["understood"]["not_applied"]
    assert (part["part"], part["words"]) == ("negation", "not black")
    assert set(ids(answer)) == set(ids(plain))


def test_what_words_ask_for_holds_for_facets(client: httpx.Client) -> None:
    """The caller's own colour does not hide other colours; those that the words negate stay out."""
    answer = ask(client, "shirt not black", filter='baseColour = "red"', facets=["baseColour"])
    assert {hit["item"]["baseColour"] for hit in answer["items"]} == {"red"}
    assert {one["value"] for one in answer["facets"][0]["values"]} == {"red", "green", "blue"}


def test_a_code_counts_and_is_sorted_like_other_items(client: httpx.Client) -> None:
    answer = ask(client, "p7", facets=["available"], sort="-price")
    assert answer["page"]["total"] == 25
    assert sum(one["count"] for one in answer["facets"][0]["values"]) == 24  # one has no value
    assert ids(answer)[0] == "p23"
