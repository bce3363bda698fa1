"""A camera and a sheet on phones, prices by a slider, long lists, pictures by their address."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.support.browser_pages import faults, heading, ids, side_by_side, upload

PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}


def test_a_phone_offers_its_camera(visit, rows):
    page = visit("/", **PHONE)
    page.locator(".picker summary").tap()
    camera = page.locator("#camera")
    assert camera.get_attribute("capture") == "environment"
    expect(page.get_by_text("Take a photo").first).to_be_visible()
    assert faults(page) == []
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": rows["S0001"]["image"]}
    camera.set_input_files(file)
    heading(page, "Like your photo")
    expect(page.locator(".picker-body")).to_be_hidden()
    # One copy came with the page; the panel and the chip show it.
    for picture in (page.locator("#crop img"), page.locator(".chip-picture img")):
        assert picture.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0


@pytest.mark.parametrize("photos", [1, 3])
def test_a_photo_and_what_to_look_for_fit_beside_each_other(visit, rows, photos):
    page = visit("/", **PHONE)
    upload(page, side_by_side(*[rows["S0001"]["image"]] * photos))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    photo, frame = page.locator("#crop img").bounding_box(), page.locator("#crop").bounding_box()
    assert frame["width"] - photo["width"] == pytest.approx(0, abs=1)
    assert frame["height"] == photo["height"]
    assert photo["width"] >= 100
    for button in page.locator(".crop-presets button").all():
        assert button.evaluate("one => one.scrollWidth <= one.clientWidth")


def test_a_photo_of_nothing_to_wear_leads_on(visit):
    noise = io.BytesIO()
    Image.effect_noise((400, 300), 90).convert("RGB").save(noise, "JPEG")
    page = visit("/", **PHONE)
    upload(page, noise.getvalue())
    expect(page.locator(".empty")).to_contain_text("nothing to wear")
    kinds = page.locator(".empty .ways-on button")
    name = kinds.first.text_content()
    assert faults(page) == []
    kinds.first.tap()
    expect(page.locator(".kinds [aria-pressed]")).to_have_text(name)
    assert len(ids(page)) > 0


def test_a_mouse_gets_the_browsers_own_dialog(visit):
    page = visit("/")
    expect(page.get_by_text("Take a photo")).to_have_count(2)
    for way in page.get_by_text("Take a photo").all():
        expect(way).to_be_hidden()
    with page.expect_file_chooser():
        page.locator(".picker summary").click()


def test_the_sheet_stays_open_while_filters_are_ticked(visit):
    page = visit("/search?q=shoes", **PHONE)
    page.locator("#filters-open").tap()
    page.locator("#filters label", has_text=re.compile("^Women")).tap()
    page.wait_for_url("**f.gender=Women**")
    expect(page.locator("#filters")).to_be_visible()
    expect(page.locator(".filters-done")).to_have_text(re.compile(r"Show \d+ styles"))
    page.locator(".filters-done").tap()
    expect(page.locator("#filters")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_sheet_needs_no_script(visit):
    page = visit("/search?q=shoes", java_script_enabled=False, **PHONE)
    expect(page.locator("#filters")).to_be_hidden()
    page.locator("#filters-open").tap()
    page.locator("#filters label", has_text=re.compile("^Women")).tap()
    page.get_by_role("button", name="Apply filters").tap()
    page.wait_for_url("**f.gender=Women**")


def test_prices_are_set_by_a_slider_with_the_keyboard(visit, rows):
    page = visit("/search?f.gender=Women")
    low, high = page.locator("#low-slider"), page.locator("#high-slider")
    span = [int(low.get_attribute(name)) for name in ("min", "max", "step")]
    low.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(f"**low={span[0] + span[2]}")
    expect(low).to_be_focused()
    expect(page.locator("#low")).to_have_value(str(span[0] + span[2]))
    high.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**high=**")
    assert re.fullmatch(r"[\d,.]+", high.get_attribute("aria-valuetext"))
    shown = [rows[one]["price"] for one in ids(page)]
    assert min(shown) >= span[0] + span[2]
    low.focus()
    page.keyboard.press("Home")  # its end asks for nothing
    page.wait_for_url(re.compile(r"^((?!low=).)*$"))
    # A number that was typed moves the thumb.
    page.locator("#high").fill(str(span[0] + 20))
    page.locator("#high").press("Tab")
    expect(high).to_have_value(str(span[0] + 20))


PASTE = """([address, event, carrier, type]) => {
    const transfer = new DataTransfer();
    transfer.setData(type, address);
    const kind = event === "drop" ? DragEvent : ClipboardEvent;
    document.dispatchEvent(new kind(event, { [carrier]: transfer, bubbles: true }));
}"""


def test_a_pictures_address_is_read_by_the_browser(visit, service, rows):
    origin = str(service.base_url).rstrip("/")
    dress = next(row["id"] for row in rows.values() if row["articleType"] == "Dresses")
    for event, carrier, kind in (
        ("paste", "clipboardData", "text/plain"),
        ("drop", "dataTransfer", "text/uri-list"),
    ):
        page = visit("/")
        page.wait_for_load_state("networkidle")
        page.evaluate(PASTE, [f"{origin}/items/{dress}/image", event, carrier, kind])
        heading(page, "Like your photo")
        assert rows[ids(page)[0]]["group_id"] == rows[dress]["group_id"]


def test_a_site_that_keeps_its_pictures_is_named_in_a_sentence(visit):
    visit.forgive()  # the browser logs that it may not
    page = visit("/")
    page.wait_for_load_state("networkidle")
    address = "https://127.0.0.1:9/picture.jpg"
    page.evaluate(PASTE, [address, "paste", "clipboardData", "text/plain"])
    expect(page.get_by_role("alert")).to_contain_text("does not let other pages read it")


MANY = """() => {
  const list = document.createElement("details");
  list.id = "rest-brand";
  list.open = true;
  const names = ["Zeta", "Ärmel", "Alpha", "Mitte"];
  const choice = (name, n) => `<label class="choice"><input type="checkbox" value="${name}">
    <span>${name}</span><span class="count">${9 - n}</span></label>`;
  list.innerHTML = `<summary>More</summary><p class="values"><input type="search">
    <button type="button" aria-pressed="false">A to Z</button></p>` + names.map(choice).join("");
  document.querySelector(".filters").append(list);
}"""


def test_a_long_list_of_values_is_searched_and_sorted(visit):
    page = visit("/search")
    page.evaluate(MANY)  # the sample shop has no field of so many values
    brands = page.locator("#rest-brand .choice:visible > span:first-of-type")
    assert brands.all_inner_texts() == ["Zeta", "Ärmel", "Alpha", "Mitte"]
    page.get_by_role("button", name="A to Z").click()
    assert brands.all_inner_texts() == ["Alpha", "Ärmel", "Mitte", "Zeta"]
    page.get_by_role("button", name="A to Z").click()
    assert brands.all_inner_texts() == ["Zeta", "Ärmel", "Alpha", "Mitte"]
    page.locator("#rest-brand input[type=search]").fill("arm")
    assert brands.all_inner_texts() == ["Ärmel"]
