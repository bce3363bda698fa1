"""When a shop wrote its feed: by what the feed says, else by the time of its file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

_HEAD = 64 * 1024
_STATED = re.compile(rb"<(?:lastBuildDate|pubDate|updated|dc:date)[^>]*>\s*([^<]{8,40}?)\s*<")
_FIRST_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry|product)[\s>]")


def feed_date(files: Sequence[Path]) -> datetime | None:
    """The latest date of a feed's files, not later than now; None without a file.

    RSS and Atom state it above their items. A file that was fetched has the time of the answer's
    Last-Modified, one that was unpacked the time of its archive.
    """
    dates = [_stated(path) or datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files]
    return min(max(dates), datetime.now(UTC)) if dates else None


def _stated(path: Path) -> datetime | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if b"<" not in head[:64]:
        return None
    first = _FIRST_ITEM.search(head)
    found = _STATED.search(head[: first.start()] if first else head)
    return None if found is None else parse_date(found[1].decode("ascii", "replace"))


def parse_date(text: str) -> datetime | None:
    """A date as mail headers, HTTP, RSS (`Fri, 06 Nov 2026 04:15:00 GMT`) or ISO 8601 write it."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return in_utc(read(text.strip()))
        except (TypeError, ValueError, OverflowError):
            continue
    return None


def in_utc(moment: datetime) -> datetime:
    """A moment in UTC, in which one without a time zone is taken to be.

    Shops that mean "always" write the calendar's first or last day. Such a moment may lie outside
    the calendar elsewhere, and then keeps its own clock.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return moment.replace(tzinfo=UTC)
