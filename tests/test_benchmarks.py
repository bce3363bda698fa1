"""The parts of the benchmarks that could lie: the load client, and what is written to the page."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.indexes.milvus_sizes import index_sizes
from benchmarks.markdown_report import MarkdownTable
from benchmarks.quality.altered_photos import shopper_photo
from benchmarks.record import Inputs, commands, filled
from benchmarks.service.load import Plan, get, post_image, post_json, run_load
from benchmarks.service.load_queries import infinity_calls, service_calls
from benchmarks.service.mixed import mixed
from tests.support.paths import ROOT
from tests.support.small_shop import Server, open_shop, picture
from twinset.encoders import HashEncoder

PAGE = (ROOT / "docs" / "benchmarks.md").read_text()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    from app.recommend.recommender import Recommender
    from app.settings import Settings
    from app.state import State

    encoder, state = HashEncoder(32), State(Settings())
    version = open_shop(tmp_path_factory.mktemp("shop"), encoder)
    state.recommender = Recommender(encoder, version, state.settings, state.metrics)
    with Server(state) as address:
        yield address


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (get("/items/p1/similar"), 200),
        (get("/items/none/similar"), 404),
        (post_json("/recommend/by-text", {"query": "red shoe"}), 200),
        (post_image("/recommend/by-image", picture(1)), 200),
        (post_image("/recommend/by-image", b"none"), 415),
    ],
)
def test_the_client_counts_what_is_answered(address, request_bytes, status):
    result = run_load(address, lambda _: request_bytes, Plan(2, 2, warm_up=0.1))
    assert set(result.statuses) == {status}
    assert len(result.latencies) == result.statuses[status] > 1
    assert (result.rate > 0) == (status == 200)
    assert bool(result.failures) == (status != 200)


def test_the_client_keeps_a_rate(address):
    plan = Plan(4, 3, warm_up=0.5, rate=20)
    result = run_load(address, lambda _: get("/livez"), plan)
    # A machine under load may fall behind; more than was asked for it must never send.
    assert 0 < result.rate < 30


def test_a_connection_that_breaks_is_a_failure(address):
    result = run_load(address, lambda _: b"nonsense\r\n\r\n", Plan(1, 2, warm_up=0))
    assert result.failures
    assert not result.rate


def test_every_request_of_a_load_differs():
    for kind in (*service_calls([str(n) for n in range(100)]), *infinity_calls("m")):
        assert len({kind.requests(n) for n in range(100)}) == 100


def test_a_load_repeats_nothing_of_the_one_before(address):
    asked = []

    def request(number):
        asked.append(number)
        return get("/livez")

    for clients in (1, 3):
        run_load(address, request, Plan(clients, 0.3, warm_up=0.1))
    assert len(set(asked)) == len(asked) > 2


def test_the_mix_holds_every_call():
    requests = mixed(service_calls(["a", "b"]))
    heads = [requests(n).split(b" HTTP")[0] for n in range(10)]
    assert sum(b"similar" in head for head in heads) == 6
    assert sum(b"by-image" in head for head in heads) == 2


def test_results_are_written_to_their_place_alone(tmp_path):
    names = commands(Inputs(tmp_path, tmp_path, tmp_path, tmp_path, "", quick=False))
    page = PAGE
    for name in names:
        page = filled(page, name, f"results \\1 of <{name}>")
    for name in names:
        assert page.count(f"results \\1 of <{name}>") == 1
    again = filled(page, "photo", "new")
    assert "of <photo>" not in again
    assert again.count("of <mixed>") == 1
    with pytest.raises(ValueError, match="no place"):
        filled(PAGE, "nothing", "")


def test_a_table_is_markdown():
    table = MarkdownTable("a", "b")
    table.add(1, "x")
    assert str(table) == "| a | b |\n| --- | --- |\n| 1 | x |"


def test_a_shoppers_photo_has_another_backdrop_and_keeps_a_white_product():
    studio = Image.new("RGB", (224, 224), "white")
    ImageDraw.Draw(studio).rectangle((60, 60, 163, 163), "white", (20, 20, 20), 6)
    photos = [shopper_photo(studio, np.random.default_rng(seed)) for seed in range(6)]
    again = shopper_photo(studio, np.random.default_rng(0))
    assert np.array_equal(np.asarray(photos[0]), np.asarray(again))
    for photo in photos:
        pixels = np.asarray(photo, float).mean(axis=2)
        middle = pixels[len(pixels) // 2 - 15 :][:30, photo.width // 2 - 15 :][:, :30]
        border = np.concatenate([pixels[:4].ravel(), pixels[-4:].ravel()])
        assert middle.mean() > border.mean() + 10
        assert middle.std() < 12  # plain, not the scene behind it


def test_sizes_in_milvus_grow_with_vectors_and_fields():
    small, large = index_sizes(256, 100), index_sizes(512, 150)
    assert small["IVF_SQ8"].memory == 256 + 8 + 100
    assert large["IVF_SQ8"].memory - small["IVF_SQ8"].memory == 256 + 50
    assert large["HNSW"].memory - small["HNSW"].memory == pytest.approx(1024 + 50)
    # 1,252 bytes a node, three to a sector; 2,276, one to a sector.
    assert (small["DISKANN"].disk, large["DISKANN"].disk) == (4096 / 3, 4096)
