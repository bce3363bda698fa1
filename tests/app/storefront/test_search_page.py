"""The search page: its photo, its filters, and how much of it is sent; words to start from."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from app.storefront.content.filter_panel import Panel
from app.storefront.content.home_page import home
from app.storefront.shared_photos import SharedPhotos
from tests.support import small_shop
from tests.support.small_shop import Server, open_shop, picture
from twinset.encoders import HashEncoder

PHOTO = picture(3, "JPEG")
NO_FILE = {"image": ("", b"")}


@pytest.fixture(scope="module")
def sharing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A shop that lets photos be shared."""
    folder = tmp_path_factory.mktemp("sharing")
    (folder / "shop.toml").write_text("share_photos_minutes = 5\ncurrency = 'EUR'")
    state = State(Settings(shop=folder / "shop.toml"))
    encoder = HashEncoder(256)
    state.recommender = Recommender(
        encoder, open_shop(folder, encoder), state.settings, state.metrics
    )
    with Server(state) as address, httpx.Client(base_url=address) as client:
        yield client


def kept(page: httpx.Response) -> str:
    found = re.search(r'name="photo" value="(.*?)"', page.text)
    assert found is not None
    return found[1]


def ids(page: httpx.Response) -> list[str]:
    return re.findall(r'<li class="tile" data-id="(.*?)"', page.text)


def form_of(page: httpx.Response) -> list[tuple[str, str]]:
    """What the form beside the list sends if one of its buttons is pressed."""
    fields = []
    for field in re.findall(r'<input (?=[^>]*form="query")([^>]*)>', page.text):
        said = dict(re.findall(r'(\w+)="(.*?)"', field))
        if said["type"] != "checkbox" or field.endswith(" checked"):
            fields.append((said["name"], said["value"]))
    chosen = re.findall(r'<option value="([^"]*)" selected>', page.text)
    return [pair for pair in fields if pair[1]] + [("sort", value) for value in chosen]


def test_filters_stay_chosen_beside_a_list_that_they_leave_empty(client: httpx.Client) -> None:
    filters = {"f.gender": "Women", "f.baseColour": "green", "stock": "1", "sort": "price"}
    empty = client.get("/search", params={**filters, "low": "5000", "high": "5000.5"})
    assert not ids(empty)
    assert dict(form_of(empty)) == {**filters, "low": "5000", "high": "5000.5"}
    assert len(form_of(empty)) == 6
    wider = client.get("/search", params=[*form_of(empty), ("drop", "low"), ("drop", "high")])
    assert ids(wider) == ids(client.get("/search", params=filters)) != []
    assert dict(form_of(wider)) == filters
    # So does the choice of a field that the panel does not offer.
    assert ("f.group_id", "hat") in form_of(client.get("/search?f.group_id=hat"))


def test_a_page_holds_its_photo_once_for_scripts_and_twice_without(client: httpx.Client) -> None:
    plain = client.post("/search", files={"image": PHOTO})
    scripted = client.post("/search", files={"image": PHOTO}, headers={"X-Scripted": "1"})
    photo = kept(plain)
    assert plain.text.count(photo) == 2
    assert scripted.text.count(photo) == 1
    assert ids(plain) == ids(scripted)
    size = re.search(r'data-shows-photo width="(\d+)" height="(\d+)"', scripted.text)
    assert size is not None
    assert size.groups() == ("96", "96")


def test_a_photo_is_not_shared_unless_the_shop_allows_it(client: httpx.Client) -> None:
    page = client.post("/search", data={"share": "1"}, files={"image": PHOTO})
    assert 'name="share"' not in page.text
    assert "shared=" not in page.text


def test_a_shared_photo_is_searched_with_by_its_link(sharing: httpx.Client) -> None:
    page = sharing.post("/search", files={"image": PHOTO})
    assert 'name="share"' in page.text
    fields = {"photo": kept(page), "share": "1", "f.gender": "Women"}
    page = sharing.post("/search", data=fields, files=NO_FILE)
    link = re.search(r'data-address="(/search\?shared=[^"]+)"', page.text)
    assert link is not None
    assert "5 minutes" in page.text
    with httpx.Client(base_url=sharing.base_url) as friend:
        address = link[1].replace("&amp;", "&")
        shown = friend.get(address)
        assert ids(shown) == ids(page)
        assert kept(shown) == fields["photo"]
        wrong = friend.get(address.replace("shared=", "shared=x"))
        assert wrong.status_code == 200
        assert "That link has expired" in wrong.text
        assert 'name="photo"' not in wrong.text


def test_shared_photos_go_when_their_time_or_the_room_is_over(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    photos = SharedPhotos(lasts_s=60, most_bytes=250)
    keys = [photos.keep(bytes(100)) for _ in range(2)]
    now[0] += 30
    keys.append(photos.keep(bytes([7]) * 100))
    assert [photos.get(key) is None for key in keys] == [True, False, False]
    now[0] += 31
    assert [photos.get(key) is None for key in keys] == [True, True, False]
    now[0] += 30
    assert photos.get(keys[2]) is None
    assert len(set(keys)) == 3


def test_the_price_has_a_slider_in_the_shops_currency(sharing: httpx.Client) -> None:
    page = sharing.get("/search?q=shirt&low=12").text
    assert "Price (€)" in page
    assert re.search(r'id="low-slider".*? min="10" max="33" step="1" value="12', page)
    assert re.search(r'id="high-slider".*? value="33"', page)
    assert "from €12" in page
    assert 'data-currency="EUR"' in page


@pytest.mark.parametrize(
    ("price", "span", "step", "top"),
    [
        ((10.5, 33.2), (10, 34), 1, 34),
        ((0.0, 1000.0), (0, 1000), 20, 1000),
        ((5.0, 150.0), (5, 150), 2, 151),
        ((5.0, 90_000.0), (5, 90_000), 1000, 90_005),
        ((7.0, 7.0), (7, 7), 1, 7),
    ],
)
def test_the_slider_moves_by_about_a_fiftieth_and_reaches_its_top(price, span, step, top) -> None:
    panel = Panel(1, "products", [], price, None)
    assert (panel.span, panel.step, panel.top) == (span, step, top)


def test_typed_prices_stay_as_they_were_typed(client: httpx.Client) -> None:
    typed = {"low": "0.125", "high": "1234567.25"}
    assert dict(form_of(client.get("/search", params=typed))) == typed | {"sort": "relevance"}


def test_counts_are_of_what_the_page_lists(client: httpx.Client) -> None:
    """Beside styles, filters count styles: ticking a value shows as many as it said."""
    page = client.get("/search").text
    for value, count in re.findall(
        r'name="f\.baseColour" value="(.*?)".*?class="count">(\d+)<', page
    ):
        listed = client.get("/search", params={"f.baseColour": value}).text
        assert f"{count} styles" in listed


def test_a_kind_whose_products_have_no_colour_makes_no_suggestion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*small_shop.products(), {"id": "card", "title": "card", "gender": "Everybody"}]
    monkeypatch.setattr(small_shop, "products", lambda: rows)
    encoder, state = HashEncoder(256), State(Settings())
    version = replace(open_shop(tmp_path, encoder), category="gender")
    shown = home(Recommender(encoder, version, state.settings, state.metrics))
    assert asyncio.run(shown).suggestions == ["blue men", "black women"]
