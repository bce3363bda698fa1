"""Cursors over HTTP: one list read on while items and versions change, or a clear 410."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.support.further_versions import STAGED, newer
from tests.support.lists_read_on import LISTS, Ask, by_text, change, page, read_on
from tests.support.live_service import COUNT, Place, serving
from tests.support.live_shop import picture, products
from tests.support.raw_client import check


@pytest.mark.parametrize("ask", LISTS)
def test_a_list_is_read_on_under_writes_by_any_worker(ask: Ask, place: Place) -> None:
    with serving(place) as client, serving(place) as other:
        change(client, 14)  # so that the list is of writes over a version from the start
        whole = page(ask, client, limit=100)["items"]
        first = page(ask, client, limit=7)
        found = read_on(ask, [client, other], first, lambda number: change(client, number))
        assert found == whole
        assert page(ask, client, limit=100)["items"] != whole


def test_a_list_is_read_on_after_switches(place: Place) -> None:
    second = newer(place, products(COUNT + 9, seed=3), STAGED)
    with serving(place) as client, serving(place) as other:
        change(client, 14)
        whole = page(by_text, client, limit=100)["items"]
        first = page(by_text, client, limit=7)

        def switch(number: int) -> None:
            if number == 1:
                answer = client.post(f"/indexes/{second}/activate", params={"force": True})
                assert answer.status_code == 200
                wait_for(other, second)
            change(client, number)

        assert read_on(by_text, [client, other], first, switch) == whole
        assert page(by_text, client, limit=100)["model"]["index"] == second


def wait_for(client: httpx.Client, version: str) -> None:
    deadline = time.monotonic() + 10
    while page(by_text, client)["model"]["index"] != version:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_a_worker_cannot_show_is_410(place: Place) -> None:
    """After a switch: one that may keep nothing of what was live, and one that starts later."""
    second = newer(place, products(COUNT), STAGED)
    with serving(place, max_left_bytes=0) as client:
        cursor = page(by_text, client, limit=7)["page"]["cursor"]
        assert client.post(f"/indexes/{second}/activate", params={"force": True}).status_code == 200
        check(by_text(client, cursor=cursor), 410, "cursor_expired")
        with serving(place) as later:
            check(by_text(later, cursor=cursor), 410, "cursor_expired")


def test_a_cursor_lasts_ten_minutes(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(place) as client:
        cursor = page(by_text, client, limit=7)["page"]["cursor"]
        now = time.time()
        monkeypatch.setattr("app.api.reading.pinned_lists.time.time", lambda: now + 590)
        following = page(by_text, client, limit=7, cursor=cursor)["page"]["cursor"]
        monkeypatch.setattr("app.api.reading.pinned_lists.time.time", lambda: now + 610)
        check(by_text(client, cursor=cursor), 410, "cursor_expired")
        check(by_text(client, cursor=following), 410, "cursor_expired")


@pytest.mark.parametrize("ask", LISTS)
@pytest.mark.parametrize(
    "other",
    [
        {"filter": "price > 1"},
        {"sort": "price"},
        {"group_by": "gender"},
        {"exclude_ids": ["p1"]},
        {"offset": 7},
    ],
)
def test_a_cursor_of_another_list_is_refused(
    ask: Ask, other: dict[str, Any], shared: httpx.Client
) -> None:
    cursor = page(ask, shared, limit=7)["page"]["cursor"]
    check(ask(shared, cursor=cursor, **other), 400, "invalid_cursor")
    changed = page(ask, shared, cursor=cursor, limit=3, fields=["title"], facets=["gender"])
    assert len(changed["items"]) == 3


def test_a_cursor_belongs_to_its_route_and_subject(shared: httpx.Client) -> None:
    cursors = [page(ask, shared, limit=7)["page"]["cursor"] for ask in LISTS[:-1]]
    for number, ask in enumerate(LISTS[:-1]):
        for other, cursor in enumerate(cursors):
            assert ask(shared, cursor=cursor).status_code == (200 if other == number else 400)
    similar = shared.get("/items/p7/similar", params={"cursor": cursors[2]})
    check(similar, 400, "invalid_cursor")
    photo = {"image": ("a", picture(6))}
    answer = shared.post("/recommend/by-image", files=photo, data={"cursor": cursors[0]})
    check(answer, 400, "invalid_cursor")


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é", "A" * 80, "?" * 40, "=" * 9])
def test_a_damaged_cursor_is_refused(cursor: str, shared: httpx.Client) -> None:
    check(by_text(shared, cursor=cursor), 400, "invalid_cursor")
    right = page(by_text, shared, limit=7)["page"]["cursor"]
    for place in (0, 20, len(right) - 1):
        letter = "A" if right[place] != "A" else "Q"
        damaged = right[:place] + letter + right[place + 1 :]
        check(by_text(shared, cursor=damaged), 400, "invalid_cursor")


def test_the_last_page_has_no_cursor(shared: httpx.Client) -> None:
    assert "cursor" not in page(by_text, shared, limit=100)["page"]
    check(by_text(shared, cursor="A" * 300), 422, "invalid_request")
