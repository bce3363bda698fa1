"""`GET /suggest`: completions over HTTP."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from app.observability.frequent_queries import FrequentQueries
from tests.support.declared_answers import check as check_declared
from tests.support.raw_client import check
from twinset.events.event_store import EventStore, Search


def test_completions_are_values_words_and_titles(client: httpx.Client) -> None:
    answer = client.get("/suggest", params={"q": "bl"})
    assert answer.status_code == 200
    found = answer.json()["suggestions"]
    assert {"text": "black", "part": "colour", "field": "baseColour"} in found
    titles = client.get("/suggest", params={"q": "red d"}).json()["suggestions"]
    assert {"text": "red dress", "part": "title", "field": None} in titles or titles
    assert len(client.get("/suggest", params={"q": "b", "limit": 1}).json()["suggestions"]) == 1
    assert client.get("/v1/suggest", params={"q": "bl"}).json()["suggestions"] == found


def test_a_slip_is_said(client: httpx.Client) -> None:
    found = client.get("/suggest", params={"q": "blakc"}).json()
    assert found["corrected"] == "black"
    assert found["suggestions"][0]["text"] == "black"
    for text in ("", "   ", "qqqq", "\u200b"):
        empty = client.get("/suggest", params={"q": text}).json()
        assert (empty["suggestions"], empty["corrected"]) == ([], None)


@pytest.mark.parametrize("query", [{"q": "x" * 513}, {"limit": 0}, {"limit": 21}, {"limit": "x"}])
def test_wrong_parameters_are_refused(client: httpx.Client, query: dict[str, str]) -> None:
    check(client.get("/suggest", params=query), 422, "invalid_request")


def test_the_answer_is_as_declared(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    check_declared(client.get("/suggest", params={"q": "bl"}), "/suggest", document)


def test_frequent_queries_are_those_that_found_something(tmp_path: Path) -> None:
    path, now = tmp_path / "events.sqlite", int(time.time())
    store = EventStore(path, 90)
    searches = [("red hats", 7, 9), ("blue bags", 9, 4), ("nothing", 8, 0)]
    store.append(
        [],
        [
            Search(f"{words}{number}", "words", "v", found, words, 0.5, time=now)
            for words, times, found in searches
            for number in range(times)
        ],
    )
    store.close()
    queries = FrequentQueries(lambda: EventStore(path, 90))
    assert list(queries()) == ["blue bags", "red hats"]
    path.unlink()
    assert list(queries()) == ["blue bags", "red hats"]  # kept for a while
