"""Who did what: noted with the change itself, without keys, and there after a restart."""

from __future__ import annotations

import hashlib
import time

import httpx

from index_builder.fold_writes import compact_index
from tests.support.further_versions import STAGED, newer
from tests.support.live_service import COUNT, KEY, Place, serving
from tests.support.live_shop import products
from tests.support.raw_client import check
from twinset.index.index_versions import current_version
from twinset.live.write_log import LOG_FILE
from twinset.store import audit_trail

HASH = hashlib.sha256(KEY.encode()).hexdigest()[:8]


def acts(client: httpx.Client) -> list[tuple[str, str, str]]:
    """(who, kind, subject), newest first."""
    answer = client.get("/trail")
    assert answer.status_code == 200, answer.text
    return [(one["who"], one["kind"], one["subject"]) for one in answer.json()["acts"]]


def test_every_kind_of_act_is_noted_and_outlasts_a_restart(place: Place) -> None:
    anna = {"X-Operator": "Anna"}
    first = current_version(place.index)
    second = newer(place, products(COUNT + 1), STAGED)
    with serving(place) as client:
        client.post(f"/indexes/{second}/activate", headers=anna).raise_for_status()
        client.post("/indexes/rollback").raise_for_status()
        client.put("/synonyms", json={"lines": ["tee, t-shirt"]}, headers=anna).raise_for_status()
        client.delete("/synonyms").raise_for_status()
        client.delete("/items/p3").raise_for_status()
        client.patch("/items/p4", json={"available": False}, headers=anna).raise_for_status()
        lines = '{"op": "delete", "id": "p5"}\n{"op": "patch", "id": "p6", "item": {"price": 1}}\n'
        headers = {"Content-Type": "application/x-ndjson"}
        client.post("/items/batch", content=lines, headers=headers).raise_for_status()
        told = acts(client)
    assert told == [
        (f"key {HASH}", "remove", ""),
        (f"Anna, key {HASH}", "edit", "p4"),
        (f"key {HASH}", "remove", "p3"),
        (f"key {HASH}", "synonyms_reset", ""),
        (f"Anna, key {HASH}", "synonyms", ""),
        (f"key {HASH}", "rollback", first),
        (f"Anna, key {HASH}", "activate", second),
    ]
    assert compact_index(place.encoder, place.index, 3) is not None
    with serving(place) as client:
        again = acts(client)
        assert again[0][:2] == ("twinset compact", "compaction")
        assert again[1:] == told
        assert len(client.get("/trail?limit=2").json()["acts"]) == 2
    assert KEY.encode() not in (place.index / LOG_FILE).read_bytes()


def test_programs_that_write_all_day_leave_no_trail_and_no_name_is_a_key(place: Place) -> None:
    with serving(place) as client:
        client.patch("/items/p1", json={"price": 3}).raise_for_status()
        client.put("/items/p2", json={"title": "new"}).raise_for_status()
        assert acts(client) == []
        for name in (KEY, f"me {KEY}", "<b>", "x" * 41, "a\x7fb"):
            client.delete("/items/p1", headers={"X-Operator": name})
            client.put("/items/p1", json={"title": "again"})
        assert {who for who, _, _ in acts(client)} == {f"key {HASH}"}


def test_what_was_refused_is_not_noted(place: Place) -> None:
    with serving(place) as client:
        check(client.delete("/items/none"), 404, "not_found")
        check(client.post("/indexes/20200101T000000Z-00000000/activate"), 404, "not_found")
        assert acts(client) == []
        check(client.get("/trail", headers={"Authorization": "Bearer wrong"}), 401, "unauthorized")


def test_the_oldest_acts_go_first(place: Place, monkeypatch) -> None:
    monkeypatch.setattr(audit_trail, "MOST_KEPT", 3)
    with serving(place) as client:
        for number in range(5):
            client.delete(f"/items/p{number}").raise_for_status()
        assert [subject for _, _, subject in acts(client)] == ["p4", "p3", "p2"]


def test_status_says_what_runs_and_what_it_takes(place: Place) -> None:
    with serving(place) as client:
        found = client.get("/status").json()
        listed = client.get("/indexes").json()["versions"]
    assert (found["version"], found["items"], found["versions"]) == (
        listed[0]["version"],
        listed[0]["items"],
        len(listed),
    )
    held = sum(path.stat().st_size for path in place.index.rglob("*") if path.is_file())
    assert 0.5 * held < found["index_bytes"] < 2 * held
    assert found["free_bytes"] > 0
    assert found["memory_bytes"] > 10_000_000
    assert found["built_at"] < time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
