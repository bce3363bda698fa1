"""What spares work: kept embeddings, conditional answers, JSON written without validation."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import orjson
import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app.api.wire.answer_schemas import ItemList, Recommendations
from app.concurrency.batching import Batcher
from app.concurrency.pools import BoundedPool
from app.http.bodies.body_limits import BodyLimit
from app.recommend.item_json import ItemJsonCache, item_values
from app.recommend.recommender import Recommender
from app.service_errors import Overloaded
from app.settings import Settings
from app.state import State
from tests.support.small_shop import Server, open_shop, picture
from twinset.encoders import HashEncoder


class CountingEncoder(HashEncoder):
    """Knows how many images and texts it was given; slow enough for requests to meet."""

    def __init__(self) -> None:
        super().__init__(32)
        self.images = self.texts = 0

    def encode_images(self, images: Sequence[Any]) -> np.ndarray:
        self.images += len(images)
        time.sleep(0.05)
        return super().encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += len(texts)
        return super().encode_texts(texts)


@pytest.fixture
def counting(tmp_path: Path) -> tuple[State, CountingEncoder]:
    encoder, state = CountingEncoder(), State(Settings(index=tmp_path))
    version = open_shop(tmp_path, encoder)
    encoder.images = encoder.texts = 0
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    return state, encoder


def metric(address: str, line: str) -> float:
    lines = httpx.get(f"{address}/metrics").text.splitlines()
    return float(next(x for x in lines if x.startswith(line)).rsplit(" ", 1)[1])


def test_the_same_photo_is_encoded_once(counting: tuple[State, CountingEncoder]) -> None:
    state, encoder = counting

    async def ask(address: str) -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            files = {"image": picture(1)}
            calls = [client.post("/recommend/by-image", files=files) for _ in range(6)]
            # The box is part of what is encoded.
            part = client.post(
                "/recommend/by-image", files=files, data={"box": "0,0,0.5,1", "limit": "3"}
            )
            return await asyncio.gather(*calls, part)

    with Server(state) as address:
        *answers, part = asyncio.run(ask(address))
        assert {answer.status_code for answer in (*answers, part)} == {200}
        found = [[item["id"] for item in answer.json()["items"]] for answer in answers]
        assert found.count(found[0]) == len(found)
        assert encoder.images == 2
        again = httpx.post(f"{address}/recommend/by-image", files={"image": picture(1)})
        assert [item["id"] for item in again.json()["items"]] == found[0]
        assert encoder.images == 2
        counted = 'twinset_embeddings_total{outcome="%s",side="image"}'
        assert metric(address, counted % "miss") == 2
        # The six came together, so that each made its page; the seventh has another box.
        assert metric(address, 'twinset_pages_total{outcome="miss"}') == 7
        assert metric(address, 'twinset_pages_total{outcome="hit"}') == 1


def test_the_same_words_are_encoded_once(counting: tuple[State, CountingEncoder]) -> None:
    state, encoder = counting
    with Server(state) as address:
        answers = [
            httpx.post(f"{address}/recommend/by-text", json={"query": query}).json()["items"]
            for query in ("red shoe", " red shoe ", "blue shoe", "red shoe")
        ]
    assert encoder.texts == 2
    assert answers[0] == answers[1] == answers[3] != answers[2]


def test_a_list_of_words_is_kept_until_the_synonyms_change(
    counting: tuple[State, CountingEncoder],
) -> None:
    state, _ = counting
    assert state.recommender is not None
    synonyms, kept = state.recommender.synonyms, 'twinset_pages_total{outcome="%s"}'

    def ask(address: str, **more: Any) -> Any:
        answer = httpx.post(f"{address}/recommend/by-text", json={"query": "zog", **more}).json()
        return [item["id"] for item in answer["items"]], answer.get("understood", {})

    with Server(state) as address:
        first = ask(address)
        assert ask(address) == first
        assert (metric(address, kept % "miss"), metric(address, kept % "hit")) == (1, 1)
        assert ask(address, limit=3)[0] == first[0][:3]
        ask(address, understand=False)
        assert metric(address, kept % "miss") == 3
        synonyms.write(["zog, shoe"])
        changed = ask(address)
        assert changed[1] != first[1]
        assert ask(address) == changed
        assert (metric(address, kept % "miss"), metric(address, kept % "hit")) == (4, 2)


def test_a_similar_list_is_304_for_who_holds_it(client: httpx.Client) -> None:
    first = client.get("/items/p1/similar", params={"limit": 3})
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    packed = [f'{tag[:-1]}{suffix}"' for suffix in ("-gzip", "--gzip", "-br", "-zstd")]
    for named in (*packed, packed[0].removeprefix("W/")):  # as proxies write it
        held = {"if-none-match": named}
        assert client.get("/items/p1/similar?limit=3", headers=held).status_code == 304
    held = {"if-none-match": f'"other", {tag}'}
    again = client.get("/items/p1/similar", params={"limit": 3}, headers=held)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for path, params in (("p1", {"limit": 4}), ("p2", {"limit": 3})):
        other = client.get(f"/items/{path}/similar", params=params, headers=held)
        assert other.status_code == 200
        assert other.headers["etag"] != tag
    assert client.get("/items/none/similar", headers={"if-none-match": "*"}).status_code == 404


def test_another_version_has_other_tags(
    counting: tuple[State, CountingEncoder], client: httpx.Client
) -> None:
    state, _ = counting  # another encoder over the same items
    with Server(state) as address:
        other = httpx.get(f"{address}/items/p1/similar").headers["etag"]
    assert other != client.get("/items/p1/similar").headers["etag"]


@pytest.mark.parametrize("query", ["", "&fields=title", "&group_by=group_id", "&fields=image_url"])
def test_what_is_written_is_what_the_models_would_write(client: httpx.Client, query: str) -> None:
    for model, path in ((Recommendations, "/items/p1/similar"), (ItemList, "/items")):
        body = client.get(f"{path}?limit=30{query}").json()
        validated = model.model_validate(body, strict=True)
        assert validated.model_dump(mode="json", exclude_unset=True) == body


def test_kept_items_are_bounded_and_right(state: State) -> None:
    assert state.recommender is not None
    version = state.recommender.version
    fragments = ItemJsonCache(1000)
    for _ in range(2):
        for row in range(len(version)):
            [written] = fragments.entries(version, [(row, {"rank": row})])
            entry = orjson.loads(orjson.dumps(written))
            values = item_values(version, row)
            assert entry == {"id": version.items.id_of(row), "item": values, "rank": row}
    assert 0 < fragments._kept[version.items].size <= 1000
    [named] = fragments.entries(version, [(0, {})], ["title"])
    assert orjson.loads(orjson.dumps(named))["item"] == {"title": item_values(version, 0)["title"]}


def test_what_waits_too_long_for_the_encoder_is_refused() -> None:
    has_it, let_go = threading.Event(), threading.Event()

    def slow(texts: Sequence[str]) -> np.ndarray:
        has_it.set()
        assert let_go.wait(60)
        return np.zeros((len(texts), 1), np.float32)

    async def ask(batcher: Batcher[str]) -> list[object]:
        first = asyncio.create_task(batcher.submit("a"))
        assert await asyncio.to_thread(has_it.wait, 60)
        return await held_up(first, batcher.submit("b", time.monotonic() - 59.9), let_go)

    batcher = Batcher(slow, 8, 8, max_wait_s=60)
    first, late = asyncio.run(ask(batcher))
    batcher.close()
    assert isinstance(first, np.ndarray)
    assert isinstance(late, Overloaded)


async def held_up(
    first: Awaitable[object], late: Awaitable[object], let_go: threading.Event
) -> list[object]:
    """What became of both if the first is done when the second has waited a tenth too long."""
    both = asyncio.gather(first, late, return_exceptions=True)
    await asyncio.sleep(0.2)
    let_go.set()
    return await both


def test_what_waits_too_long_for_a_thread_is_refused() -> None:
    let_go = threading.Event()

    async def ask(pool: BoundedPool) -> list[object]:
        first = asyncio.create_task(pool.run(lambda: let_go.wait(60)))
        await asyncio.sleep(0)
        return await held_up(first, pool.run(list, time.monotonic() - 59.9), let_go)

    pool = BoundedPool("test", 1, 8, max_wait_s=60)
    first, late = asyncio.run(ask(pool))
    pool.close()
    assert first is True
    assert isinstance(late, Overloaded)


@pytest.mark.parametrize("full", [True, False])
def test_an_upload_is_refused_before_it_is_read(full: bool) -> None:
    read: list[str] = []
    sent: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await Response()(scope, receive, send)

    async def receive() -> Message:
        read.append("body")
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    path = "/recommend/by-image"
    scope = {"type": "http", "path": path, "headers": headers, "state": {"request_id": "1"}}
    limit = BodyLimit(app, limit=1000, held=1000, full=lambda: full)
    with pytest.raises(Overloaded) if full else nullcontext():
        asyncio.run(limit(scope, receive, send))
    assert (sent == [], read) == (full, [] if full else ["body"])


def test_both_queues_share_one_deadline() -> None:
    def encode(texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), 1), np.float32)

    batcher = Batcher(encode, 8, 8, max_wait_s=60)
    with pytest.raises(Overloaded):
        asyncio.run(batcher.submit("a", time.monotonic() - 1))
    batcher.close()
    pool = BoundedPool("p", 1, 1, max_wait_s=60)
    assert not pool.is_full
    with pytest.raises(Overloaded):
        asyncio.run(pool.run(lambda: None, time.monotonic() - 1))
    pool.close()
