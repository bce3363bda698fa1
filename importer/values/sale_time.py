"""Sales that have a time: before it and after it the regular price counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from importer.reading.feed_date import parse_date


def is_on(start: Any, end: Any) -> bool:
    """True if now lies between two dates; a side that is blank, or no date, is open.

    An end without a time of the day is that day's last moment.
    """
    begins, ends = (parse_date(str(one or "").strip()) for one in (start, end))
    now = datetime.now(UTC)
    if ends is not None and len(str(end).strip()) <= len("2026-11-30"):
        ends += timedelta(days=1)
    return (begins is None or begins <= now) and (ends is None or now <= ends)
