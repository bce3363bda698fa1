"""What the storefront tells of searches, of what was seen and of what was clicked."""

import json
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.support.browser_pages import faults, ids
from tests.support.running_service import running_service

KEY = "an-admin-key-of-a-test"
ADMIN = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def counting(compact, sample_shop, tmp_path_factory):
    index = shutil.copytree(sample_shop[0], tmp_path_factory.mktemp("counted") / "index")
    environment = {"TWINSET_ADMIN_KEY": KEY, "TWINSET_EVENTS": "true"}
    with running_service(compact, index, environment=environment) as (client, _):
        yield client


@pytest.fixture
def visit(chromium, counting):
    visitor = Visitor(chromium, str(counting.base_url))
    yield visitor
    visitor.leave()


def test_a_search_is_counted_once_and_so_is_what_came_of_it(visit, counting):
    page = visit("/")
    page.locator("#q").press_sequentially("red dress", delay=30)
    expect(page.locator("h1")).to_have_text("Red dress")
    page.locator("#q").press("Enter")
    page.locator(".grid .tile").first.wait_for()
    page.wait_for_timeout(1500)  # to be seen takes a second
    first = page.locator(".grid .tile").first
    name = first.get_attribute("data-id")
    with page.expect_request("**/events"):
        first.locator(".tile-link").click()
    expect(page.locator("main.product")).to_be_visible()
    page.wait_for_timeout(500)
    report = counting.get("/analytics", headers=ADMIN).json()
    assert [day["words"] for day in report["by_day"]] == [1]
    (rate,) = (one for one in report["by_surface"] if one["key"] == "search")
    assert rate["clicks"] == 1
    assert rate["seen"] >= 4
    clicked = [one["key"] for one in report["by_position"] if one["clicks"]]
    assert clicked == ["1"], name


def test_what_another_list_replaced_within_a_second_was_not_seen(visit):
    page = visit("/livez")
    page.clock.install(time=0)
    page.clock.pause_at(1000)  # as if all of it took no time
    page.goto("/search?q=hat")
    page.locator(".grid .tile").first.wait_for()
    page.wait_for_timeout(300)
    page.locator("#q").fill("watch")
    page.locator("#q").press("Enter")
    expect(page.locator("h1")).to_have_text("Watch")
    page.wait_for_timeout(300)
    with page.expect_request("**/events") as sent:
        page.clock.run_for(6000)
    told = {event["item_id"] for event in json.loads(sent.value.post_data)["events"]}
    assert told
    assert told <= set(ids(page))


def test_a_page_sends_nothing_if_events_are_off(compact, sample_shop, chromium):
    with running_service(compact, sample_shop[0]) as (client, _):
        visitor = Visitor(chromium, str(client.base_url))
        page = visitor("/search?q=hat")
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.wait_for_timeout(1500)
        page.locator(".tile-link").first.click()
        expect(page.locator("main.product")).to_be_visible()
        assert not [url for url in asked if url.endswith("/events")]
        visitor.leave()


def test_the_operator_sees_what_finds_nothing_close(visit, counting, rows):
    for _ in range(5):
        counting.post("/recommend/by-text", json={"query": "zzkx qqvw"})
        counting.post("/recommend/by-text", json={"query": "red dress"})
    data = rows["S0001"]["image"]
    found = counting.post("/recommend/by-image", files={"image": data}).json()
    page = visit("/operator")
    page.locator("#key").fill(KEY)
    page.get_by_role("button", name="Open").click()
    words = page.locator("#vain tr", has_text="zzkx qqvw").locator("td")
    expect(words.first).to_be_visible()
    nothing, low, searches, _ = words.all_inner_texts()
    assert (int(nothing) + int(low), searches) == (5, "5")
    kind = found["kinds"][0]["kind"]
    expect(page.locator("#photos tr", has_text=kind).locator("td").first).to_have_text("1")
    expect(page.locator("#days")).to_contain_text(f"{kind} 1")
    assert not faults(page)
