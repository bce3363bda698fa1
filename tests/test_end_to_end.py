"""From a catalogue file to an HTTP answer, by the commands of the README and the real encoder."""

import io
from collections import Counter
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from PIL import Image

from tests.support.paths import REAL_PRODUCTS
from tests.support.running_service import running_service, twinset


@pytest.fixture(scope="module", params=["auto", pytest.param("milvus", marks=pytest.mark.long)])
def shop(request, compact, embedded_sample, tmp_path_factory):
    """A service over a rendered catalogue, with its vectors in files or on milvus-lite: (client,
    rows, process)."""
    folder = tmp_path_factory.mktemp("shop")
    (catalogue, embeddings), index = embedded_sample, folder / "index"
    with pytest.MonkeyPatch.context() as place:
        place.setenv("TWINSET_MILVUS_URI", str(folder / "milvus.db"))
        build = ("--kind", request.param, "--embeddings", embeddings, "--catalog", catalogue)
        twinset("build", *build, "--out", index)
        with running_service(compact, index) as (client, process):
            yield client, pq.read_table(catalogue).to_pylist(), process


def found(response, field="id"):
    assert response.status_code == httpx.codes.OK, response.text
    items = response.json()["items"]
    return [item["id"] if field == "id" else item["item"][field] for item in items]


def test_a_products_own_photo_finds_it_first(shop):
    client, rows, _ = shop
    first = [
        found(client.post("/recommend/by-image", files={"image": row["image"]}))[0]
        for row in rows[::4]
    ]
    right = sum(got == row["id"] for got, row in zip(first, rows[::4], strict=True))
    assert right >= 0.95 * len(first)


def test_words_find_the_type_and_the_colour(shop):
    client, _, _ = shop
    kinds = {"backpack": "Backpacks", "wrist watch": "Watches", "sunglasses": "Sunglasses"}
    for words, kind in kinds.items():
        answer = client.post("/recommend/by-text", json={"query": words, "limit": 1})
        assert found(answer, "articleType") == [kind]
    for colour in ("Black", "White"):
        query = {"query": f"{colour.lower()} shoes", "limit": 1}
        answer = client.post("/recommend/by-text", json=query)
        assert found(answer, "baseColour") == [colour]


def test_similar_items_share_the_type_and_leave_the_item_out(shop):
    client, rows, _ = shop
    agreed = Counter()
    for row in rows[::8]:
        answer = client.get(f"/items/{row['id']}/similar", params={"limit": 3})
        assert row["id"] not in found(answer)
        kinds = found(answer, "articleType")
        agreed.update(kind == row["articleType"] for kind in kinds)
    assert agreed[True] >= 0.6 * agreed.total()


def test_pictures_come_back_byte_for_byte(shop):
    client, rows, _ = shop
    answer = client.get(f"/items/{rows[5]['id']}/image")
    assert answer.content == rows[5]["image"]
    assert answer.headers["content-type"] == "image/jpeg"


def test_the_service_loads_neither_torch_nor_transformers(shop):
    mapped = Path(f"/proc/{shop[2].pid}/maps").read_text()
    assert "openvino" in mapped
    assert "torch" not in mapped


@pytest.fixture(scope="module")
def real_shop(compact, tmp_path_factory):
    """A service over 500 real products and 40 more watches; `make real` runs all 37,774. Gives
    (client, rows)."""
    if not REAL_PRODUCTS.exists():
        pytest.skip("needs the Fashion Product Images data")
    folder = tmp_path_factory.mktemp("real")
    source, catalogue = folder / "products.parquet", folder / "catalog.parquet"
    file = next(iter(sorted(REAL_PRODUCTS.glob("products-*.parquet"))))
    products = pq.read_table(file)
    watches = products.slice(500).filter(pc.field("articleType") == "Watches").slice(0, 40)
    pq.write_table(pa.concat_tables([products.slice(0, 500), watches]), source)
    twinset("import", source, catalogue)
    twinset("export", "--encoder", compact, "--catalog", catalogue, "--out", folder / "emb")
    twinset(
        "build", "--embeddings", folder / "emb", "--catalog", catalogue, "--out", folder / "idx"
    )
    with running_service(compact, folder / "idx") as (client, _):
        yield client, pq.read_table(catalogue).to_pylist()


def test_own_photos_find_their_products(real_shop):
    client, rows = real_shop
    pictures = {row["id"]: row["image"] for row in rows}
    asked = rows[::15]
    first = [
        found(client.post("/recommend/by-image", files={"image": row["image"]}))[0] for row in asked
    ]
    right = sum(pictures[g] == r["image"] for g, r in zip(first, asked, strict=True))
    assert right >= 0.99 * len(asked)


def test_the_nearest_of_a_watch_are_watches(real_shop):
    client, rows = real_shop
    watch = next(row for row in rows if row["articleType"] == "Watches")
    answer = client.get(f"/items/{watch['id']}/similar")
    assert found(answer, "articleType").count("Watches") >= 9


def test_a_recompressed_photo_still_finds_the_product(real_shop):
    client, rows = real_shop
    buffer = io.BytesIO()
    Image.open(io.BytesIO(rows[7]["image"])).convert("RGB").resize((240, 320)).save(
        buffer, "WEBP", quality=60
    )
    answer = client.post("/recommend/by-image", files={"image": buffer.getvalue()})
    assert rows[7]["id"] in found(answer)[:3]
