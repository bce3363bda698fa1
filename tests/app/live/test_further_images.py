"""Items with several pictures: built, written live and folded, a photo finds them by any."""

from __future__ import annotations

import base64
import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from index_builder.build import BuildOptions, build_index
from index_builder.fold_writes import compact_index
from tests.support.live_service import Place, serving
from tests.support.live_shop import ENCODER, Fields, picture, products, write_catalogue
from tests.support.raw_client import check
from training.export.embed_catalogue import embed_catalogue
from twinset.catalogue import Catalogue
from twinset.index.index_versions import open_version

RED = {"title": "red striped dress", "gender": "Women", "baseColour": "red"}
PHOTOS = (700, 703, 704, 801, 811, 812, 3, 5)


def rows() -> list[Fields]:
    shop = products(24)
    for number in (3, 7, 8):
        shop[number]["further_images"] = [picture(700 + number), picture(720 + number)]
    return shop


def make(folder: Path, shop: list[Fields]) -> Place:
    folder.mkdir(parents=True, exist_ok=True)
    catalogue = write_catalogue(folder / "catalog.parquet", shop)
    embed_catalogue(ENCODER, Catalogue(catalogue), folder / "embeddings")
    build_index(folder / "embeddings", catalogue, folder / "index", BuildOptions())
    ENCODER.save(folder / "encoder")
    return Place(folder / "encoder", folder / "index")


@pytest.fixture
def viewed(tmp_path: Path) -> Place:
    return make(tmp_path / "shop", rows())


@pytest.fixture
def client(viewed: Place) -> Iterator[httpx.Client]:
    with serving(viewed) as client:
        yield client


def image(seed: int) -> str:
    return base64.b64encode(picture(seed)).decode()


def found(client: httpx.Client, seed: int, **fields: Any) -> list[dict[str, Any]]:
    answer = client.post(
        "/recommend/by-image",
        files={"image": picture(seed)},
        data={"limit": 100, "same": "all", **fields},
    )
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def first(client: httpx.Client, seed: int) -> tuple[str, str | None]:
    hit = found(client, seed)[0]
    return hit["id"], hit.get("matched_image")


def score(client: httpx.Client, seed: int, item_id: str) -> float:
    return next(float(hit["score"]) for hit in found(client, seed) if hit["id"] == item_id)


def test_a_photo_finds_an_item_by_its_further_picture(client: httpx.Client) -> None:
    assert first(client, 727) == ("p7", "/items/p7/image?view=2")
    assert client.get("/items/p7/image?view=2").content == picture(727)
    assert client.get("/items/p7/image?view=2&width=240").status_code == 200
    pictures = client.get("/items/p7").json()["images"]
    assert pictures[-1] == "/items/p7/image?view=2"
    check(client.get("/items/p7/image?view=3"), 404)
    check(client.get("/items/p7/image?view=17"), 422)
    hits = {hit["id"]: hit for hit in found(client, 727, explain="true")}
    assert "matched_image" not in hits["p1"]
    for hit in hits.values():
        assert sum(part["value"] for part in hit["explain"]) == pytest.approx(
            hit["score"], abs=1e-4
        )


def test_an_item_without_a_main_picture_names_its_further_ones(client: httpx.Client) -> None:
    assert client.patch("/items/p7", json={"image": None, "title": "striped dress"}).is_success
    pictures = client.get("/items/p7").json()["images"]
    assert pictures == ["/items/p7/image?view=1", "/items/p7/image?view=2"]
    assert [client.get(address).content for address in pictures] == [picture(707), picture(727)]
    assert first(client, 727) == ("p7", "/items/p7/image?view=2")
    for seed in (707, 3):
        for hit in found(client, seed, explain="true"):
            matched = hit.get("matched_image")
            assert matched is None or client.get(matched).status_code == 200
            parts = sum(part["value"] for part in hit["explain"])
            assert parts == pytest.approx(hit["score"], abs=1e-4)
            assert {part["part"] for part in hit["explain"]} <= {"photo"}


def test_an_edited_photo_finds_an_item_by_its_further_picture(client: httpx.Client) -> None:
    hits = {hit["id"]: hit for hit in found(client, 727, edit="striped")}
    assert hits["p7"]["matched_image"] == "/items/p7/image?view=2"
    by_main_pictures = client.get("/items/p7/similar", params={"edit": "striped"}).json()["items"]
    assert all("matched_image" not in hit for hit in by_main_pictures)
    exact = {hit["id"]: hit for hit in found(client, 727, edit="striped", explain="true")}
    for hit in exact.values():
        parts = sum(part["value"] for part in hit["explain"])
        assert parts == pytest.approx(hit["score"], abs=1e-4)


def test_the_storefront_shows_the_picture_that_a_photo_found(client: httpx.Client) -> None:
    page = client.post("/search", files={"image": picture(727)}).text
    first, *others = page.split('<li class="tile"')[1:]
    assert 'src="/items/p7/image?view=2&amp;width=480"' in first
    assert "/items/p7/image?view=2&amp;width=960 960w" in first
    assert "As in your photo" in first
    plain = [one for one in others if not re.search('data-id="p[378]"', one)]
    assert len(plain) > 3
    assert all("view=" not in one and "As in your photo" not in one for one in plain)
    assert "view=" not in client.get("/search?like=p7").text


def test_words_and_items_are_compared_as_before(client: httpx.Client, tmp_path: Path) -> None:
    plain = [{k: v for k, v in row.items() if k != "further_images"} for row in rows()]
    asked = ("/recommend/by-text", {"query": "striped dress"})
    with serving(make(tmp_path / "plain", plain)) as without:
        for one, other in (
            (client.post(*asked[:1], json=asked[1]), without.post(*asked[:1], json=asked[1])),
            (client.get("/items/p3/similar"), without.get("/items/p3/similar")),
        ):
            assert [(hit["id"], hit["score"]) for hit in one.json()["items"]] == [
                (hit["id"], hit["score"]) for hit in other.json()["items"]
            ]


def test_live_writes_bring_and_take_further_pictures(client: httpx.Client) -> None:
    item = {**RED, "image": image(800), "further_images": [image(801), image(802)]}
    assert client.put("/items/n1", json=item).status_code == 201
    assert first(client, 802) == ("n1", "/items/n1/image?view=2")
    assert client.get("/items/n1/image?view=1").content == picture(801)
    client.patch("/items/n1", json={"price": 5})
    client.patch("/items/n1", json={"title": "green coat"})
    assert first(client, 802) == ("n1", "/items/n1/image?view=2")
    before = score(client, 802, "n1")
    client.patch("/items/n1", json={"further_images": [image(803)]})
    assert first(client, 803) == ("n1", "/items/n1/image?view=1")
    assert score(client, 802, "n1") < before - 0.05
    client.patch("/items/p7", json={"title": "other words"})
    assert first(client, 727) == ("p7", "/items/p7/image?view=2")
    assert client.get("/items/p7/image?view=2").content == picture(727)
    before = score(client, 727, "p7")
    client.put("/items/p7", json=RED)
    assert score(client, 727, "p7") < before - 0.05
    client.delete("/items/p3")
    assert all(hit["id"] != "p3" for hit in found(client, 703))
    check(client.put("/items/n2", json={"further_images": "no"}), 422)
    check(client.put("/items/n2", json={**RED, "further_images": [image(1)] * 17}), 422)


def test_writes_and_their_folding_answer_as_a_new_build(viewed: Place, tmp_path: Path) -> None:
    shop = copy.deepcopy(rows())
    with serving(viewed) as client:
        client.patch("/items/p8", json={"title": "long hat", "further_images": [image(811)]})
        shop[8] |= {"title": "long hat", "further_images": [picture(811)]}
        client.patch("/items/p3", json={"title": "plain bag"})
        shop[3]["title"] = "plain bag"
        item = {**RED, "image": image(9), "further_images": [image(812)]}
        client.put("/items/n1", json=item)
        shop.append({"id": "n1", **RED, "image": picture(9), "further_images": [picture(812)]})
        client.delete("/items/p7")
        del shop[7]
        live = answers(client)
    with serving(make(tmp_path / "new", shop)) as client:
        built = answers(client)
    assert live == built
    assert compact_index(viewed.encoder, viewed.index, 3) is not None
    version = open_version(viewed.index)
    assert version.views is not None
    assert len(version) == len(shop)
    with serving(viewed) as client:
        assert answers(client) == built
        assert first(client, 812) == ("n1", "/items/n1/image?view=1")
        assert client.get("/items/n1/image?view=1").content == picture(812)


def answers(client: httpx.Client) -> list[list[tuple[str, float, str | None]]]:
    return [
        [(hit["id"], round(hit["score"], 5), hit.get("matched_image")) for hit in hits]
        for hits in (found(client, seed) for seed in PHOTOS)
    ]
