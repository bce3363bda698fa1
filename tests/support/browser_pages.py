"""Reading a page of the storefront."""

import io
import re

from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE_MS

expect.set_options(timeout=PATIENCE_MS)
SERIOUS = {"serious", "critical"}


def ids(page):
    """The products on the page, in order."""
    return page.locator(".grid .tile").evaluate_all("tiles => tiles.map(t => t.dataset.id)")


def heading(page, text):
    """Wait until the page is headed so."""
    expect(page.locator("h1")).to_have_text(text)


def upload(page, data):
    """Choose a photo, and wait for its results."""
    file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": data}
    page.set_input_files("#image", file)
    expect(page.locator(".chip-photo")).to_be_visible()
    expect(page.locator(".crop-box")).to_be_visible()


def skip(page):
    """Follow the link to what the page is about, which is to change nothing else."""
    page.evaluate("window.shownBefore = document.getElementById('view')")
    page.locator(".skip").focus()
    page.locator(".skip").press("Enter")
    page.wait_for_url(re.compile("#"))
    page.wait_for_timeout(300)
    assert page.evaluate("window.shownBefore === document.getElementById('view')")


def side_by_side(*pictures):
    """One photo of several garments, each in a column of equal width."""
    images = [Image.open(io.BytesIO(data)).convert("RGB") for data in pictures]
    width, height = images[0].size
    photo = Image.new("RGB", (width * len(images), height))
    for place, image in enumerate(images):
        photo.paste(image, (place * width, 0))
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def similar(service, item_id, limit=24):
    """What the HTTP interface says is most like an item."""
    query = {"limit": limit, "group_by": "group_id"}
    answer = service.get(f"/items/{item_id}/similar", params=query)
    return [hit["id"] for hit in answer.json()["items"]]


def violations(page):
    """What axe finds wrong, which takes it half as long if it describes nothing else."""
    return Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]


def faults(page):
    """Serious findings of axe, in words."""
    return [
        f"{one['id']}: {node['target']}"
        for one in violations(page)
        if one["impact"] in SERIOUS
        for node in one["nodes"]
    ]
