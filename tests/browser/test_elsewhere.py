"""What stands beside the storefront: the widget on a shop's own page, the operator's desk."""

import json

from playwright.sync_api import expect

from tests.browser.pages import similar

VERSIONS = [
    {
        "version": f"2026010{day}T000000Z-0123abcd",
        "live": day == 2,
        "items": 600,
        "kind": "exact",
        "recall_at_10": 1.0,
        "encoder": "clip-compact",
    }
    for day in (2, 1)
]


def widget_ids(page):
    links = page.locator("twinset-similar a")
    expect(links).to_have_count(4)
    return [link.get_attribute("href").rsplit("/", 1)[1] for link in links.all()]


def test_the_widget_shows_similar_products(visit, service):
    page = visit("/widget")
    assert widget_ids(page) == similar(service, "S0001", limit=4)
    expect(page.locator("twinset-similar img").first).to_be_visible()
    page.locator("twinset-similar").evaluate("node => node.setAttribute('item', 'S0002')")
    expect(page.locator("twinset-similar a").first).not_to_have_attribute("href", "/none")
    page.wait_for_timeout(500)
    assert widget_ids(page) == similar(service, "S0002", limit=4)


def test_the_widget_works_on_a_page_of_another_origin(visit, service, shop):
    origin = str(service.base_url).rstrip("/")
    shop.html = (
        f"<!doctype html><link rel=icon href='data:,'>"
        f"<script type=module src='{origin}/widget.js'></script>"
        "<twinset-similar item=S0001 href='/p/{id}'></twinset-similar>"
    )
    page = visit("/livez")
    page.goto(f"{shop.origin}/product")
    assert widget_ids(page) == similar(service, "S0001", limit=4)


def test_the_operator_sees_versions_and_activates_one(visit):
    """Against the documented answers of the admin routes, given here by the test."""
    page = visit("/operator")
    asked = []

    def answer(route):
        asked.append((route.request.method, route.request.url.split("/", 3)[3]))
        assert route.request.headers["authorization"] == "Bearer a long enough key"
        if route.request.method == "GET":
            body = {"versions": VERSIONS, "writes": {"sequence": 3, "changed": 3}}
        else:
            measured = {"items": 600, "recall_at_10": 1.0, "precision_at_10": 0.8}
            body = {"comparison": {"live": measured, "candidate": measured}}
        route.fulfill(body=json.dumps(body), content_type="application/json")

    page.route("**/indexes", answer)
    page.route("**/indexes/**", answer)
    page.locator("#key").fill("a long enough key")
    page.get_by_role("button", name="Open").click()
    expect(page.locator("#versions tr")).to_have_count(2)
    expect(page.locator("#versions tr").first).to_contain_text("Live")
    expect(page.locator("#routes")).to_contain_text("/operator")
    page.get_by_role("button", name="Activate").click()
    expect(page.locator("#comparison")).to_contain_text("0.800")
    page.get_by_role("button", name="Roll back").click()
    expect(page.locator("#notice")).to_be_hidden()
    version = VERSIONS[1]["version"]
    posts = [path for method, path in asked if method == "POST"]
    assert posts == [f"indexes/{version}/activate", "indexes/rollback"]


def test_the_operator_is_told_that_a_key_is_wrong_or_that_there_is_none(visit):
    visit.forgive()
    page = visit("/operator")
    page.locator("#key").fill("a wrong key, long enough")
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("alert")).not_to_be_empty()
    expect(page.locator("#desk")).to_be_hidden()
