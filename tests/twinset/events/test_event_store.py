"""Events and searches on the disk, and the reports on them, against counts by a plain loop."""

from collections import Counter
from random import Random

import pytest

from twinset.events.analytics import analyse, frequent_words
from twinset.events.event_store import DAY_S, EVENTS_FILE, Event, EventStore, Search, plain_words

NOW = 1_800_000_000


@pytest.fixture
def store(tmp_path):
    opened = EventStore(tmp_path / EVENTS_FILE)
    yield opened
    opened.close()


def made(seed, count):
    random = Random(seed)
    return [
        Event(
            kind=random.choice(("seen", "seen", "seen", "click", "basket", "bought")),
            request=f"r{random.randrange(40)}",
            item=f"p{random.randrange(30)}",
            surface=random.choice(("search", "widget", "")),
            position=random.randrange(12),
            time=NOW - random.randrange(40 * DAY_S),
        )
        for _ in range(count)
    ]


def test_rates_are_those_of_a_plain_loop(store):
    events = made(1, 3000)
    store.append(events)
    first = {}
    for event in events:
        first.setdefault((event.request, event.item, event.kind, event.surface), event)
    recent = [event for event in first.values() if event.time >= NOW - 30 * DAY_S]
    counted = Counter((event.surface, event.kind) for event in recent)
    report = analyse(store.database, NOW)
    assert report.events == len(recent)
    for rate in report.by_surface:
        assert rate.seen == counted[rate.key, "seen"]
        assert rate.clicks == counted[rate.key, "click"]
        assert rate.baskets == counted[rate.key, "basket"]
        assert rate.bought == counted[rate.key, "bought"]
        assert rate.click_through == rate.clicks / rate.seen
    places = Counter(event.position for event in recent if event.kind == "seen")
    assert {int(rate.key): rate.seen for rate in report.by_position} == dict(places)


def test_what_is_sent_twice_counts_once(store):
    events = made(2, 500)
    store.append(events)
    before = analyse(store.database, NOW)
    store.append(events[100:400])
    assert analyse(store.database, NOW) == before


def test_rare_words_are_not_shown(store):
    searches = [
        Search(f"a{n}", "words", "v1", 0 if n < 2 else 10, "red dress", 0.5, NOW) for n in range(5)
    ]
    searches += [Search(f"b{n}", "words", "v1", 0, "anna's size", None, NOW) for n in range(4)]
    searches += [Search("c", "photo", "v1", 10, "", 0.7, NOW - DAY_S)]
    store.append([Event("click", "a3", "p1", "search", 1, NOW)], searches)
    report = analyse(store.database, NOW)
    assert [one.words for one in report.top] == ["red dress"]
    assert (report.top[0].searches, report.top[0].nothing, report.top[0].clicked) == (5, 2, 1)
    assert report.in_vain == report.top
    assert [(day.words, day.photo) for day in report.by_day] == [(0, 1), (9, 0)]
    assert [(rate.key, rate.clicks) for rate in report.by_version] == [("v1", 1)]
    assert frequent_words(store.database, NOW, least=3) == [("red dress", 3)]


def test_old_events_go_and_so_do_too_many(tmp_path):
    store = EventStore(tmp_path / EVENTS_FILE, days=10, most=50)
    store.append([Event("seen", f"r{n}", "p", time=NOW - n * DAY_S) for n in range(20)])
    store.prune(NOW)
    assert analyse(store.database, NOW).events == 11
    store.append([Event("seen", f"s{n}", "p", time=NOW + n) for n in range(60)])
    store.prune(NOW)
    assert analyse(store.database, NOW + 60).events == 50
    store.close()


def test_two_processes_share_a_file(tmp_path):
    first, second = EventStore(tmp_path / EVENTS_FILE), EventStore(tmp_path / EVENTS_FILE)
    events = made(3, 400)
    first.append(events[:250])
    second.append(events[150:])
    kept = EventStore(tmp_path / "other.sqlite")
    kept.append(events)
    assert analyse(first.database, NOW) == analyse(kept.database, NOW)


def test_words_are_counted_in_one_form():
    assert plain_words("  Red   DRESS ") == "red dress"
    assert len(plain_words("x" * 500)) == 80
