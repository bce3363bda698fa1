"""What tells one list from another: tags and cursors, of browser keys too, and what is counted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from app.api.answers import ranked_content
from app.api.dependencies import Call
from app.api.reading.pinned_lists import Pinned, pin
from app.api.wire.schemas import EditOptions
from app.recommend.lists.cursors import LASTS_S, read_cursor
from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from twinset.events.event_store import Search

WOMEN = 'gender = "Women"'


def _pinned(state: State, live: Recommender, **options: Any) -> Pinned[EditOptions]:
    return asyncio.run(pin(state, live, EditOptions(**options), "similar", b"p1"))


def _live(state: State) -> Recommender:
    assert state.recommender is not None
    return state.recommender


def test_a_tag_is_of_what_a_browser_key_shows(state: State) -> None:
    live, tags = _live(state), []
    filters = (WOMEN, 'gender = "Men"', f"{WOMEN} AND price < 20")
    for shown in (live, *(state.restricted(live, text) for text in filters)):
        tags.append(_pinned(state, shown).tag())
        assert _pinned(state, shown).tag() == tags[-1]
    assert len(set(tags)) == len(tags)
    # As after a restart, with the same filter.
    again = State(state.settings).restricted(live, WOMEN)
    assert _pinned(state, again).tag() == tags[1]


def test_a_held_page_has_a_cursor_that_still_works(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, chance, held = _live(state), Random(5), 0
    for _ in range(300):
        given, asked = 1_790_000_000 + chance.randrange(10_000), chance.randrange(LASTS_S)
        pages = []
        for now in (given, given + asked):
            monkeypatch.setattr("app.api.reading.pinned_lists.time.time", lambda now=now: now)
            pages.append(_pinned(state, live))
        if pages[0].tag() == pages[1].tag():
            held += 1
            soon = given + asked + LASTS_S / 2 - 1
            place = read_cursor(pages[0].next_cursor(), pages[0].key, pages[0].asked, soon)
            assert place.offset == 10
    assert held > 30


def test_a_browser_key_gets_no_cursor_and_no_tag_that_ages(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = state.restricted(_live(state), WOMEN)
    pinned = _pinned(state, shown, limit=2)
    page = asyncio.run(shown.similar(3, pinned.options.to_query()))
    content = ranked_content(Call("r", 0.0), pinned, page)
    assert content["page"] == {"limit": 2, "offset": 0, "exhausted": False, "total": page.total}
    tag = pinned.tag()
    monkeypatch.setattr("app.api.reading.pinned_lists.time.time", lambda: 1_900_000_000.0)
    assert _pinned(state, shown, limit=2).tag() == tag
    whole = ranked_content(Call("r", 0.0), _pinned(state, _live(state), limit=2), page)
    assert "cursor" in whole["page"]


def test_a_search_is_counted_for_the_version_that_answered(state: State) -> None:
    live, counted = _live(state), list[Search]()
    events: Any = SimpleNamespace(note=counted.append)
    newer = live.with_version(replace(live.version, name="20270101T000000Z-0123abcd"))
    service = State(Settings(), recommender=newer, events=events)
    pinned = _pinned(service, live, offset=5)
    page = asyncio.run(live.similar(1, pinned.options.to_query()))
    service.note("r1", "item", page, pinned.place)
    assert [(one.version, one.start) for one in counted] == [(live.version.name, 5)]
