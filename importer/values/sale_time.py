"""Sales that have a time: before it and after it the regular price counts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from itertools import product
from typing import Any

from importer.reading.feed_date import parse_date
from importer.values.dates import DateColumn, is_date, is_never
from importer.values.kinds import BadValue, clean

# `11/1/26`, as Magento writes days.
_SHORT_YEAR = re.compile(r"^(\d{1,2}([./])\d{1,2}\2)(\d{2})(?=\D|$)")


def is_on(start: Any, end: Any) -> bool:
    """True if now lies between two dates, and a date that cannot be read keeps the regular price.

    For readers that see one row at a time; see `is_within`.
    """
    dates = DateColumn()
    for one in (start, end):
        add_date(dates, one)
    try:
        return is_within(start, end, dates, datetime.now(UTC))
    except BadValue:
        return False


def add_date(dates: DateColumn, value: Any) -> None:
    """Take a sale's start or end into account for how dates are written."""
    if isinstance(value, str) and is_date(text := _with_century(value.strip())):
        dates.add(text)


def is_within(start: Any, end: Any, dates: DateColumn, now: datetime) -> bool:
    """True if `now` lies between two dates; a side that is blank is open.

    An end without a time of the day is that day's last moment. `dates` has seen the dates of the
    feed, or of the row if there is no more to see.

    Raises:
        BadValue: if a side says something that is no date, or it depends on which part of a date is
            the month and nothing says so.
    """
    begun = {_moment(one, time.min) <= now for one in _readings(start, dates)} or {True}
    ended = {_moment(one, time.max) < now for one in _readings(end, dates)} or {False}
    answers = {one and not other for one, other in product(begun, ended)}
    if len(answers) > 1:
        raise BadValue("a sale's start or end can be read in two ways, so the regular price counts")
    return answers.pop()


def _moment(found: date, of_day: time) -> datetime:
    return found if isinstance(found, datetime) else datetime.combine(found, of_day, UTC)


def _readings(value: Any, dates: DateColumn) -> list[date]:
    """What a side may mean; nothing if it is open."""
    plain = clean(value)
    text = "" if plain in (None, False) else _with_century(str(plain))
    if text in ("", "0") or is_never(text):
        return []
    found = dates.readings(text) if is_date(text) else []
    other = None if found else parse_date(text)
    if other is not None:
        found = [other if ":" in text else other.date()]
    if not found:
        raise BadValue("a sale's start or end is not a date, so the regular price counts")
    return found


def _with_century(text: str) -> str:
    return _SHORT_YEAR.sub(r"\g<1>20\3", text, count=1)
