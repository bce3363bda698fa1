"""A service whose vectors lie in Milvus: writes, versions, folding, and a server that is gone."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from index_builder.build import BuildOptions
from index_builder.fold_writes import compact_index
from tests.support.live_service import Place, serving
from tests.support.live_shop import ENCODER, build, products
from tests.support.raw_client import check
from twinset.index.index_versions import current_version
from twinset.index.milvus.milvus_connection import MilvusAddress, connect
from twinset.index.shared.version_line import list_versions


@pytest.fixture
def shop(tmp_path: Path, milvus: MilvusAddress) -> Place:
    build(tmp_path / "shop", products(40), options=BuildOptions("milvus"))
    ENCODER.save(tmp_path / "shop" / "encoder")
    return Place(tmp_path / "shop" / "encoder", tmp_path / "shop" / "index")


def found(client: httpx.Client, words: str, **fields: object) -> list[str]:
    fields = {"query": words, "limit": 100, "same": "all", **fields}
    answer = client.post("/recommend/by-text", json=fields)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def live_collection(milvus: MilvusAddress) -> str:
    return str(connect(milvus).describe_alias("twinset")["collection_name"])


def collection_of(version: str) -> str:
    return "twinset_" + version.replace("-", "_")


def test_writes_are_found_filtered_and_folded(shop: Place, milvus: MilvusAddress) -> None:
    before = current_version(shop.index)
    cheap = "price < 5"
    with serving(shop) as client:
        assert found(client, "hat", filter=cheap) == []
        client.put("/items/new", json={"title": "green velvet hat", "price": 4.0})
        assert client.patch("/items/p3", json={"price": 3.0}).status_code == 200
        assert client.delete("/items/p5").status_code in (200, 204)
        assert found(client, "green velvet hat")[0] == "new"
        assert sorted(found(client, "hat", filter=cheap)) == ["new", "p3"]
        assert "p5" not in found(client, "hat")
        lists = found(client, "hat"), found(client, "dress", filter="price >= 20")
    report = compact_index(shop.encoder, shop.index, keep=3)
    assert report is not None
    assert report.kind == "milvus"
    assert current_version(shop.index) == report.version != before
    assert live_collection(milvus) == collection_of(report.version)
    with serving(shop) as client:
        assert (found(client, "hat"), found(client, "dress", filter="price >= 20")) == lists


def applied(client: httpx.Client) -> int:
    """Wait until Milvus holds every write; gives how many items differ from the version."""
    deadline = time.monotonic() + 20
    while (writes := client.get("/indexes").json()["writes"])["unapplied"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return int(writes["changed"])


def test_writes_are_applied_to_milvus_and_answers_stay(shop: Place, milvus: MilvusAddress) -> None:
    def lists(client: httpx.Client) -> list[list[str]]:
        fields = ({}, {"filter": "price < 30"}, {"group_by": "group_id"}, {"offset": 20})
        return [found(client, "green velvet hat", **more) for more in fields]

    with serving(shop) as client:
        client.put("/items/new", json={"title": "green velvet hat", "price": 4.0})
        client.patch("/items/p3", json={"price": 3.0})
        client.delete("/items/p5")
        before = lists(client)
        assert applied(client) == 3
        assert lists(client) == before
        name = next(n for n in connect(milvus).list_collections() if "_live_" in n)
        assert name.startswith(collection_of(current_version(shop.index)))
        rows = connect(milvus).query(name, filter="row >= 0", output_fields=["row"])
        assert sorted(hit["row"] for hit in rows) == [3, 40]
        similar = client.get("/items/new/similar").json()["items"]
        client.patch("/items/new", json={"price": 50.0})  # written again, before it is applied
        assert found(client, "green velvet hat", filter="price = 50") == ["new"]
    with serving(shop) as client:
        assert client.get("/items/new/similar").json()["items"] == similar
        assert applied(client) == 3
        assert found(client, "green velvet hat", filter="price = 50") == ["new"]
        assert found(client, "green velvet hat")[0] == "new"


def test_an_alias_that_a_crash_left_behind_follows_at_the_start(
    shop: Place, milvus: MilvusAddress
) -> None:
    first = current_version(shop.index)
    build(shop.index.parent, products(44), options=BuildOptions("milvus", activate=False))
    second = list_versions(shop.index)[-1]
    connect(milvus).alter_alias(collection_of(second), "twinset")  # and CURRENT was not written
    with serving(shop) as client:
        assert live_collection(milvus) == collection_of(first)
        assert len(found(client, "hat")) == 40


def test_a_version_goes_live_and_back_with_its_collection(
    shop: Place, milvus: MilvusAddress
) -> None:
    first = current_version(shop.index)
    build(shop.index.parent, products(44), options=BuildOptions("milvus", activate=False))
    second = list_versions(shop.index)[-1]
    with serving(shop) as client:
        assert live_collection(milvus) == collection_of(first)
        answer = client.post(f"/indexes/{second}/activate")
        assert answer.status_code == 200, answer.text
        assert live_collection(milvus) == collection_of(second)
        assert len(found(client, "hat")) == 44
        client.post("/indexes/rollback")
        assert live_collection(milvus) == collection_of(first)
        assert len(found(client, "hat")) == 40


def test_a_server_that_is_gone_is_a_503_and_reads_go_on(shop: Place, milvus: MilvusAddress) -> None:
    with serving(shop) as client:
        assert client.get("/readyz").status_code == 200
        name = live_collection(milvus)
        connect(milvus).drop_alias("twinset")
        connect(milvus).rename_collection(name, "elsewhere")
        check(client.post("/recommend/by-text", json={"query": "hat"}), 503, "not_ready")
        check(client.get("/readyz"), 503, "not_ready")
        assert client.get("/items").json()["total"] == 40
        connect(milvus).rename_collection("elsewhere", name)
        connect(milvus).load_collection(name)
        assert len(found(client, "hat")) == 40
