"""Random searches of every route with `explain`: the parts of each score add up to it."""

from __future__ import annotations

import base64
import json
import random
from typing import Any

import httpx
import pytest

from tests.support.small_shop import ODD_ID, picture

SHORT, FULL = 150, 5000
IDS = [*(f"p{n}" for n in range(24)), ODD_ID]
TEXT = "red blue shirt for men women dress under 25 not black cotton mystery cheap p7"
EDITS = ("in red", "for men", "cheaper", "in vermilion, for women", "not black", "more elegant")
# What the parts of an exact index are called; "order" is for approximate ones alone.
KNOWN = {"words", "lexical", "preference", "photo", "item", "edited", "changes and kept values"}
KNOWN |= {"positive", "negative", "liked", "disliked", "no picture"}


def options(chance: random.Random) -> dict[str, Any]:
    """Common fields, each now and then."""
    given = {
        "offset": chance.choice([1, 7]),
        "filter": chance.choice(['gender = "Women"', "price < 25", 'baseColour != "black"']),
        "liked": chance.sample(IDS, 2),
        "disliked": chance.sample(IDS, 2),
        "diversity": chance.choice([0.3, 0.9]),
        "group_by": chance.choice(["group_id", "baseColour"]),
        "min_score": chance.choice([0.0, 0.2]),
        "sort": chance.choice(["price", "-baseColour"]),
    }
    kept = {name: value for name, value in given.items() if chance.random() < 0.25}
    return {"explain": True, "limit": chance.choice([3, 30]), **kept}


def signal(chance: random.Random) -> dict[str, Any]:
    return chance.choice(
        [
            {"item_id": chance.choice(IDS)},
            {"text": text(chance), "weight": chance.choice([0.5, 2.0])},
            {"image": base64.b64encode(picture(chance.randrange(40))).decode()},
        ]
    )


def text(chance: random.Random) -> str:
    return " ".join(chance.sample(TEXT.split(), chance.randrange(1, 5)))


def search(chance: random.Random) -> dict[str, Any]:
    """An entry of a batch: a random search of a random route."""
    asked, edit = options(chance), {}
    if chance.random() < 0.5:
        edit = {"edit": chance.choice([*EDITS, text(chance)])}
    match chance.randrange(4):
        case 0:
            return {"route": "by-text", "query": text(chance), **asked}
        case 1:
            return {"route": "similar", "id": chance.choice(IDS), **asked, **edit}
        case 2:
            image = base64.b64encode(picture(chance.randrange(40))).decode()
            return {"route": "by-image", "image": image, **asked, **edit}
    positive = [signal(chance) for _ in range(chance.randrange(1, 4))]
    negative = [{"item_id": chance.choice(IDS)} for _ in range(chance.randrange(2))]
    return {"route": "recommend", "positive": positive, "negative": negative, **asked, **edit}


def test_the_parts_of_every_score_add_up_to_it(client: httpx.Client, full: bool) -> None:
    chance, explained, routes = random.Random(4), 0, set()
    for _ in range((FULL if full else SHORT) // 10):
        entries = [search(chance) for _ in range(10)]
        answer = client.post("/recommend/batch", json={"requests": entries}, timeout=60).json()
        for entry, result in zip(entries, answer["results"], strict=True):
            assert result["status"] == 200, (json.dumps(entry)[:500], result)
            for hit in result["answer"]["items"]:
                parts = hit["explain"]
                assert sum(part["value"] for part in parts) == pytest.approx(hit["score"], abs=1e-4)
                assert {part["part"] for part in parts} <= KNOWN
                explained += 1
                routes.add(entry["route"])
    assert explained > 100
    assert len(routes) == 4
