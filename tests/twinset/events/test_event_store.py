"""Events and searches on the disk, and the reports on them, against counts by a plain loop."""

import contextlib
import sqlite3
from collections import Counter
from functools import partial
from random import Random

import pytest

from tests.support.postgres import database
from twinset.errors import StorageFull
from twinset.events.analytics import analyse, frequent_words
from twinset.events.event_store import DAY_S, EVENTS_FILE, Event, EventStore, Search, plain_words
from twinset.events.postgres_events import PostgresEvents, open_events
from twinset.relevance.relevance_curves import FITS

NOW = 1_800_000_000


@pytest.fixture(params=["sqlite", "postgres"])
def opening(request, tmp_path, monkeypatch):
    """Opens the events of one place, in SQLite or in PostgreSQL; takes days, and the most kept."""
    if request.param == "sqlite":
        yield partial(EventStore, tmp_path / EVENTS_FILE)
        return
    with database(request.getfixturevalue("postgres_server")) as address:
        monkeypatch.setenv("TWINSET_STORE", address)
        yield partial(PostgresEvents, address)


@pytest.fixture
def store(opening):
    with contextlib.closing(opening()) as opened:
        yield opened


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
    report = analyse(store, NOW)
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
    before = analyse(store, NOW)
    store.append(events[100:400])
    assert analyse(store, NOW) == before


def test_words_and_photos_that_found_nothing_close_are_told(store):
    random = Random(8)
    searches = [
        Search(
            request=f"s{n}",
            way=random.choice(("words", "words", "photo")),
            version="v1",
            found=random.choice((0, 10, 10)),
            words=random.choice(("red dress", "surfboard", "hat")),
            time=NOW - random.randrange(2) * DAY_S,
            relevance=random.choice((None, 0.02, 0.4, 0.9)),
            kind=random.choice(("Dress", "Shirt", "")),
            start=random.choice((0, 0, 10)),
        )
        for n in range(400)
    ]
    store.append([Event("click", f"s{n}", "p1", time=NOW) for n in range(0, 400, 3)], searches)
    report = analyse(store, NOW)
    first = [one for one in searches if one.start == 0]
    assert report.searches == len(first)
    for one in report.top:
        same = [s for s in first if s.way == "words" and s.words == one.words]
        assert (one.searches, one.nothing, one.low) == counts(same)
        likely = [s.relevance for s in same if s.relevance is not None]
        assert one.relevance == pytest.approx(sum(likely) / len(likely))
    vain = [one.nothing + one.low for one in report.in_vain]
    assert vain == sorted(vain, reverse=True)
    photos = [s for s in first if s.way == "photo"]
    assert {one.kind: (one.searches, one.nothing, one.low) for one in report.photos} == {
        kind: counts([s for s in photos if s.kind == kind]) for kind in ("Dress", "Shirt", "")
    }
    clicked = {f"s{n}" for n in range(0, 400, 3)}
    assert sum(one.clicked for one in report.photos) == sum(s.request in clicked for s in photos)
    by_day = Counter((s.time, s.kind) for s in photos)
    assert sorted(one.searches for one in report.photos_by_day) == sorted(by_day.values())


def counts(searches):
    """How many searches there are, that found nothing, and that found nothing close."""
    some = [one for one in searches if one.found and one.relevance is not None]
    low = sum(one.relevance < FITS for one in some)
    return len(searches), sum(one.found == 0 for one in searches), low


def test_a_file_of_an_earlier_release_is_read_and_added_to(tmp_path):
    path = tmp_path / EVENTS_FILE
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.execute(
            "CREATE TABLE searches (request TEXT PRIMARY KEY, time INTEGER NOT NULL, way TEXT NOT"
            " NULL, words TEXT NOT NULL, version TEXT NOT NULL, found INTEGER NOT NULL, best REAL)"
            " WITHOUT ROWID"
        )
        old.execute("INSERT INTO searches VALUES ('a', ?, 'words', 'hat', 'v1', 3, 0.5)", [NOW])
        old.commit()
    with contextlib.closing(EventStore(path)) as store, contextlib.closing(EventStore(path)):
        store.append([], [Search("b", "words", "v1", 3, "hat", 0.5, NOW, 0.25)])
        (hat,) = analyse(store, NOW, least=1).top
    assert (hat.searches, hat.low, hat.relevance) == (2, 1, 0.25)


def test_queries_that_fit_nothing_complete_no_words(store):
    made_of = {"red dress": 0.9, "xqzv": 0.01, "old": None}
    store.append(
        [],
        [
            Search(f"{words}{n}", "words", "v", 9, words, 0.5, NOW, relevance)
            for words, relevance in made_of.items()
            for n in range(5)
        ],
    )
    assert frequent_words(store, NOW) == [("old", 5), ("red dress", 5)]


def test_rare_words_are_not_shown(store):
    searches = [
        Search(f"a{n}", "words", "v1", 0 if n < 2 else 10, "red dress", 0.5, NOW) for n in range(5)
    ]
    searches += [Search(f"b{n}", "words", "v1", 0, "anna's size", None, NOW) for n in range(4)]
    searches += [Search("c", "photo", "v1", 10, "", 0.7, NOW - DAY_S)]
    store.append([Event("click", "a3", "p1", "search", 1, NOW)], searches)
    report = analyse(store, NOW)
    assert [one.words for one in report.top] == ["red dress"]
    assert (report.top[0].searches, report.top[0].nothing, report.top[0].clicked) == (5, 2, 1)
    assert report.in_vain == report.top
    assert [(day.words, day.photo) for day in report.by_day] == [(0, 1), (9, 0)]
    assert [(rate.key, rate.clicks) for rate in report.by_version] == [("v1", 1)]
    assert frequent_words(store, NOW, least=3) == [("red dress", 3)]


def test_old_events_go_and_so_do_too_many(opening):
    store = opening(days=10, most=50)
    store.append([Event("seen", f"r{n}", "p", time=NOW - n * DAY_S) for n in range(20)])
    store.prune(NOW)
    assert analyse(store, NOW).events == 11
    store.append([Event("seen", f"s{n}", "p", time=NOW + n) for n in range(60)])
    store.prune(NOW)
    assert analyse(store, NOW + 60).events == 50
    store.close()


def test_any_text_is_kept(store):
    words = "a\0b \ud800 é"
    store.append(
        [Event("click", "r", words, words)], [Search("r", "words", "v", 1, words, time=NOW)] * 2
    )
    assert analyse(store, NOW).searches == 1


def test_the_store_of_the_settings_is_opened(opening, tmp_path):
    events = made(4, 60)
    opening().append(events)
    assert analyse(open_events(tmp_path, 90), NOW) == analyse(opening(), NOW)


def test_a_full_disk_is_said_and_passes(tmp_path):
    with contextlib.closing(EventStore(tmp_path / EVENTS_FILE)) as store:
        store.database.execute("PRAGMA max_page_count = 1")
        with pytest.raises(StorageFull):
            store.append(made(5, 2000))
        store.database.execute("PRAGMA max_page_count = 10000")
        store.append(made(5, 20))
        assert analyse(store, NOW).events > 0


def test_two_processes_share_a_store(opening, tmp_path):
    first, second = opening(), opening()
    events = made(3, 400)
    first.append(events[:250])
    second.append(events[150:])
    kept = EventStore(tmp_path / "other.sqlite")
    kept.append(events)
    assert analyse(first, NOW) == analyse(kept, NOW)


def test_words_are_counted_in_one_form():
    assert plain_words("  Red   DRESS ") == "red dress"
    assert len(plain_words("x" * 500)) == 80
