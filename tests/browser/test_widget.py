"""The widget's two elements on a shop's own pages: what they show, tell, count and survive."""

import json

import pytest
from playwright.sync_api import expect

from tests.support.browser_pages import faults, similar

HIT = {"id": "S1", "rank": 1, "item": {"title": "A hat"}}
COLLECT = """<script>
  window.told = [];
  for (const name of ["loaded", "empty", "error", "shown", "click"])
    document.addEventListener(`twinset:${name}`, (event) => window.told.push([name, event.detail]));
</script>"""


@pytest.fixture
def open_shop(visit, service, shop):
    """`open_shop(html, **options)`: a page of another origin with the widget's script."""

    def open_page(html, before=lambda page: None, **options):
        origin = str(service.base_url).rstrip("/")
        shop.html = (
            "<!doctype html><html lang=en><meta name=viewport content='width=device-width'>"
            f"<title>A shop</title><link rel=icon href='data:,'>{COLLECT}"
            f"<script type=module src='{origin}/widget.js'></script><main><h1>A shop</h1>"
            f"{html}</main></html>"
        )
        page = visit("/livez", **options)
        before(page)
        page.goto(f"{shop.origin}/page")
        return page

    return open_page


def told(page, name):
    page.wait_for_function("name => window.told.some(([n]) => n === name)", arg=name)
    return page.evaluate("name => window.told.filter(([n]) => n === name).map(([, d]) => d)", name)


def test_a_card_says_what_a_shopper_wants_to_know(open_shop, rows, service):
    page = open_shop("<twinset-similar item=S0001 currency=EUR></twinset-similar>")
    links = page.locator("twinset-similar a")
    expect(links).to_have_count(4)
    best = similar(service, "S0001", limit=4)[0]
    expect(links.first.locator("[part=title]")).to_have_text(rows[best]["title"])
    price = rows[best]["price"]
    if price is not None:
        expect(links.first.locator("[part=price]")).to_have_text(f"€{price:,.2f}")
    (loaded,) = told(page, "loaded")
    assert loaded["count"] == 4
    assert page.get_by_role("list", name="Similar products").count() == 1
    assert not faults(page)


def test_texts_of_another_language_than_the_page_are_marked(open_shop, rows, service):
    # Many shop systems write languages as this one.
    page = open_shop("<div lang=de_DE><twinset-similar item=S0001></twinset-similar></div>")
    told(page, "loaded")  # before, placeholders stand there
    titles = page.locator("twinset-similar [part=title]")
    assert titles.evaluate_all("all => all.map((one) => one.lang)") == ["en"] * 4
    price = rows[similar(service, "S0001", limit=4)[0]]["price"]
    written = f"{price:.2f}".replace(".", ",")
    expect(page.locator("twinset-similar [part=price]").first).to_have_text(written)
    same = "<twinset-similar item=S0001 texts-lang=de></twinset-similar>"
    page = open_shop(f"<div lang=de>{same}</div>")
    told(page, "loaded")
    titles = page.locator("twinset-similar [part=title]")
    assert titles.evaluate_all("all => all.map((one) => one.lang)") == [""] * 4


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_moves_when_the_script_and_the_products_come(open_shop, width):
    def slow(page):
        page.set_viewport_size({"width": width, "height": 800})
        page.route("**/widget.js", lambda r: (page.wait_for_timeout(400), r.continue_()))
        page.route("**/similar?**", lambda r: (page.wait_for_timeout(600), r.continue_()))

    page = open_shop(
        "<style>twinset-similar:not(:defined) { display: block; min-height: 18rem }"
        "@media (max-width: 30rem) { twinset-similar:not(:defined) { min-height: 35rem } }</style>"
        "<script>window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(entry) => window.moved += entry.value)).observe({type: 'layout-shift', buffered: true})"
        "</script><twinset-similar item=S0001></twinset-similar><p>Text below it.</p>",
        before=slow,
    )
    told(page, "loaded")
    page.wait_for_timeout(500)
    assert page.evaluate("window.moved") <= 0.05


def test_it_waits_until_it_is_near_the_view(open_shop):
    asked = []
    page = open_shop(
        "<div style='height: 3000px'></div><twinset-similar item=S0001></twinset-similar>",
        before=lambda p: p.on("request", lambda r: "/similar" in r.url and asked.append(r.url)),
    )
    page.wait_for_timeout(500)
    assert not asked
    page.mouse.wheel(0, 2500)
    told(page, "loaded")
    assert len(asked) == 1


def test_a_shop_can_draw_and_open_products_itself(open_shop, rows, service):
    page = open_shop(
        "<twinset-similar item=S0001 href='/p/{id}'><h2 slot=heading>More like it</h2>"
        "<template><b data-field=title></b><i data-field=nothing>x</i><em data-picture></em>"
        "</template></twinset-similar>"
        "<script>document.addEventListener('twinset:click', (event) => event.preventDefault())"
        "</script>"
    )
    first = page.locator("twinset-similar a").first
    best = similar(service, "S0001", limit=4)[0]
    expect(first.locator("b")).to_have_text(rows[best]["title"])
    assert first.locator("i").count() == 0
    expect(page.get_by_role("heading", name="More like it")).to_be_visible()
    before = page.url
    first.click()
    (click,) = told(page, "click")
    assert (click["item"], click["position"], click["product"]["title"]) == (
        *(best, 1, rows[best]["title"]),
    )
    assert page.url == before
    expect(first).to_have_attribute("href", f"/p/{best}")


def test_errors_can_be_told_apart(open_shop, visit):
    visit.forgive()
    heading = "<h2 slot=heading>More like it</h2>"
    page = open_shop(f"<twinset-similar item=none>{heading}</twinset-similar>")
    assert told(page, "error")[0] == {"reason": "not_found", "status": 404, "code": "not_found"}
    expect(page.get_by_text("More like it")).to_be_hidden()  # it would stand over nothing
    page = open_shop("<twinset-similar item=S0001 filter='a ='></twinset-similar>")
    assert told(page, "error")[0]["reason"] == "refused"
    page = open_shop(
        "<twinset-similar item=S0001></twinset-similar>",
        before=lambda p: p.route("**/similar?**", lambda route: route.abort()),
    )
    assert told(page, "error")[0]["reason"] == "unreachable"
    page = open_shop("<twinset-similar item=S0001 filter='id = \"S0001\"'></twinset-similar>")
    assert told(page, "empty")[0]["count"] == 0


def test_a_busy_service_is_asked_again(open_shop, visit):
    visit.forgive()
    answers = []

    def busy(route):
        answers.append(route.request.url)
        if len(answers) == 1:
            headers = {"Retry-After": "1", "Access-Control-Allow-Origin": "*"}
            route.fulfill(status=429, headers=headers, json={"code": "overloaded"})
        else:
            route.continue_()

    page = open_shop(
        "<twinset-similar item=S0001></twinset-similar>",
        before=lambda p: p.route("**/similar?**", busy),
    )
    assert told(page, "loaded")[0]["count"] == 4
    assert len(answers) == 2


def test_what_was_seen_and_clicked_is_sent(open_shop):
    sent = []

    def take(route):
        sent.extend(json.loads(route.request.post_data)["events"])
        route.fulfill(status=202, json={})

    page = open_shop(
        "<twinset-similar item=S0001 events=product-page></twinset-similar>",
        before=lambda p: p.route("**/events", take),
    )
    shown = told(page, "shown")
    page.wait_for_function("window.told.filter(([name]) => name === 'shown').length === 4")
    page.evaluate(
        "document.addEventListener('click', (event) => event.preventDefault(), {once: true})"
    )
    page.locator("twinset-similar a").first.click()
    page.wait_for_timeout(300)
    assert {event["kind"] for event in sent} == {"seen", "click"}
    assert sent[0]["request_id"] == shown[0]["request_id"]
    assert {event["surface"] for event in sent} == {"product-page"}
    assert sorted(e["position"] for e in sent if e["kind"] == "seen") == [1, 2, 3, 4]


def test_a_search_by_words_and_by_photo(open_shop, rows):
    page = open_shop("<twinset-search photo limit=6></twinset-search>")
    page.get_by_role("searchbox").fill("red dress")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("twinset-search a")).to_have_count(6)
    assert not faults(page)
    item = next(one for one in rows.values() if one["image"])
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": item["image"]}
    page.locator("twinset-search input[type=file]").set_input_files(file)
    expect(page.locator("twinset-search a[href$='/" + item["id"] + "']")).to_have_count(1)
    expect(page.get_by_role("list", name="Search results")).to_be_visible()


def test_a_search_that_another_overtakes_says_nothing(open_shop):
    held = []

    def answer(route):
        held.append(route)
        if len(held) == 2:
            route.continue_()

    page = open_shop(
        "<twinset-search limit=6></twinset-search>",
        before=lambda p: p.route("**/recommend/by-text", answer),
    )
    links, told_text = page.locator("twinset-search a"), page.locator("twinset-search [part=told]")
    words = page.get_by_role("searchbox")
    for query in ("red dress", "blue shirt"):
        with page.expect_request("**/recommend/by-text"):
            words.fill(query)
            words.press("Enter")
    expect(links).to_have_count(6)
    held[0].continue_()
    page.wait_for_timeout(300)
    expect(told_text).to_have_text("")
    expect(links).to_have_count(6)
    # A changed attribute is of the next search; the one that runs is shown.
    with page.expect_request("**/recommend/by-text"):
        words.press("Enter")
    page.locator("twinset-search").evaluate("one => one.setAttribute('limit', '3')")
    held[2].continue_()
    expect(links).to_have_count(6)


def test_a_catalogue_without_styles_is_searched_too(open_shop, visit):
    visit.forgive()
    asked = []

    def answer(route):
        asked.append(b"group_by" in (route.request.post_data_buffer or b""))
        headers = {"Access-Control-Allow-Origin": "*"}
        if asked[-1]:
            route.fulfill(status=400, headers=headers, json={"code": "unknown_field"})
        else:
            route.fulfill(headers=headers, json={"request_id": "x", "items": [HIT]})

    page = open_shop(
        "<twinset-search photo></twinset-search>",
        before=lambda p: p.route("**/recommend/by-*", answer),
    )
    links = page.locator("twinset-search a")
    page.get_by_role("searchbox").fill("hat")
    page.get_by_role("searchbox").press("Enter")
    expect(links).to_have_count(1)
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"a photo"}
    with page.expect_request("**/recommend/by-image"):
        page.locator("twinset-search input[type=file]").set_input_files(file)
    expect(links).to_have_count(1)
    assert asked == [True, False] * 2


def test_on_a_phone_it_stays_inside_the_page(open_shop):
    page = open_shop(
        "<twinset-search></twinset-search><twinset-similar item=S0001></twinset-similar>",
        color_scheme="dark",
    )
    page.set_viewport_size({"width": 360, "height": 640})
    told(page, "loaded")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
