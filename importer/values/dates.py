"""Dates as feeds write them, as ISO 8601 text: its order is that of time, and filters compare it.

`2026-11-06`, or `2026-11-06T04:15:00Z` in a column in which any value has a time of the day.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from datetime import date, datetime
from email.utils import parsedate_to_datetime

from importer.reading.feed_date import in_utc
from importer.values.kinds import BadValue

_MONTHS = {
    name: number
    for number, names in enumerate(
        """jan january januar janvier enero gennaio
        feb february februar février fevrier febrero febbraio
        mar march märz maerz mars marzo
        apr april avril abril aprile
        may mai mayo maggio
        jun june juni juin junio giugno
        jul july juli juillet julio luglio
        aug august août aout agosto
        sep sept september septembre septiembre settembre
        oct okt october oktober octobre octubre ottobre
        nov november novembre noviembre
        dec dez december dezember décembre diciembre dicembre""".splitlines(),
        start=1,
    )
    for name in names.split()
}
_TIME = r"(?:[T ,]+(?P<time>\d{1,2}:\d{2}.*))?"
_ISO = re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})" + _TIME)
_NUMBERS = re.compile(r"(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4})" + _TIME)
_DAY = r"{}(?:st|nd|rd|th)?"
_DAY_FIRST = _DAY.format(r"(?P<d>\d{1,2})") + r"[. -]+(?:de )?(?P<m>[^\W\d]{3,})\.?"
_MONTH_FIRST = r"(?P<m2>[^\W\d]{3,})\.? " + _DAY.format(r"(?P<d2>\d{1,2})")
_NAMED = re.compile(
    rf"(?:{_DAY_FIRST}|{_MONTH_FIRST})[, -]+(?:de )?(?P<y>\d{{4}}){_TIME}", re.IGNORECASE
)
_MAIL = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d.*")
_CLOCK = re.compile(
    r"(?P<h>\d{1,2}):(?P<min>\d\d)(?::(?P<s>\d\d)(?:[.,]\d+)?)?\s*(?P<half>[AaPp][Mm])?\s*"
    r"(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_NEVER = re.compile(r"0000[-/.]00[-/.]00.*")
_LONGEST = 40


class DateColumn:
    """Reads the dates of one column; `add` sees every value before `read` is asked for one.

    Numbers such as 03/04/2026 are read by the column's other values: if none has a part above 12
    nobody knows which is the month, and `is_clear` is false.
    """

    def __init__(self) -> None:
        self._with_time = False
        self._numbers: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Take a value into account that `is_date` takes for a date."""
        found = _NUMBERS.fullmatch(text)
        if found is not None:
            first, second = int(found["a"]), int(found["b"])
            dotted = found["mark"] == "."  # nobody writes the month before a point
            order = "day" if first > 12 or dotted else "month" if second > 12 else "either"
            self._numbers[order] += 1
        try:
            moment = _moment(text, month_first=self._month_first)
        except BadValue:
            return
        self._with_time |= isinstance(moment, datetime) and moment.time() != datetime.min.time()

    @property
    def is_clear(self) -> bool:
        """True if every value can be read in one way alone."""
        both = self._numbers["day"] and self._numbers["month"]
        unsure = self._numbers["either"] and not (self._numbers["day"] or self._numbers["month"])
        return not (both or unsure)

    def read(self, text: str) -> str | None:
        """The date in ISO 8601, in UTC if it has a time; None for a date of zeros.

        Raises:
            BadValue: if there is no such day.
        """
        if is_never(text):
            return None
        moment = _moment(text, self._month_first)
        if self._with_time and isinstance(moment, datetime):
            return moment.isoformat()[: len("2026-11-06T04:15:00")] + "Z"
        return moment.isoformat()[: len("2026-11-06")]

    def readings(self, text: str) -> list[date]:
        """The days that a text may mean, or the moments in UTC if it has a time: two if nobody
        knows which of its numbers is the month; none if it is a date of zeros or there is no such
        day."""
        is_open = not self.is_clear and _NUMBERS.fullmatch(text) is not None
        found = []
        for month_first in (False, True) if is_open else (self._month_first,):
            with suppress(BadValue):
                found.append(_moment(text, month_first))
        return found

    @property
    def _month_first(self) -> bool:
        return self._numbers["month"] > 0


def is_never(text: str) -> bool:
    """True for a date of zeros, which databases write for none."""
    return _NEVER.fullmatch(text) is not None


def is_date(text: str) -> bool:
    """True if a text has the form of a date."""
    if len(text) > _LONGEST or not any(digit in text for digit in "0123456789"):
        return False
    named = _NAMED.fullmatch(text)
    if named is not None:
        return (named["m"] or named["m2"]).casefold() in _MONTHS
    return any(form.fullmatch(text) for form in (_ISO, _NUMBERS, _MAIL))


def _moment(text: str, month_first: bool) -> date:
    """A date, or a datetime in UTC if the text has a time."""
    try:
        if _MAIL.fullmatch(text):
            return in_utc(parsedate_to_datetime(text))
        return _numbered(text, month_first)
    except (TypeError, ValueError, OverflowError):
        raise BadValue("a date is none of the calendar's") from None


def _numbered(text: str, month_first: bool) -> date:
    if (iso := _ISO.fullmatch(text)) is not None:
        day, time = date(int(iso["y"]), int(iso["m"]), int(iso["d"])), iso["time"]
    elif (numbers := _NUMBERS.fullmatch(text)) is not None:
        first, second = int(numbers["a"]), int(numbers["b"])
        in_month, month = (second, first) if month_first else (first, second)
        day, time = date(int(numbers["y"]), month, in_month), numbers["time"]
    elif (named := _NAMED.fullmatch(text)) is not None:
        month = _MONTHS.get((named["m"] or named["m2"]).casefold(), 0)
        day, time = date(int(named["y"]), month, int(named["d"] or named["d2"])), named["time"]
    else:
        raise ValueError(text)
    return day if time is None else _at(day, time.strip())


def _at(day: date, time: str) -> datetime:
    clock = _CLOCK.fullmatch(time)
    if clock is None:
        raise ValueError(time)
    hour = int(clock["h"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower() == "pm" else 0)
    zone = clock["zone"] or "Z"
    zone = "+0000" if zone in ("Z", "UTC", "GMT") else zone.replace(":", "")
    stamp = f"{day.isoformat()}T{hour:02d}:{clock['min']}:{clock['s'] or '00'}{zone}"
    return in_utc(datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S%z"))
