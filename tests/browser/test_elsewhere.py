"""What stands beside the storefront: the widget on a shop's own page."""

from playwright.sync_api import expect

from tests.support.browser_pages import similar, skip


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


def test_the_widget_asks_once_and_an_answer_that_comes_late_is_dropped(visit, service):
    page = visit("/livez")
    asked = []
    page.on("request", lambda r: "/similar" in r.url and asked.append(r.url))
    page.route("**/S0001/similar?**", lambda route: (page.wait_for_timeout(400), route.continue_()))
    page.goto("/widget?item=S0003")
    assert widget_ids(page) == similar(service, "S0003", limit=4)
    assert len(asked) == 1
    page.evaluate(
        """async () => {
            const widget = document.querySelector("twinset-similar");
            widget.setAttribute("item", "S0001");
            await new Promise((done) => setTimeout(done, 50));
            widget.setAttribute("item", "S0002");
        }"""
    )
    page.wait_for_timeout(1000)
    assert widget_ids(page) == similar(service, "S0002", limit=4)


def test_the_reference_shows_every_call_of_the_document(visit, service):
    page = visit("/docs")
    expect(page.locator(".operation").first).to_be_visible()
    described = {
        (method.upper(), path)
        for path, item in service.get("/openapi.json").json()["paths"].items()
        for method in item
    }
    summaries = page.locator(".operation > summary").all()
    heads = [head.inner_text().split("\n")[:2] for head in summaries]
    assert {tuple(head) for head in heads} == described
    expect(page.locator("pre:visible").first).to_contain_text("/recommend/by-image")
    put = page.locator("#put_item")
    put.locator("> summary").click()
    expect(put.locator("pre").first).to_contain_text("-X PUT")
    expect(put.locator("pre").first).to_contain_text("Authorization: Bearer KEY")
    expect(page.locator("#by_text pre").first).not_to_contain_text("-X")
    expect(page.locator("#livez pre").first).not_to_contain_text("-X")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_calls_are_tried_on_the_reference(visit, rows):
    visit.forgive()  # the browser logs the 400
    page = visit("/docs")
    words = page.locator("#by_text")
    words.locator("> summary").click()
    words.get_by_role("button", name="Send").click()
    expect(words.get_by_role("status")).to_contain_text("200 OK")
    expect(words.get_by_label("The answer")).to_contain_text('"rank": 5')
    words.get_by_label("Body").fill('{"query": "hat", "filter": "nofield = 1"}')
    words.get_by_role("button", name="Send").click()
    expect(words.get_by_label("The answer")).to_contain_text('"code": "invalid_filter"')
    similar = page.locator("#similar")
    similar.locator("> summary").click()
    similar.get_by_label("Address").focus()
    expect(similar.get_by_label("Address")).to_have_value("/items/S0001/similar?limit=3")
    similar.get_by_role("button", name="Send").click()
    expect(similar.get_by_label("The answer")).to_contain_text('"rank": 3')
    photo = page.locator("#by_image")
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": rows["S0001"]["image"]}
    photo.get_by_label("Picture").set_input_files(file)
    photo.get_by_role("button", name="Send").click()
    expect(photo.get_by_label("The answer")).to_contain_text('"id": "S0001"')
    expect(page.locator("#codes tr", has_text="unknown_field")).to_contain_text("400")
    assert page.locator("#codes td:last-child").evaluate_all(
        "all => all.every((c) => c.textContent)"
    )


def test_a_link_within_the_reference_loads_nothing(visit):
    page = visit("/docs")
    page.locator(".operation").first.wait_for()
    skip(page)
    page.go_back()
    page.wait_for_timeout(300)
    assert page.evaluate("window.shownBefore === document.getElementById('view')")


def test_back_from_a_search_the_reference_is_there_again(visit):
    page = visit("/docs")
    page.locator(".operation").first.wait_for()
    page.locator("#q").fill("hat")
    expect(page.locator("h1")).to_have_text("Hat")
    page.go_back()
    expect(page.locator(".operation").first).to_be_visible()


def test_the_lines_to_paste_are_copied(visit):
    page = visit("/widget")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "/widget.js" in copied
    assert copied.endswith('<twinset-similar item="S0001" limit="4"></twinset-similar>')
    page.goto("/search?q=hat")
    page.locator("#drawer > summary").click()
    page.locator("label", has_text="Python").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("import httpx")
