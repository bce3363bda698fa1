"""Browser keys: never a row outside their filter, never a write, only their origins and rate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from app.settings import Settings
from tests.support.live_service import COUNT, Place, serving
from tests.support.live_shop import COLOURS, WORDS, picture, products

KEY = "a-browser-key-of-a-test"
OPEN_KEY = "another-browser-key-of-a-test"
ORIGIN = "https://shop.example"
FILTER = 'gender = "Women"'
PUBLIC: list[dict[str, Any]] = [
    {"key": KEY, "filter": FILTER, "origins": [ORIGIN], "rate": 100_000},
    {"key": OPEN_KEY, "origins": [ORIGIN], "rate": 0.001},
]
SEEN = {row["id"] for row in products(COUNT) if row["gender"] == "Women"}
HIDDEN = {row["id"] for row in products(COUNT)} - SEEN


@pytest.fixture(params=[True, False], ids=["read keys", "no read keys"])
def service(place: Place, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """A client with the admin key. One item was written, one deleted since the build."""
    keys = {"read_keys": ("a-read-key-of-a-test",)} if request.param else {}
    with serving(place, public_keys=PUBLIC, rate_burst=10_000, **keys) as client:
        client.delete(f"/items/{max(SEEN)}")
        client.patch(f"/items/{min(SEEN)}", json={"gender": "Men"})
        client.patch(f"/items/{min(HIDDEN)}", json={"gender": "Women"})
        yield client


def now_seen() -> set[str]:
    return (SEEN - {max(SEEN), min(SEEN)}) | {min(HIDDEN)}


def ask(service: httpx.Client, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {KEY}", "Origin": ORIGIN, **options.pop("headers", {})}
    return httpx.request(
        method, f"{service.base_url}{path}", headers=headers, timeout=30, **options
    )


def ids_in(answer: Any) -> set[str]:
    """Every id that an answer names, wherever it stands."""
    if isinstance(answer, list):
        return set().union(*map(ids_in, answer)) if answer else set()
    if not isinstance(answer, dict):
        return set()
    own = {answer["id"]} if isinstance(answer.get("id"), str) else set()
    return own.union(answer.get("variants") or (), *map(ids_in, answer.values()))


def options(random: Random) -> dict[str, Any]:
    """Options of a list, often such as would widen it."""
    every: dict[str, Any] = {
        "limit": random.choice((1, 10, 100)),
        "filter": random.choice(
            ('gender = "Men"', 'NOT gender = "Women"', "price > 0", 'gender != "x" OR price > 1')
        ),
        "group_by": random.choice(("group_id", "gender", "baseColour")),
        "min_score": random.choice((-1.0, 0.1)),
        "diversity": random.random(),
        "sort": random.choice(("price", "-price", "relevance")),
        "offset": random.choice((0, 5)),
        "exclude_ids": random.sample(sorted(HIDDEN | SEEN), 2),
    }
    return {name: every[name] for name in random.sample(sorted(every), random.randrange(4))}


def reading(service: httpx.Client, random: Random) -> httpx.Response:
    anything = random.choice(sorted(HIDDEN | SEEN))
    words = " ".join((random.choice(COLOURS), random.choice(WORDS)))
    match random.randrange(6):
        case 0:
            return ask(service, "GET", f"/items/{anything}/similar", params=options(random))
        case 1:
            text = random.choice((words, anything, f"{words} under 30"))
            body = {"query": text, "facets": ["gender"], **options(random)}
            return ask(service, "POST", "/recommend/by-text", json=body)
        case 2:
            form = {n: v for n, v in options(random).items() if n != "exclude_ids"}
            files = {"image": picture(random.randrange(50))}
            return ask(service, "POST", "/recommend/by-image", data=form, files=files)
        case 3:
            signals = [{"item_id": anything}, {"text": words}]
            return ask(service, "POST", "/recommend", json={"positive": signals, **options(random)})
        case 4:
            return ask(service, "GET", f"/v1/items/{anything}")
        case _:
            return ask(service, "GET", f"/items/{anything}/image")


def test_no_answer_holds_a_row_outside_the_filter(service: httpx.Client, full: bool) -> None:
    random, statuses = Random(3), set()
    for _ in range(10_000 if full else 100):
        answer = reading(service, random)
        statuses.add(answer.status_code)
        path = answer.request.url.path
        assert answer.status_code in (200, 400, 404, 422), (path, answer.text)
        if answer.headers["content-type"] == "application/json":
            content = answer.json()
            assert ids_in(content) <= now_seen() | {"kind"}, (path, content)
            for facet in content.get("facets", ()):
                assert [value["value"] for value in facet["values"]] in ([], ["Women"])
        elif answer.status_code == 200:
            assert path.split("/")[-2] in now_seen()
    assert {200, 404} <= statuses


WRITES = (
    ("PUT", "/items/p1"),
    ("PATCH", "/items/p1"),
    ("DELETE", "/items/p1"),
    ("POST", "/items/batch"),
    ("POST", "/indexes/rollback"),
    ("GET", "/indexes"),
    ("GET", "/analytics"),
    ("GET", "/items"),
    ("GET", "/facets"),
    ("GET", "/suggest?q=a"),
    ("POST", "/recommend/batch"),
    ("GET", "/"),
    ("GET", "/search?q=dress"),
    ("GET", "/product/p1"),
    ("POST", "/search"),
)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_everything_else_is_refused(service: httpx.Client, method: str, path: str) -> None:
    for address in (path, f"/v1{path}"):
        answer = ask(service, method, address, content=b"{}" if method != "GET" else None)
        assert answer.status_code == 403
        assert answer.json()["code"] == "forbidden"


def test_a_page_of_another_origin_gets_nothing(service: httpx.Client) -> None:
    for origin in ("https://other.example", "https://shop.example.evil", "null"):
        answer = ask(service, "GET", f"/items/{min(HIDDEN)}/similar", headers={"Origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    answer = ask(service, "GET", f"/items/{min(HIDDEN)}/similar")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN


def test_a_picture_takes_the_key_from_its_address(service: httpx.Client) -> None:
    row = next(r for r in products(COUNT) if r["id"] in now_seen() and r["image"])
    address = f"{service.base_url}/items/{row['id']}/image"
    answer = httpx.get(address, params={"key": KEY, "width": 480})
    assert answer.status_code == 200
    hidden = next(r for r in products(COUNT) if r["id"] in HIDDEN - now_seen() and r["image"])
    address = f"{service.base_url}/items/{hidden['id']}/image"
    assert httpx.get(address, params={"key": KEY}).status_code == 404


def test_a_rate_holds_for_each_key(service: httpx.Client) -> None:
    headers = {"Authorization": f"Bearer {OPEN_KEY}"}
    found = [ask(service, "GET", "/items/p2", headers=headers) for _ in range(25)]
    assert [answer.status_code for answer in found] == [200] * 20 + [429] * 5
    assert int(found[-1].headers["retry-after"]) > 0
    assert ask(service, "GET", f"/items/{min(HIDDEN)}").status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "short"},
        {"origins": []},
        {"origins": ["shop.example"]},
        {"rate": 0},
        {"filter": "gender ="},
        {"writes": True},
    ],
)
def test_a_key_that_is_not_whole_is_refused(place: Place, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        place.settings(public_keys=[{**PUBLIC[0], **wrong}])


def test_keys_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWINSET_PUBLIC_KEYS", json.dumps(PUBLIC))
    settings = Settings()
    assert [key.filter for key in settings.public_keys] == [FILTER, None]
    assert KEY not in repr(settings)
