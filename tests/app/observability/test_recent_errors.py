"""The errors of late: which are kept, in what order, and that the log tells of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.observability.recent_errors import ErrorEvent, RecentErrors

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int, status: int) -> ErrorEvent:
    return ErrorEvent(START + timedelta(seconds=number), str(number), "GET", "/items", status, "x")


def test_a_flood_of_callers_errors_leaves_the_services_own() -> None:
    errors = RecentErrors(kept=3)
    for number, status in enumerate([500, 404, 503, 404, 404, 429, 404]):
        errors.add(event(number, status))
    # Three of callers, the two of the service, newest first.
    assert [one.request_id for one in errors.latest()] == ["6", "5", "4", "2", "0"]


def test_an_error_has_its_code_in_the_log(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "twinset.access"):
        client.get("/items?limit=0")
        client.get("/livez")  # the line of the first is written by then
    codes = [getattr(record, "code", None) for record in caplog.records]
    assert codes[0] == "invalid_request"
    assert codes[1:] in ([], [None])
