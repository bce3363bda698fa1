"""Searching: by words, by photo, by example, under filters, page by page."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser_pages import heading, ids, side_by_side, similar, skip, upload


def of_type(rows, kind):
    return next(row for row in rows.values() if row["articleType"] == kind)


def test_words_search_as_they_are_typed(visit, rows):
    page = visit("/")
    page.locator("#q").press_sequentially("wrist watch", delay=20)
    heading(page, "Wrist watch")
    assert page.url.endswith("/search?q=wrist+watch")
    assert rows[ids(page)[0]]["articleType"] == "Watches"
    expect(page.locator("#q")).to_be_focused()
    with page.expect_response("**/search?q=wrist+watch**"):
        page.locator("#q").press("Enter")
    expect(page.locator("#view")).to_be_focused()
    page.go_back()
    heading(page, "Find the one that looks like it.")
    assert page.url.endswith("/")
    expect(page.locator("#q")).to_have_value("")


def test_words_typed_before_the_scripts_have_come_search_too(visit):
    page = visit("/livez")
    held = []
    page.route("**/static/**/storefront.js", lambda route: held.append(route))
    page.goto("/", wait_until="commit")
    page.locator("#q").fill("hat")
    page.wait_for_timeout(100)
    held.pop().continue_()
    heading(page, "Hat")


def test_every_result_says_why(visit):
    page = visit("/search?q=black+sunglasses")
    first = page.locator(".tile").first
    assert float(first.locator("meter").get_attribute("value")) > 0.3
    expect(first.locator(".reasons li").first).to_have_text("Sunglasses")
    scores = page.locator("meter").evaluate_all("meters => meters.map(m => m.value)")
    assert scores == sorted(scores, reverse=True)


def test_a_photo_finds_its_product_and_stays_through_reload_and_back(visit, rows):
    wanted = of_type(rows, "Dresses")
    page = visit("/")
    upload(page, wanted["image"])
    heading(page, "Like your photo")
    found = ids(page)
    assert rows[found[0]]["group_id"] == wanted["group_id"]
    assert "with=photo" in page.url
    expect(page.locator("#languages")).to_be_hidden()  # an address cannot hold the photo
    skip(page)
    assert ids(page) == found
    page.reload()
    expect(page.locator(".chip-photo")).to_be_visible()
    assert ids(page) == found
    page.locator(".tile-link").first.click()
    page.wait_for_url("**/product/**")
    page.go_back()
    expect(page.locator(".chip-photo")).to_be_visible()
    assert ids(page) == found


def test_a_dropped_and_a_pasted_photo_search_too(visit, rows):
    picture = list(of_type(rows, "Watches")["image"])
    for event, carrier in (("drop", "dataTransfer"), ("paste", "clipboardData")):
        page = visit("/")
        page.evaluate(
            """([bytes, event, carrier]) => {
                const transfer = new DataTransfer();
                const file = new File([new Uint8Array(bytes)], "p.jpg", { type: "image/jpeg" });
                transfer.items.add(file);
                const kind = event === "drop" ? DragEvent : ClipboardEvent;
                document.dispatchEvent(new kind(event, { [carrier]: transfer, bubbles: true }));
            }""",
            [picture, event, carrier],
        )
        heading(page, "Like your photo")
        assert rows[ids(page)[0]]["articleType"] == "Watches"


def test_a_picture_of_the_shop_serves_as_the_photo(visit, rows):
    page = visit("/")
    start = page.locator(".sample").first
    product = rows[start.get_attribute("value")]
    start.click()
    heading(page, "Like your photo")
    expect(page.locator(".crop-box")).to_be_visible()
    assert rows[ids(page)[0]]["group_id"] == product["group_id"]
    page.goto(f"/product/{product['id']}")
    page.get_by_role("button", name="Search with a part of it").click()
    heading(page, "Like your photo")
    assert rows[ids(page)[0]]["group_id"] == product["group_id"]
    page.get_by_role("button", name="Top", exact=True).click()
    page.wait_for_url("**box=0%2C0%2C1%2C0.55**")
    expect(page.get_by_role("button", name="Top", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_photo_and_words_are_one_query(visit, rows):
    page = visit("/")
    dress = of_type(rows, "Dresses")
    assert "Blue" not in dress["baseColour"]
    upload(page, dress["image"])
    page.locator("#q").fill("blue")
    heading(page, "Like your photo, “blue”")
    expect(page.locator(".chip-photo")).to_be_visible()
    # What the words say is changed, the rest stays as in the photo.
    first = rows[ids(page)[0]]
    assert first["articleType"] == "Dresses"
    assert "Blue" in first["baseColour"]
    page.get_by_label("Remove the photo").click()
    heading(page, "Blue")
    expect(page.locator(".chip-photo")).to_have_count(0)


def test_a_box_looks_at_one_garment(visit, rows):
    dress, watch = of_type(rows, "Dresses"), of_type(rows, "Watches")
    page = visit("/")
    upload(page, side_by_side(dress["image"], watch["image"]))
    area = page.locator("#crop").bounding_box()
    right, middle = area["x"] + area["width"] - 6, area["y"] + area["height"] / 2
    page.mouse.move(right, area["y"] + 4)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, middle, steps=4)
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + 4, steps=4)
    page.mouse.up()
    page.wait_for_url("**box=0%2C0%2C0.5**")
    assert rows[ids(page)[0]]["group_id"] == dress["group_id"]


def test_a_box_is_moved_with_the_keyboard(visit, rows):
    dress, watch = of_type(rows, "Dresses"), of_type(rows, "Watches")
    page = visit("/")
    upload(page, side_by_side(dress["image"], watch["image"]))
    page.locator("#crop-corner-left-top").focus()
    for _ in range(5):
        page.keyboard.press("Shift+ArrowRight")
    page.wait_for_url("**box=0.5%2C0%2C1%2C1**")
    assert rows[ids(page)[0]]["group_id"] == watch["group_id"]
    expect(page.locator("#crop-corner-left-top")).to_be_focused()
    for _ in range(8):  # longer than the way to the edge
        page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_url(re.compile("^((?!box=).)*$"))
    dot = page.locator(".region-dot").last
    box = dot.get_attribute("value")
    dot.click()
    page.wait_for_url("**box=**")
    expect(page.locator("#crop")).to_have_attribute("data-box", box)
    left = page.locator(".crop-box").evaluate("one => parseFloat(one.style.left)")
    assert left == pytest.approx(100 * float(box.split(",")[0]))


def test_filters_are_the_real_ones(visit, service, rows):
    page = visit("/search?q=shoes")
    held = []
    page.route("**f.gender=Women**", lambda route: held.append(route), times=1)
    page.get_by_label(re.compile("^Women")).check()
    page.locator("#high").fill("60")
    held.pop().continue_()
    page.wait_for_url("**f.gender=Women**")
    expect(page.locator("#high")).to_have_value("60")  # the answer leaves what is being typed
    expect(page.locator("#high")).to_be_focused()
    page.locator("#high").press("Tab")
    page.wait_for_url("**high=60**")
    condition = 'gender IN ["Women"] AND price <= 60'
    query = {"query": "shoes", "limit": 24, "filter": condition, "group_by": "group_id"}
    answer = service.post("/recommend/by-text", json=query).json()
    assert ids(page) == [hit["id"] for hit in answer["items"]]
    query = {"filter": condition, "group_by": "group_id"}
    total = service.get("/items", params=query).json()["total"]
    expect(page.locator(".summary")).to_contain_text(f"{total} styles match")
    # A field's own choice hides none of its other values; the price counts for it.
    styles = [row for row in rows.values() if row["gender"] == "Men" and row["price"] <= 60]
    men = len({row["group_id"] for row in styles})
    expect(page.locator("label", has_text=re.compile("^Men"))).to_contain_text(str(men))
    page.get_by_role("button", name="Remove the filter up to 60", exact=True).click()
    page.wait_for_url(re.compile(r"f\.gender=Women$"))
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_url(re.compile(r"q=shoes$"))


def test_pages_follow_each_other(visit, service):
    page = visit("/search?q=dress")
    first = ids(page)
    page.get_by_role("button", name="Next page").click()
    page.wait_for_url("**page=2**")
    expect(page.locator(".pages")).to_contain_text("Page 2")
    query = {"query": "dress", "limit": 48, "group_by": "group_id"}
    answer = service.post("/recommend/by-text", json=query).json()
    assert first + ids(page) == [hit["id"] for hit in answer["items"]]
    page.go_back()
    expect(page.locator(".pages")).to_contain_text("Page 1")
    assert ids(page) == first


def test_a_product_page_shows_what_is_similar_and_its_variants(visit, service, rows):
    styles = [row["group_id"] for row in rows.values()]
    item = next(row for row in rows.values() if styles.count(row["group_id"]) > 1)
    page = visit(f"/product/{item['id']}")
    heading(page, item["title"])
    assert ids(page) == similar(service, item["id"], limit=12)
    page.locator(".swatches a").first.click()
    other = page.url.rsplit("/", 1)[1]
    assert other != item["id"]
    assert rows[other]["group_id"] == item["group_id"]


def test_more_and_less_like_this(visit, service, rows):
    start = of_type(rows, "Shirts")["id"]
    page = visit(f"/product/{start}")
    page.get_by_role("button", name="More like this", exact=True).click()
    page.wait_for_url(f"**/search?like={start}")
    found = ids(page)
    assert found == similar(service, start)
    less = page.locator(f'.tile[data-id="{found[0]}"] button[name=unlike]')
    less.focus()
    less.press("Enter")
    page.wait_for_url("**unlike=**")
    body = {
        "positive": [{"item_id": start}],
        "negative": [{"item_id": found[0]}],
        "limit": 24,
        "group_by": "group_id",
    }
    answer = service.post("/recommend", json=body).json()
    assert ids(page) == [hit["id"] for hit in answer["items"]]
    page.get_by_role("button", name=f"Remove {rows[found[0]]['title']}").click()
    page.wait_for_url(re.compile(f"like={start}$"))
    assert ids(page) == found


def test_less_like_one_shirt_still_finds_shirts(visit, rows):
    page = visit("/search?q=shirt")
    page.goto(f"/search?q=shirt&unlike={ids(page)[0]}")
    assert rows[ids(page)[0]]["articleType"] == "Shirts"


def test_the_call_behind_a_page_is_the_page(visit):
    page = visit("/search?q=red+bag&f.gender=Women&low=10")
    page.locator("#drawer > summary").click()
    page.locator("label", has_text="JavaScript").click()
    code = page.locator("pre:visible code").inner_text()
    found = page.evaluate(f"(async () => {{ {code}; return items.map((item) => item.id); }})()")
    assert found == ids(page)
    page.locator("label", has_text="Python").click()
    expect(page.locator("pre:visible")).to_contain_text("httpx.post")


def test_what_goes_wrong_is_said_in_a_sentence(visit):
    visit.forgive()
    page = visit("/")
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"not a picture"}
    page.set_input_files("#image", file)
    notice = page.get_by_role("alert")
    expect(notice).to_have_text(re.compile("JPEG, PNG, WebP, GIF"))
    search = re.compile(r"/search\?")
    page.route(search, lambda route: route.abort())
    page.locator("#q").fill("hat")
    expect(notice).to_have_text(re.compile("cannot be reached"))
    page.unroute(search)
    page.locator("#q").fill("hats")
    heading(page, "Hats")
    expect(notice).to_be_hidden()
    page.goto("/product/none")
    expect(page.locator("#sentence")).to_have_text("There is no item with this id.")


def test_an_order_is_chosen_and_stays_in_the_address(visit, rows):
    page = visit("/search?q=dress")
    page.locator("#sort").select_option("price")
    page.wait_for_url("**sort=price**")
    expect(page.locator("#sort")).to_have_value("price")
    prices = [rows[item_id]["price"] for item_id in ids(page)]
    assert prices == sorted(prices)
    page.locator("#sort").select_option("-price")
    page.wait_for_url("**sort=-price**")
    german = page.get_by_role("link", name="Deutsch").get_attribute("href")
    assert german.startswith("/search?q=dress&sort=-price&")
    page.go_back()
    expect(page.locator("#sort")).to_have_value("price")
