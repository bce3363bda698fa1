"""Queries as shoppers type them, asked of the sample shop with the encoder that ships."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.running_service import running_service

KEY = "0123456789abcdef-words"
Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def shop(compact: Path, sample_shop: tuple[Path, Rows]) -> Iterator[httpx.Client]:
    with running_service(compact, sample_shop[0]) as (client, _):
        yield client


def found(shop: httpx.Client, query: str, limit: int = 10, **more: Any) -> list[dict[str, Any]]:
    """The items of an answer, best first."""
    body = {"query": query, "limit": limit, **more}
    answer = shop.post("/recommend/by-text", json=body)
    assert answer.status_code == 200, answer.text
    return [hit["item"] for hit in answer.json()["items"]]


def share(items: list[dict[str, Any]], field: str, *values: str) -> float:
    return sum(item[field] in values for item in items) / len(items)


FOOTWEAR = ("Shoes", "Sandal", "Flip Flops")


@pytest.mark.parametrize(
    ("query", "field", "values"),
    [
        # A letter missing, doubled, replaced, swapped; a gap lost.
        ("sungalsses", "articleType", ("Sunglasses",)),
        ("sunglases", "articleType", ("Sunglasses",)),
        ("wathces", "articleType", ("Watches",)),
        ("bakcpack", "articleType", ("Backpacks",)),
        ("walllet", "articleType", ("Wallets",)),
        ("dreses", "articleType", ("Dresses",)),
        ("jaket", "articleType", ("Jackets",)),
        ("hanbags", "articleType", ("Handbags",)),
        ("trowsers", "articleType", ("Trousers",)),
        ("blak watches", "articleType", ("Watches",)),
        # Short slips that look like words of other languages.
        ("jens", "articleType", ("Jeans",)),
        ("hees", "articleType", ("Heels",)),
        ("cas", "articleType", ("Caps",)),
        # British, American, compound.
        ("rucksack", "articleType", ("Backpacks",)),
        ("t-shirt", "articleType", ("Tshirts",)),
        ("tee shirt", "articleType", ("Tshirts",)),
        ("T Shirts", "articleType", ("Tshirts",)),
        ("hand bag", "articleType", ("Handbags",)),
        ("pocketbook", "articleType", ("Handbags",)),
        ("slacks", "articleType", ("Trousers",)),
        ("frock", "articleType", ("Dresses",)),
        ("sun glasses", "articleType", ("Sunglasses",)),
        ("billfold", "articleType", ("Wallets",)),
        ("wristwatch", "articleType", ("Watches",)),
        # Whom it is for.
        ("shoes for men", "gender", ("Men", "Unisex")),
        ("ladies' shoes", "gender", ("Women", "Unisex")),
        ("women's tops", "gender", ("Women", "Unisex")),
        ("gents shirts", "gender", ("Men", "Unisex")),
        ("shoes for kids", "gender", ("Boys", "Girls", "Unisex")),
        ("mens shirts", "gender", ("Men", "Unisex")),
        ("shirts for my husband", "gender", ("Men", "Unisex")),
        # Kinds.
        ("shoes", "subCategory", FOOTWEAR),
        ("dress shoes", "subCategory", FOOTWEAR),
    ],
)
def test_the_first_places_are_what_is_meant(
    shop: httpx.Client, sample_shop: tuple[Path, Rows], query: str, field: str, values: tuple[str]
) -> None:
    there = sum(row[field] in values for row in sample_shop[1].values())
    assert there
    assert share(found(shop, query, limit=min(4, there)), field, *values) >= 0.75


@pytest.mark.parametrize(
    ("query", "field", "unwanted"),
    [
        ("shoes not black", "baseColour", ("Black",)),
        ("non-black shoes", "baseColour", ("Black",)),
        ("shoes except black", "baseColour", ("Black",)),
        ("anything but black shoes", "baseColour", ("Black",)),
        ("bags, no brown", "baseColour", ("Brown",)),
        ("shirts that are not white or blue", "baseColour", ("White", "Blue", "Navy Blue")),
        ("watches but not for men", "gender", ("Men",)),
        ("dresses without stripes", "pattern", ("Striped",)),
        ("tops not floral, not red", "pattern", ("Floral",)),
        ("jackets excluding grey", "baseColour", ("Grey",)),
        ("shoes other than sandals", "articleType", ("Sandals",)),
    ],
)
def test_what_is_not_wanted_does_not_come(
    shop: httpx.Client, query: str, field: str, unwanted: tuple[str]
) -> None:
    assert share(found(shop, query), field, *unwanted) == 0


@pytest.mark.parametrize(
    ("query", "low", "high"),
    [
        ("dress under 50", 0, 50),
        ("watches less than 90 euro", 0, 90),
        ("shoes 40-80 euro", 40, 80),
        ("bags between 30 and 60", 30, 60),
        ("shoes over 60", 60, 1e9),
        ("watch from 50 to 100", 50, 100),
        ("shirts max 40", 0, 40),
        ("tops $20-$40", 20, 40),
        ("at least 70 shoes", 70, 1e9),
        ("blak shoes for men under 90", 0, 90),
        ("shirt over 20 but under 60", 20, 60),
    ],
)
def test_prices_are_obeyed(shop: httpx.Client, query: str, low: float, high: float) -> None:
    items = found(shop, query)
    assert items
    assert all(low <= item["price"] <= high for item in items)


def test_stock_is_obeyed(shop: httpx.Client) -> None:
    items = found(shop, "shoes in stock")
    assert items
    assert all(item["available"] for item in items)


def test_no_title_is_corrected(shop: httpx.Client, sample_shop: tuple[Path, Rows]) -> None:
    for row in list(sample_shop[1].values())[:60]:
        answer = shop.post("/recommend/by-text", json={"query": row["title"], "limit": 1}).json()
        assert answer.get("understood", {}).get("corrected", []) == []


def test_plain_words_are_not_corrected(shop: httpx.Client) -> None:
    for query in ("something for a beach wedding", "cosy winter gift", "501", "office outfit"):
        answer = shop.post("/recommend/by-text", json={"query": query, "limit": 1}).json()
        assert answer.get("understood", {}).get("corrected", []) == []


def test_a_name_that_is_written_live_is_known_at_once(
    compact: Path, sample_shop: tuple[Path, Rows], tmp_path: Path
) -> None:
    index = tmp_path / "index"
    index.mkdir()
    for path in sample_shop[0].iterdir():
        if not path.name.startswith(("live", ".")):
            (index / path.name).symlink_to(path)
    (index / "CURRENT").unlink()
    (index / "CURRENT").write_text((sample_shop[0] / "CURRENT").read_text())
    with running_service(compact, index, environment={"TWINSET_ADMIN_KEY": KEY}) as (client, _):
        client.headers["Authorization"] = f"Bearer {KEY}"

        def corrected(query: str) -> list[dict[str, str]]:
            body = {"query": query, "lang": "en"}  # a name of no language
            answer = client.post("/recommend/by-text", json=body).json()
            corrections: list[dict[str, str]] = answer.get("understood", {}).get("corrected", [])
            return corrections

        assert corrected("zorblaxx") == []
        item = {"title": "Zorblax Women Cerise Dress", "baseColour": "Cerise", "brand": "Zorblax"}
        assert client.put("/items/new-1", json=item).status_code == 201
        assert corrected("zorblaxx") == [{"from": "zorblaxx", "to": "zorblax"}]
        assert client.get("/suggest?q=zorb").json()["suggestions"][0]["text"] == "zorblax"
        answer = client.post("/recommend/by-text", json={"query": "dress not cerise"}).json()
        assert answer["understood"]["unwanted"][0]["values"] == ["Cerise"]
        assert "new-1" not in [hit["id"] for hit in answer["items"]]
        assert client.delete("/items/new-1").status_code == 200
        assert corrected("zorblaxx") == []
        assert client.get("/suggest?q=zorb").json()["suggestions"] == []
