"""Reports over kept events and searches: what people look for, what they find, what they click."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from twinset.events.event_store import DAY_S, EventReader
from twinset.relevance.relevance_curves import FITS, UNLIKELY

# Words that fewer searches than this used are not shown: rare ones may name a person.
LEAST_SEARCHES = 5
_TOP = 50


@dataclass(frozen=True, slots=True)
class WordsCount:
    """Words that people searched with: how often, how often in vain, and their clicks.

    `low` counts searches that found products of which none is a close match. `best` is the mean
    score of the first hit and `relevance` the mean of the highest, None if nothing was ever found.
    """

    words: str
    searches: int
    nothing: int
    low: int
    clicked: int
    best: float | None
    relevance: float | None


@dataclass(frozen=True, slots=True)
class PhotoCount:
    """Searches by photos that were seen to show one `kind`, empty if nothing was recognised."""

    kind: str
    searches: int
    nothing: int
    low: int
    clicked: int


@dataclass(frozen=True, slots=True)
class PhotoDay:
    """How many photos of one kind came on a day (UTC, as 2026-01-31)."""

    day: str
    kind: str
    searches: int


@dataclass(frozen=True, slots=True)
class Rate:
    """How many items were seen and clicked, by one value of what the rates are told apart by."""

    key: str
    seen: int
    clicks: int
    baskets: int
    bought: int

    @property
    def click_through(self) -> float | None:
        """Clicks per item seen; None if none was seen."""
        return self.clicks / self.seen if self.seen else None


@dataclass(frozen=True, slots=True)
class DayCount:
    """Searches of one day (UTC, as 2026-01-31), by way."""

    day: str
    words: int
    photo: int
    item: int
    blend: int


@dataclass(frozen=True)
class Analytics:
    """The report on the last `days`. A search counts once, however many of its pages were seen."""

    days: int
    searches: int
    events: int
    top: list[WordsCount] = field(default_factory=list)
    in_vain: list[WordsCount] = field(default_factory=list)
    by_day: list[DayCount] = field(default_factory=list)
    photos: list[PhotoCount] = field(default_factory=list)
    photos_by_day: list[PhotoDay] = field(default_factory=list)
    by_surface: list[Rate] = field(default_factory=list)
    by_position: list[Rate] = field(default_factory=list)
    by_version: list[Rate] = field(default_factory=list)


_WORDS = """
SELECT s.words, COUNT(*), COUNT(*) FILTER (WHERE s.found = 0),
  COUNT(*) FILTER (WHERE s.found > 0 AND s.relevance < ?), COUNT(c.request),
  AVG(s.best), AVG(s.relevance)
FROM searches s LEFT JOIN (SELECT DISTINCT request FROM events WHERE kind = 'click') c
  ON c.request = s.request
WHERE s.way = 'words' AND s.start = 0 AND s.time >= ? GROUP BY s.words HAVING COUNT(*) >= ?
"""
_PHOTOS = """
SELECT s.kind, COUNT(*), COUNT(*) FILTER (WHERE s.found = 0),
  COUNT(*) FILTER (WHERE s.found > 0 AND s.relevance < ?), COUNT(c.request)
FROM searches s LEFT JOIN (SELECT DISTINCT request FROM events WHERE kind = 'click') c
  ON c.request = s.request
WHERE s.way = 'photo' AND s.start = 0 AND s.time >= ? GROUP BY s.kind ORDER BY 2 DESC, 1 LIMIT 100
"""
_PHOTO_DAYS = """
SELECT {day}, kind, COUNT(*) FROM searches
WHERE way = 'photo' AND start = 0 AND time >= ? GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2 LIMIT 5000
"""
_RATES = """
SELECT {key}, COUNT(*) FILTER (WHERE e.kind = 'seen'), COUNT(*) FILTER (WHERE e.kind = 'click'),
  COUNT(*) FILTER (WHERE e.kind = 'basket'), COUNT(*) FILTER (WHERE e.kind = 'bought')
FROM events e {join} WHERE e.time >= ? GROUP BY 1 ORDER BY {order} LIMIT 100
"""
_DAYS = """
SELECT {day}, COUNT(*) FILTER (WHERE way = 'words'), COUNT(*) FILTER (WHERE way = 'photo'),
  COUNT(*) FILTER (WHERE way = 'item'), COUNT(*) FILTER (WHERE way = 'blend')
FROM searches WHERE start = 0 AND time >= ? GROUP BY 1 ORDER BY 1
"""


def analyse(
    store: EventReader, now: float, days: int = 30, least: int = LEAST_SEARCHES
) -> Analytics:
    """The report on the `days` before `now`; words that fewer than `least` searches used are left
    out."""
    since = int(now - days * DAY_S)
    words = [WordsCount(*row) for row in store.rows(_WORDS, FITS, since, least)]
    vain = [one for one in words if one.nothing + one.low]

    def count(table: str, condition: str = "") -> int:
        sql = f"SELECT COUNT(*) FROM {table} WHERE time >= ?{condition}"  # noqa: S608 - see below
        return int(store.rows(sql, since)[0][0])

    def daily(sql: str) -> list[tuple[Any, ...]]:
        return store.rows(sql.format(day=store.day), since)

    def rates(key: str, order: str = "2 DESC", join: str = "") -> list[Rate]:
        sql = _RATES.format(key=key, order=order, join=join)
        return [Rate(*row) for row in store.rows(sql, since)]

    return Analytics(
        days=days,
        searches=count("searches", " AND start = 0"),
        events=count("events"),
        top=sorted(words, key=lambda one: (-one.searches, one.words))[:_TOP],
        in_vain=sorted(vain, key=lambda one: (-one.nothing - one.low, one.words))[:_TOP],
        by_day=[DayCount(*row) for row in daily(_DAYS)],
        photos=[PhotoCount(*row) for row in store.rows(_PHOTOS, FITS, since)],
        photos_by_day=[PhotoDay(*row) for row in daily(_PHOTO_DAYS)],
        by_surface=rates("e.surface"),
        by_position=rates("CAST(e.position AS TEXT)", "MIN(e.position)"),
        by_version=rates("s.version", join="JOIN searches s ON s.request = e.request"),
    )


def frequent_words(
    store: EventReader, now: float, days: int = 30, least: int = LEAST_SEARCHES
) -> list[tuple[str, int]]:
    """Words that found something that may fit, by how often they were used; for suggestions."""
    sql = (
        "SELECT words, COUNT(*) FROM searches WHERE way = 'words' AND start = 0 AND found > 0"
        " AND COALESCE(relevance, 1) >= ? AND time >= ?"
        " GROUP BY words HAVING COUNT(*) >= ? ORDER BY 2 DESC, 1 LIMIT 1000"
    )
    since = int(now - days * DAY_S)
    return [(str(words), int(count)) for words, count in store.rows(sql, UNLIKELY, since, least)]
