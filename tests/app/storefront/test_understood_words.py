"""What a page says of the words that it understood, and how each part is switched off."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from app.storefront.content.understood_chips import (
    UnderstoodChip,
    UnderstoodWords,
    understood_words,
)
from app.storefront.page_state import PageState, read_page_state
from twinset.words.query.parts import SPELLING, SYNONYMS, Part, Rewording, Understood


def chips(client: httpx.Client, address: str) -> dict[str, str]:
    """What each chip switches off, by its text."""
    answer = client.get(address)
    assert answer.status_code == 200
    found = re.findall(
        r'<button class="pill" form="query" name="understand" value="(.*?)" .*?>(.*?)<svg',
        answer.text,
    )
    return {html.unescape(text): off for off, text in found}


def test_each_part_is_a_chip_that_switches_it_off(client: httpx.Client) -> None:
    address = "/search?q=red+thing+for+men+under+30+not+blue"
    assert chips(client, address) == {
        "red": "-colour",
        "Men": "-gender",
        "under 30": "-price",
        "not blue": "-negation",
    }
    left = chips(client, address + "&understand=-price&understand=-colour")
    assert set(left) == {"Men", "not blue"}
    assert chips(client, address + "&understand=false") == {}
    assert set(chips(client, address + "&understand=price,gender")) == {"under 30", "Men"}
    assert chips(client, "/search?q=thing") == {}


def test_a_correction_can_be_undone(client: httpx.Client) -> None:
    page = client.get("/search?q=blakc+dress").text
    assert "Showing results for black." in page
    assert "Search blakc instead" in page
    assert 'name="understand" value="-spelling"' in page
    undone = client.get("/search?q=blakc+dress&understand=-spelling").text
    assert "Showing results for" not in undone
    assert 'name="drop" value="understand"' in undone


def test_a_filter_that_nothing_meets_is_said(client: httpx.Client) -> None:
    page = html.unescape(client.get("/search?q=dress+under+1").text)
    assert "Nothing here is \u201cunder 1\u201d" in page
    assert 'class="tile"' in page


def test_an_unknown_part_is_a_sentence(client: httpx.Client) -> None:
    answer = client.get("/search?q=dress&understand=nonsense")
    assert answer.status_code == 400
    assert "understand can name" in answer.text


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("understand", "-price"), ("understand", "-colour")], ("-price", "-colour")),
        ([("understand", "price, colour"), ("understand", "price")], ("price", "colour")),
        ([("understand", "true")], ()),
        ([("understand", "")], ()),
        ([("understand", "-price"), ("drop", "understand")], ()),
        ([("understand", "-a"), ("understand", "-b"), ("drop", "understand=-b")], ("-a",)),
    ],
)  # fmt: skip
def test_names_are_read_from_an_address(
    pairs: list[tuple[str, str]], expected: tuple[str, ...]
) -> None:
    state = read_page_state([("q", "hat"), *pairs])
    assert state.understand == expected
    assert read_page_state([("q", "hat"), *[("understand", one) for one in expected]]) == state


def test_everything_is_off_if_the_address_says_so() -> None:
    assert PageState(understand=("false",)).switches.off
    assert PageState(understand=("-price",)).switches.allow("colour")
    assert not PageState(understand=("-price",)).switches.allow("price")


def test_parts_of_one_name_are_one_chip() -> None:
    found = Understood(
        "red blue sneakers",
        (Part("colour", "c", "red", ("Red",)), Part("colour", "c", "blu", ("Blue", "Bleu"))),
        (Rewording("trainers", "sneakers", SYNONYMS), Rewording("blu", "blue", SPELLING)),
    )
    assert understood_words(found) == UnderstoodWords(
        [
            UnderstoodChip("Red, Blue", "-colour"),
            UnderstoodChip("trainers → sneakers", "-synonyms"),
        ],
        corrected="blue",
        typed="blu",
        unmet=[],
    )
    assert understood_words(None).chips == []
