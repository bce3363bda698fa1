"""Pages by relevance: close matches, what is also similar, and what nothing is close to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.observability.prometheus_metrics import Metrics
from app.recommend.recommender import Recommender
from app.settings import Settings
from app.state import State
from tests.support import small_shop
from tests.support.small_shop import Server, open_shop
from twinset.encoders import HashEncoder
from twinset.words.preferences import USUAL_WEIGHT

# Of the small shop: an item named by its words scores above 0.7, others far below.
CURVE = [[0.2, 0.0], [0.7, 1.0]]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The small shop as if it had been calibrated."""
    with calibrated(tmp_path_factory.mktemp("judged")) as client:
        yield client


@contextmanager
def calibrated(folder: Path) -> Iterator[httpx.Client]:
    encoder, state = HashEncoder(256), State(Settings(), Metrics())
    version = open_shop(folder, encoder)
    curves = dict.fromkeys(("text", "name", "photo", "item", "edit"), CURVE)
    version = replace(version, manifest={"relevance": {"curves": curves}})
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    with Server(state) as address, httpx.Client(base_url=address, timeout=10) as client:
        yield client


def ask(client: httpx.Client, query: str, **more: object) -> dict[str, object]:
    found: dict[str, object] = client.post(
        "/recommend/by-text", json={"query": query, "limit": 25, **more}
    ).json()
    return found


def test_every_hit_says_how_relevant_it_is(judged: httpx.Client) -> None:
    items = ask(judged, "red dress")["items"]
    assert isinstance(items, list)
    shown = [(hit["score"], hit["relevance"]) for hit in items]
    assert [r for _, r in shown] == sorted((r for _, r in shown), reverse=True)
    for score, relevance in shown:
        plain = 1 - (1 - score) / (1 - USUAL_WEIGHT)  # as if the colour counted for nothing
        assert relevance == pytest.approx(min(max((plain - 0.2) / 0.5, 0), 1), abs=1e-3)


def test_a_cut_leaves_out_what_is_less_relevant(judged: httpx.Client) -> None:
    whole = ask(judged, "red dress")["items"]
    cut = ask(judged, "red dress", min_relevance=0.5)["items"]
    assert isinstance(whole, list)
    assert cut == [hit for hit in whole if hit["relevance"] >= 0.5]
    assert len(whole) == len(ask(judged, "red dress", min_relevance=0)["items"])  # type: ignore[arg-type]


def test_nonsense_fits_nothing(judged: httpx.Client) -> None:
    answer = ask(judged, "qwerty asdf")
    assert answer["nothing_fits"] is True
    assert answer["items"]
    none = ask(judged, "qwerty asdf", min_relevance=0.5)
    assert (none["items"], none["nothing_fits"]) == ([], True)
    assert "nothing_fits" not in ask(judged, "red dress")


def test_a_page_parts_close_matches_from_others(judged: httpx.Client) -> None:
    page = judged.get("/search", params={"q": "red dress"}).text
    assert page.index("Close matches") < page.index("Also similar")
    assert "Nothing close" not in page
    nothing = judged.get("/search", params={"q": "qwerty asdf"}).text
    assert "Nothing close to “qwerty asdf” here." in nothing
    assert "The nearest there is" in nothing
    assert "Close matches" not in nothing
    _, _, ways = nothing.partition('<p class="ways-on">')
    assert 'href="/search"' in ways.partition("</p>")[0]


def test_the_first_pictures_alone_are_fetched_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = [{**row, "group_id": row["id"]} for row in small_shop.products()]
    monkeypatch.setattr(small_shop, "products", lambda: single)
    with calibrated(tmp_path) as client:
        page = client.get("/search", params={"q": "red dress"}).text
    frames = page.split('class="frame"')[1:]
    close = page.partition("Also similar")[0].count('class="frame"')
    assert 0 < close < 8 < len(frames)
    assert not any('loading="lazy"' in frame for frame in frames[:8])
    assert any('fetchpriority="high"' in frame for frame in frames[close:8])
    assert not any('fetchpriority="high"' in frame for frame in frames[8:])


def test_an_index_that_was_not_calibrated_parts_nothing(client: httpx.Client) -> None:
    page = client.get("/search", params={"q": "red dress"}).text
    assert "Close matches" not in page
    answer = client.post("/recommend/by-text", json={"query": "red dress"}).json()
    assert "relevance" not in answer["items"][0]
    refused = client.post("/recommend/by-text", json={"query": "red", "min_relevance": 0.5})
    assert refused.status_code == 422
    assert client.post("/recommend/by-text", json={"query": "red", "min_relevance": 0}).is_success


def test_why_is_said_of_the_query_and_not_of_its_first_hit(client: httpx.Client) -> None:
    body = {"query": "blue thing for women", "explain": True, "limit": 25}
    hits = client.post("/recommend/by-text", json=body).json()["items"]
    for hit in hits:
        item = hit["item"]
        told = hit["same"] | hit["differs"]
        assert set(told) <= {"baseColour", "gender"}
        if item.get("baseColour"):
            assert ("baseColour" in hit["same"]) == (item["baseColour"] == "blue")
            assert ("gender" in hit["same"]) == (item["gender"] == "Women")
    edited = client.get("/items/p4/similar", params={"edit": "in blue", "explain": "true"}).json()
    first = edited["items"][0]
    assert first["same"]["baseColour"] == "blue"
    alike = client.get("/items/p4/similar", params={"explain": "true", "limit": 25}).json()
    for hit in alike["items"]:  # p4 is red and for men
        colour = hit["item"].get("baseColour")
        assert colour is None or ("baseColour" in hit["same"]) == (colour == "red")
    plain = client.get("/items/p4/similar").json()["items"][0]
    assert "same" not in plain
