"""Taking events and reporting on them, over HTTP, with a service that is killed in between."""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import httpx
import pytest

from tests.support.live_service import KEY, Place, serving
from tests.support.raw_client import check
from tests.support.running_service import running_service
from twinset.events.event_store import EVENTS_FILE

ADMIN = {"Authorization": f"Bearer {KEY}"}


def event(kind="seen", request="r1", item="p1", **more):
    return {"kind": kind, "request_id": request, "item_id": item, **more}


def test_without_the_setting_there_are_no_such_addresses(place: Place) -> None:
    with serving(place) as client:
        check(client.post("/events", json={"events": [event()]}), 404, "not_found")
        check(client.get("/analytics"), 404, "not_found")
    assert not (place.index / EVENTS_FILE).exists()


def test_searches_and_what_came_of_them_are_counted(place: Place) -> None:
    with serving(place, events=True) as client:
        for _ in range(5):
            answer = client.post("/recommend/by-text", json={"query": "Red  dress"}).json()
        first = answer["items"][0]
        seen = [
            event(request=answer["request_id"], item=hit["id"], position=hit["rank"], surface="w")
            for hit in answer["items"]
        ]
        click = event("click", answer["request_id"], first["id"], position=1, surface="w")
        taken = client.post("/events", json={"events": [*seen, click]})
        assert taken.status_code == 202
        assert taken.json()["received"] == len(seen) + 1
        client.get(f"/items/{first['id']}/similar")
        report = client.get("/analytics").json()
        assert report["top"][0] | {"best": None, "relevance": None, "low": 0} == {
            "words": "red dress",
            "searches": 5,
            "nothing": 0,
            "low": 0,
            "clicked": 1,
            "best": None,
            "relevance": None,
        }
        assert report["by_surface"] == [
            {
                "key": "w",
                "seen": len(seen),
                "clicks": 1,
                "baskets": 0,
                "bought": 0,
                "click_through": 1 / len(seen),
            }
        ]
        assert report["by_day"][0] | {"day": ""} == {
            "day": "",
            "words": 5,
            "photo": 0,
            "item": 1,
            "blend": 0,
        }
        assert client.get("/analytics", params={"days": 0}).status_code == 422
        stranger = httpx.get(str(client.base_url) + "/analytics")
        check(stranger, 401, "unauthorized")


def test_a_beacon_is_text_and_wrong_events_are_refused(place: Place) -> None:
    with serving(place, events=True) as client:
        plain = {"Content-Type": "text/plain;charset=UTF-8"}
        body = json.dumps({"events": [event("click")]})
        assert client.post("/events", content=body, headers=plain).status_code == 202
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        check(client.post("/events", content=body, headers=form), 415, "unsupported_media_type")
        for wrong in (
            event("liked"),
            event(request="has space"),
            event(item=""),
            event(position=-1),
            event(surface="<b>"),
            event(user="anna"),
        ):
            refused = client.post("/events", json={"events": [wrong]})
            check(refused, 422, "invalid_request")
        check(client.post("/events", json={"events": []}), 422, "invalid_request")
        many = [event(item=f"p{n}") for n in range(101)]
        check(client.post("/events", json={"events": many}), 422, "invalid_request")
        assert client.get("/analytics").json()["events"] == 1


def script(random: Random, count: int) -> list[dict]:
    """Events of which each is different from the others."""
    made = []
    for number in range(count):
        made.append(event(request=f"r{number}", item="p", position=1 + number % 10, surface="s"))
        if random.random() < 0.1:
            made.append(made[-1] | {"kind": "click"})
    return made


@pytest.mark.faults
def test_no_event_is_lost_or_counted_twice_if_the_service_is_killed(
    place: Place, full: bool, tmp_path: Path
) -> None:
    random = Random(5)
    events = script(random, 91_000 if full else 2_000)
    batches = [events[n : n + 100] for n in range(0, len(events), 100)]
    kills = set(random.sample(range(len(batches)), 20 if full else 2))
    environment = {"TWINSET_EVENTS": "true", "TWINSET_ADMIN_KEY": KEY}
    waiting = list(enumerate(batches))
    while waiting:
        with running_service(place.encoder, place.index, environment=environment) as (client, run):
            while waiting:
                number, batch = waiting[0]
                if number in kills:
                    kills.remove(number)
                    sent = client.build_request("POST", "/events", json={"events": batch})
                    if random.random() < 0.5:  # killed after the answer, which a page never saw
                        client.send(sent)
                    os.kill(run.pid, signal.SIGKILL)
                    run.wait()
                    break
                assert client.post("/events", json={"events": batch}).status_code == 202
                waiting.pop(0)
            else:
                report = client.get("/analytics", headers=ADMIN).json()
    clicks = sum(one["kind"] == "click" for one in events)
    (rate,) = report["by_surface"]
    assert (rate["seen"], rate["clicks"]) == (len(events) - clicks, clicks)
    assert rate["click_through"] == clicks / (len(events) - clicks)


def test_many_pages_send_at_once(place: Place) -> None:
    with serving(place, events=True) as client:
        before = time.perf_counter()

        def send(number: int) -> int:
            batch = [event(request=f"r{number}", item=f"p{n}") for n in range(20)]
            return client.post("/events", json={"events": batch}).status_code

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(send, range(200))) == {202}
        assert client.get("/analytics").json()["events"] == 4000
        assert time.perf_counter() - before < 60
