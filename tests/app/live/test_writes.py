"""Writing items over HTTP: what is stored, what is seen, what is refused."""

from __future__ import annotations

import base64
import json
import socket
import time
from typing import Any

import httpx
import pytest

from tests.support.live_service import COUNT, KEY, Place, serving
from tests.support.live_shop import embed, picture
from tests.support.raw_client import check
from twinset.encoders import HashEncoder
from twinset.index.index_versions import current_version

RED = {"title": "red striped dress", "price": 19.5, "gender": "Women", "baseColour": "red"}


def image(seed: int) -> str:
    return base64.b64encode(picture(seed)).decode()


def by_image(client: httpx.Client, seed: int, **fields: Any) -> list[str]:
    files = {"image": picture(seed)}
    answer = client.post("/recommend/by-image", files=files, data=fields)
    return [item["id"] for item in answer.json()["items"]]


def batch(client: httpx.Client, *lines: Any, **headers: str) -> httpx.Response:
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    headers = {"Content-Type": "application/x-ndjson", **headers}
    return client.post("/items/batch", content=body, headers=headers)


def test_a_new_item_is_found_at_once(client: httpx.Client) -> None:
    answer = client.put("/items/n1", json={**RED, "image": image(901)})
    assert answer.status_code == 201
    assert answer.json()["id"] == "n1"
    assert by_image(client, 901)[0] == "n1"
    item = client.get("/items/n1").json()["item"]
    assert item["price"] == 19.5
    assert item["year"] is None
    assert client.get("/items/n1/image").content == picture(901)
    assert client.get("/items", params={"filter": "price = 19.5"}).json()["total"] == 1
    assert "n1" not in by_image(client, 901, exclude_ids="n1")
    assert client.get("/items/n1/similar").status_code == 200
    assert client.get("/items").json()["total"] == COUNT + 1


def test_an_item_needs_an_image_or_words_and_one_is_enough(client: httpx.Client) -> None:
    assert client.put("/items/worded", json={"title": "velvet cape"}).status_code == 201
    found = client.post("/recommend/by-text", json={"query": "velvet cape"}).json()["items"]
    assert found[0]["id"] == "worded"
    assert client.put("/items/seen", json={"image": image(902)}).status_code == 201
    assert by_image(client, 902)[0] == "seen"
    check(client.put("/items/nothing", json={"price": 3}), 422, "invalid_input")
    check(client.patch("/items/seen", json={"image": None}), 422, "invalid_input")
    check(client.get("/items/nothing"), 404)


def test_put_replaces_and_keeps_the_place(client: httpx.Client) -> None:
    before = client.get("/items", params={"limit": 100}).json()["items"]
    assert client.put("/items/p5", json=RED).status_code == 200
    after = client.get("/items", params={"limit": 100}).json()["items"]
    assert [item["id"] for item in after] == [item["id"] for item in before]
    assert after[5]["item"]["image_url"] is None
    assert after[5]["item"]["description"] is None


def test_a_patch_of_price_or_stock_embeds_nothing(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    encode = HashEncoder.encode_items

    def counted(self: HashEncoder, *sides: Any) -> Any:
        calls.append(len(sides[0]))
        return encode(self, *sides)

    monkeypatch.setattr(HashEncoder, "encode_items", counted)
    before = client.get("/items/p3/similar").json()["items"]
    answer = client.patch("/items/p3", json={"price": 4711, "available": False})
    assert answer.status_code == 200
    assert calls == []
    assert client.get("/items/p3").json()["item"]["price"] == 4711
    assert client.get("/items", params={"filter": "price = 4711"}).json()["total"] == 1
    assert client.get("/items/p3/similar").json()["items"] == before
    client.patch("/items/p3", json={"title": "something else"})
    assert calls == [1]


def test_a_patched_title_moves_the_item(client: httpx.Client) -> None:
    client.patch("/items/p3", json={"title": "velvet cape", "image": None, "description": None})
    found = client.post("/recommend/by-text", json={"query": "velvet cape"}).json()["items"]
    assert (found[0]["id"], round(found[0]["score"], 4)) == ("p3", 1.0)


def test_a_removed_item_is_gone_everywhere(client: httpx.Client) -> None:
    assert client.delete("/items/p3").status_code == 200
    check(client.delete("/items/p3"), 404)
    check(client.get("/items/p3"), 404)
    check(client.get("/items/p3/image"), 404)
    check(client.patch("/items/p3", json={"price": 1}), 404)
    listed = client.get("/items", params={"limit": 100}).json()
    assert listed["total"] == COUNT - 1
    assert "p3" not in [item["id"] for item in listed["items"]]
    assert client.get("/facets").json()["total"] == COUNT - 1
    assert client.put("/items/p3", json=RED).status_code == 201


def test_the_last_item_can_go_and_the_service_stays_ready(client: httpx.Client) -> None:
    lines = [{"op": "delete", "id": f"p{number}"} for number in range(COUNT)]
    assert batch(client, *lines).json()["written"] == COUNT
    assert client.get("/readyz").status_code == 200
    assert client.get("/items").json()["total"] == 0
    grouped = client.post("/recommend/by-text", json={"query": "hat", "group_by": "gender"})
    assert grouped.json()["items"] == []
    assert grouped.json()["page"]["exhausted"]


def test_a_batch_answers_each_line(client: httpx.Client) -> None:
    answer = batch(
        client,
        {"op": "put", "id": "b1", "item": RED},
        "{",
        {"op": "patch", "id": "b1", "item": {"price": 2}},
        {"op": "patch", "id": "none", "item": {"price": 2}},
        {"op": "put", "id": "b2", "item": {"title": "a", "colour": "red"}},
        "",
        {"op": "put", "id": "b3", "item": {"title": "a", "image": "aGk="}},
        {"op": "delete", "id": "p1"},
        {"op": "sell", "id": "p2"},
    )
    assert answer.status_code == 200
    body = answer.json()
    statuses = [result["status"] for result in body["results"]]
    assert statuses == [201, 400, 200, 404, 400, 415, 200, 422]
    ids = [result["id"] for result in body["results"]]
    assert ids == ["b1", "", "b1", "none", "b2", "b3", "p1", "p2"]
    assert (body["written"], body["refused"]) == (3, 5)
    assert client.get("/items/b1").json()["item"]["price"] == 2
    check(client.get("/items/p1"), 404)


def test_a_line_is_named_by_its_id_where_that_could_be_one(shared: httpx.Client) -> None:
    ids: list[Any] = ["\ud800", " a", "a\n", "x" * 257, "", 7, None]
    answer = batch(shared, *[{"op": "delete", "id": item_id} for item_id in ids])
    assert answer.status_code == 200
    assert {(result["id"], result["status"]) for result in answer.json()["results"]} == {("", 422)}


def test_a_batch_has_limits(shared: httpx.Client) -> None:
    check(batch(shared, ""), 422)
    check(batch(shared, *[{"op": "delete", "id": "x"}] * 1001), 422)
    check(shared.post("/items/batch", json={}), 415)


def test_the_same_key_writes_once(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "order-1"}
    first = client.put("/items/n1", json=RED, headers=headers)
    client.delete("/items/n1")
    again = client.put("/items/n1", json=RED, headers=headers)
    assert (again.status_code, again.json()["sequence"]) == (201, first.json()["sequence"])
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    check(client.get("/items/n1"), 404)
    other = client.put("/items/n1", json={**RED, "price": 1}, headers=headers)
    check(other, 422, "idempotency_key_reused")
    assert client.put("/v1/items/n1", json=RED, headers=headers).status_code == 201
    lines = [{"op": "put", "id": "n2", "item": RED}, {"op": "delete", "id": "none"}]
    answers = [batch(client, *lines, **{"Idempotency-Key": "b"}).json() for _ in range(2)]
    assert answers[0]["results"] == answers[1]["results"]
    assert answers[0]["results"][1]["status"] == 404


def test_a_refused_write_can_be_tried_again_with_its_key(client: httpx.Client) -> None:
    headers = {"Idempotency-Key": "k"}
    check(client.patch("/items/n1", json={"price": 1}, headers=headers), 404)
    client.put("/items/n1", json=RED)
    assert client.patch("/items/n1", json={"price": 1}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ('{"title": "a", "colour": "red"}', 400),
        ("{", 400),
        (b'{"title": "\xff"}', 400),
        ("[" * 100_000, 400),
        ('{"title": "a", "price": ' + "9" * 5000 + "}", 400),
        ("[]", 422),
        ('{"title": "a", "price": NaN}', 422),
        ('{"title": "a", "price": 1e999}', 422),
        ('{"title": "a", "year": 1e999}', 422),
        ('{"title": "a", "price": ' + "9" * 400 + "}", 422),
        ('{"title": "a", "price": -1}', 422),
        ('{"title": "a", "price": "12"}', 422),
        ('{"title": "a", "price": true}', 422),
        ('{"title": "a", "year": 2019.5}', 422),
        ('{"title": "a", "year": 99999999999999999999}', 422),
        ('{"title": "a", "available": 1}', 422),
        ('{"title": 7}', 422),
        ('{"title": "\\ud800"}', 422),
        ('{"title": "' + "a" * 20_001 + '"}', 422),
        ('{"title": "a", "id": "other"}', 422),
        ('{"title": "a", "image": "not base64!"}', 422),
        ('{"title": "a", "image": 7}', 422),
        ('{"title": "a", "image": "aGVsbG8="}', 415),
        ('{"title": "a", "image": "' + base64.b64encode(picture(1)[:60]).decode() + '"}', 422),
    ],
)
def test_bad_documents(shared: httpx.Client, document: bytes | str, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    check(shared.put("/items/bad", content=document, headers=headers), status)
    check(shared.get("/items/bad"), 404)
    assert shared.put("/items/good", json=RED).status_code in (200, 201)


@pytest.mark.parametrize("path", ["%00", "a%09b", "%20a", "x" * 257, "%C3%A9" * 129])
def test_bad_ids(shared: httpx.Client, path: str) -> None:
    check(shared.put(f"/items/{path}", json=RED), 422)


def test_ids_may_hold_slashes(shared: httpx.Client) -> None:
    assert shared.put("/items/odd%2Fid%20%C3%BC", json=RED).status_code == 201
    assert shared.get("/items/odd%2Fid%20%C3%BC").json()["id"] == "odd/id ü"
    assert shared.delete("/items/odd%2Fid%20%C3%BC").status_code == 200


ROUTES = [
    ("PUT", "/items/p1"),
    ("PATCH", "/items/p1"),
    ("DELETE", "/items/p1"),
    ("POST", "/items/batch"),
    ("GET", "/indexes"),
    ("POST", "/indexes/20261123T120501Z-1a2b3c4d/activate"),
    ("POST", "/indexes/rollback"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "header", [b"", b"Bearer", b"Bearer wrong", b"Basic " + KEY.encode(), b"Bearer \xe9\xff",
               b"Bearer " + b"x" * 8000, b"Bearer " + KEY.encode() + b"x"],
)  # fmt: skip
def test_admin_routes_need_the_key(
    shared: httpx.Client, method: str, path: str, header: bytes
) -> None:
    answer = shared.request(method, path, headers={"Authorization": header}, content=b"{")
    check(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_without_a_key_there_are_no_admin_routes(place: Place) -> None:
    with serving(place, admin_key=None) as client:
        for method, path in ROUTES:
            check(client.request(method, path), 404, "not_found")
    assert not (place.index / "live.sqlite").exists()


def test_the_key_is_checked_before_the_body_is_read(shared: httpx.Client) -> None:
    address = (shared.base_url.host, shared.base_url.port)
    with socket.create_connection(address, timeout=5) as connection:
        connection.sendall(b"PUT /items/p1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 401")  # nothing of the body was sent


def test_a_restart_shows_what_was_written_and_equals_a_rebuild(place: Place) -> None:
    with serving(place) as client:
        client.put("/items/n1", json={**RED, "image": image(903)})
        client.patch("/items/p4", json={"price": 1.5, "title": "velvet cape"})
        client.patch("/items/n1", json={"year": 2020})
        client.delete("/items/p5")
        before = answers(client)
    with serving(place) as client:
        assert answers(client) == before


def answers(client: httpx.Client) -> list[Any]:
    listed = client.get("/items", params={"limit": 100}).json()
    found = client.post("/recommend/by-text", json={"query": "red dress", "limit": 100}).json()
    facets = client.get("/facets").json()["facets"]
    return [listed["items"], listed["total"], found["items"], facets, by_image(client, 903)]


def test_another_process_sees_a_write_within_a_second(place: Place) -> None:
    with serving(place) as writer, serving(place) as reader:
        writer.put("/items/n1", json={**RED, "image": image(904)})
        deadline = time.monotonic() + 1
        while by_image(reader, 904)[0] != "n1":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        # And the other way, on an item that both have changed.
        reader.patch("/items/n1", json={"price": 5})
        writer.patch("/items/n1", json={"year": 2018})
        item = writer.get("/items/n1").json()["item"]
        assert (item["price"], item["year"]) == (5, 2018)


def test_a_reader_without_a_key_follows_the_writes(place: Place) -> None:
    with serving(place, admin_key=None) as reader, serving(place) as writer:
        writer.delete("/items/p1")
        deadline = time.monotonic() + 1
        while reader.get("/items/p1").status_code != 404:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_vectors_are_those_of_an_export(client: httpx.Client) -> None:
    """A live item scores as the same item in a catalogue would."""
    client.put("/items/n1", json={**RED, "image": image(905)})
    vector = embed([{**RED, "description": None, "image": picture(905)}]).item[0]
    words = "rouge rayure"  # words that no item has, so that vectors alone decide
    hit = client.post("/recommend/by-text", json={"query": words, "limit": 100}).json()["items"]
    text = HashEncoder(32).encode_texts([words])[0]
    score = next(h["score"] for h in hit if h["id"] == "n1")
    assert score == pytest.approx(float(vector @ text), abs=1e-5)


def test_the_index_list_counts_changes(place: Place, client: httpx.Client) -> None:
    client.patch("/items/p1", json={"price": 1})
    body = client.get("/indexes").json()
    assert body["writes"]["changed"] == 1
    (version,) = body["versions"]
    assert version["version"] == current_version(place.index)
    assert version["live"]
    assert version["items"] == COUNT
