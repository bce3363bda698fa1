"""For everyone: without scripts, by keyboard, on a narrow screen, in the dark, by ear."""

import pytest
from playwright.sync_api import expect

from tests.support.browser_pages import faults, heading, similar, upload


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_about_a_photo_and_the_drawer(visit, rows, scheme):
    page = visit("/", color_scheme=scheme, reduced_motion="reduce")
    upload(page, rows["S0001"]["image"])
    page.locator("#drawer > summary").click()
    assert faults(page) == []


def test_filters_fold_away_on_a_narrow_screen(visit):
    page = visit("/search")
    page.set_viewport_size({"width": 360, "height": 800})
    women = page.locator("label", has_text="Women").first
    expect(women).to_be_hidden()
    page.locator("#filters-open").click()
    assert faults(page) == []
    women.click()
    page.wait_for_url("**f.gender=Women")
    expect(page.locator("#filters")).to_be_visible()
    page.locator(".filters-done").click()
    expect(page.locator("#filters")).to_be_hidden()
    page.locator("#filters-open").press("Enter")
    page.keyboard.press("Tab")  # to the first thing in the sheet
    assert page.evaluate("document.activeElement.closest('#filters') !== null")
    page.keyboard.press("Escape")
    expect(page.locator("#filters")).to_be_hidden()
    expect(page.locator("#filters-open")).to_be_focused()


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_dark_follows_the_system_and_a_choice_is_kept(visit):
    light, page = visit("/", color_scheme="light"), visit("/", color_scheme="dark")
    dark = background(page)
    assert background(light) != dark
    page.locator("#theme").click()
    assert background(page) == background(light)
    page.goto("/search")
    assert background(page) == background(light)


def test_a_keyboard_is_enough(visit):
    page = visit("/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("black shoes")
    page.keyboard.press("Enter")
    heading(page, "Black shoes")
    expect(page.locator("#view")).to_be_focused()
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.className")
        if name == "tile-link":
            break
    title = page.evaluate("document.activeElement.querySelector('.tile-title').textContent")
    page.keyboard.press("Enter")
    heading(page, title)


def test_what_changed_is_announced(visit):
    page = visit("/")
    page.locator("#q").fill("hat")
    expect(page.get_by_role("status")).to_have_text("24 styles: Hat")


class TestWithoutScripts:
    """Plain links and forms, served by the same templates."""

    def test_words_filters_and_pages(self, visit):
        page = visit("/", java_script_enabled=False)
        page.locator("#q").fill("shoes")
        page.keyboard.press("Enter")
        heading(page, "Shoes")
        first = ids_by_markup(page)
        page.locator("button[name=page]", has_text="Next").click()
        assert not set(first) & set(ids_by_markup(page))
        page.locator("label", has_text="Women").first.click()
        page.get_by_role("button", name="Apply filters").click()
        assert "f.gender=Women" in page.url
        assert "q=shoes" in page.url
        page.locator(".tile-link").first.click()
        page.wait_for_url("**/product/**")

    def test_a_photo_with_pages_and_words(self, visit, rows):
        item = rows["S0001"]
        page = visit("/", java_script_enabled=False)
        page.locator(".picker summary").click()
        file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": item["image"]}
        page.set_input_files("#image", file)
        page.get_by_role("button", name="Search by photo").click()
        heading(page, "Like your photo")
        first = ids_by_markup(page)
        assert rows[first[0]]["group_id"] == item["group_id"]
        page.locator("button[name=page]", has_text="Next").click()
        assert not set(first) & set(ids_by_markup(page))
        page.locator("#q").fill("blue")
        page.keyboard.press("Enter")
        heading(page, "Like your photo, “blue”")
        page.locator("button[name=drop][value=photo]").click()
        heading(page, "Blue")

    def test_a_picture_of_the_shop_as_the_photo(self, visit, rows):
        page = visit("/", java_script_enabled=False)
        start = page.locator(".sample").first
        product = rows[start.get_attribute("value")]
        start.click()
        heading(page, "Like your photo")
        assert rows[ids_by_markup(page)[0]]["group_id"] == product["group_id"]
        page.get_by_role("button", name="Bottom", exact=True).click()
        expect(page.locator(".crop-presets [aria-pressed]")).to_have_text("Bottom")

    def test_more_like_this_and_the_call(self, visit, service):
        page = visit("/product/S0001", java_script_enabled=False)
        page.get_by_role("button", name="More like this", exact=True).click()
        page.wait_for_url("**/search?**like=S0001**")  # until all of it is there
        assert ids_by_markup(page) == similar(service, "S0001")
        page.locator("#drawer > summary").click()
        page.locator("label", has_text="Python").click()
        expect(page.locator("pre.code-2")).to_be_visible()


def ids_by_markup(page):
    # Locators can be read without the page's own scripts.
    return [tile.get_attribute("data-id") for tile in page.locator(".grid .tile").all()]
