"""The parts behind the routes, and `twinset serve` as a process."""

from __future__ import annotations

import asyncio
import io
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from app.concurrency.batching import Batcher
from app.concurrency.image_decoding import Box, Decoder
from app.concurrency.pools import BoundedPool, Gate
from app.main import create_app
from app.recommend.recommender import Recommender
from app.serve_command import check_address
from app.service_errors import Overloaded
from app.settings import Settings
from app.state import State, drain_on_sigterm
from index_builder.build import BuildOptions, build_index
from tests.support.made_embeddings import write_embeddings
from tests.support.running_service import memory_mb, peak_memory_mb, running_service, twinset
from tests.support.small_shop import Server, open_shop, picture, products
from twinset.catalogue import CatalogueWriter
from twinset.encoders import HashEncoder
from twinset.encoders.dual_encoder import resize_image
from twinset.errors import ArtefactError, ConfigError
from twinset.images.decode import ImageLimits, decode_image
from twinset.index.index_versions import current_version

ENCODER = HashEncoder(32)


def lengths(texts: Sequence[str]) -> np.ndarray:
    if "bad" in texts:
        raise ValueError
    return np.array([[len(text)] for text in texts], np.float32)


def test_a_lone_input_does_not_wait() -> None:
    batcher = Batcher(lengths, 8, 8)
    start = time.perf_counter()
    assert asyncio.run(batcher.submit("four")) == [4]
    assert time.perf_counter() - start < 0.5
    batcher.close()


def test_waiting_inputs_share_a_batch_and_a_full_queue_refuses() -> None:
    free, sizes = threading.Event(), []

    def encode(texts: Sequence[str]) -> np.ndarray:
        free.wait(5)
        sizes.append(len(texts))
        return lengths(texts)

    async def ask(batcher: Batcher[str]) -> list[object]:
        first = asyncio.create_task(batcher.submit("a"))
        while batcher.waiting or not first:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)  # the first is now held by the encoder
        others = [asyncio.create_task(batcher.submit("b" * i)) for i in range(2, 7)]
        await asyncio.sleep(0.01)
        free.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    batcher = Batcher(encode, 8, 4)
    *answers, last = asyncio.run(ask(batcher))
    batcher.close()
    assert [int(row[0]) for row in answers] == [1, 2, 3, 4, 5]
    assert isinstance(last, Overloaded)
    assert sizes == [1, 4]


def test_one_bad_input_does_not_fail_its_neighbours() -> None:
    async def ask(batcher: Batcher[str]) -> list[object]:
        inputs = ("good", "bad", "better")
        return await asyncio.gather(*map(batcher.submit, inputs), return_exceptions=True)

    batcher = Batcher(lengths, 8, 8)
    good, bad, better = asyncio.run(ask(batcher))
    batcher.close()
    assert (good, better) == ([4], [6])
    assert isinstance(bad, ValueError)


def test_a_pool_refuses_more_than_it_may_hold() -> None:
    async def ask(pool: BoundedPool) -> list[object]:
        calls = (pool.run(lambda: time.sleep(0.02)) for _ in range(3))
        return await asyncio.gather(*calls, return_exceptions=True)

    pool = BoundedPool("test", 1, 2)
    first, second, third = asyncio.run(ask(pool))
    pool.close()
    assert (first, second) == (None, None)
    assert isinstance(third, Overloaded)


def test_held_bodies_are_counted_in_bytes_and_given_back() -> None:
    gate = Gate(10)
    with gate.enter(6):
        with pytest.raises(Overloaded), gate.enter(5):
            pass
        with gate.enter(4):
            assert gate.inside == 10
    assert gate.inside == 0


def test_bodies_beyond_what_may_be_held_are_429(tmp_path: Path) -> None:
    state = State(Settings(max_held_bytes=100_000))
    version = open_shop(tmp_path, ENCODER)
    state.recommender = Recommender(ENCODER, version, state.settings, state.metrics)
    large = {"image": picture(1) + bytes(200_000)}
    with Server(state) as address:
        for _ in range(2):
            assert httpx.post(f"{address}/recommend/by-image", files=large).status_code == 429
        small = {"image": picture(1) + bytes(90_000)}
        for _ in range(2):  # what was held is free again
            assert httpx.post(f"{address}/recommend/by-image", files=small).status_code == 200


def test_a_batcher_stops_after_the_batch_that_its_end_came_with() -> None:
    free = threading.Event()

    def encode(texts: Sequence[str]) -> np.ndarray:
        free.wait(5)
        return lengths(texts)

    async def ask(batcher: Batcher[str]) -> list[object]:
        tasks = [asyncio.create_task(batcher.submit("a" * i)) for i in range(1, 4)]
        await asyncio.sleep(0.01)
        closing = threading.Thread(target=batcher.close)
        closing.start()
        free.set()
        answers = await asyncio.gather(*tasks)
        await asyncio.to_thread(closing.join, 5)
        assert not closing.is_alive()
        return list(answers)

    batcher = Batcher(encode, 8, 3)
    assert asyncio.run(ask(batcher)) == [[1], [2], [3]]


@pytest.mark.parametrize(("host", "reason"), [("127.0.0.1", "in use"), ("256.1.1.1", "listen on")])
def test_an_address_that_cannot_be_had_is_refused_in_words(host: str, reason: str) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    with taken, pytest.raises(ConfigError, match=reason):
        check_address(host, taken.getsockname()[1])
    check_address("127.0.0.1", 0)


def test_decoding_prepares_what_the_encoder_would() -> None:
    data = picture(1, "PNG", (800, 1200))
    decoder = Decoder(BoundedPool("test", 1, 1), ImageLimits(), (64, 64))
    prepared = asyncio.run(decoder.decode(data))
    assert np.array_equal(prepared, resize_image(decode_image(data), 64, 64))


@pytest.mark.parametrize(("box", "most"), [(None, 4), ((0.5, 0.5, 0.52, 0.52), 1)])
def test_photos_that_are_decoded_large_take_turns(
    box: Box | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small part of a photo needs all of its pixels: 200 MB for 25 megapixels, in each thread."""
    inside: list[int] = []

    def decode(*_: object) -> Image.Image:
        inside.append(1)
        time.sleep(0.05)
        counts.append(len(inside))
        inside.pop()
        return Image.new("RGB", (640, 640))

    counts: list[int] = []
    monkeypatch.setattr("app.concurrency.image_decoding.decode_image", decode)
    photo = picture(1, "JPEG", (2500, 2000))

    async def ask() -> None:
        pool = BoundedPool("test", 4, 8)
        decoder = Decoder(pool, ImageLimits(), (64, 64))
        await asyncio.gather(*(decoder.decode(photo, box) for _ in range(8)))
        pool.close()

    asyncio.run(ask())
    assert max(counts) <= most
    assert (max(counts) > 1) == (most > 1)


def test_a_full_service_answers_429(tmp_path: Path) -> None:
    state = State(Settings(max_searches=1, max_uploads=1))
    version = open_shop(tmp_path, ENCODER)
    state.recommender = Recommender(ENCODER, version, state.settings, state.metrics)

    async def flood(address: str) -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=address, timeout=30) as client:
            files = {"image": picture(1, size=(2000, 2000))}
            form = {"min_score": "-1"}  # a plain list of so few items would not wait for a thread
            return await asyncio.gather(
                *(client.post("/recommend/by-image", files=files, data=form) for _ in range(20)),
                client.get("/livez"),
            )

    with Server(state) as address:
        *answers, alive = asyncio.run(flood(address))
        assert alive.status_code == 200
        assert {answer.status_code for answer in answers} == {200, 429}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["retry-after"] == "1"
        assert refused.json()["code"] == "overloaded"
        assert httpx.get(f"{address}/items/p1/similar").status_code == 200


def test_draining_fails_readiness_alone(client: httpx.Client, state: State) -> None:
    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        drain_on_sigterm(state)
        signal.raise_signal(signal.SIGTERM)
        assert client.get("/readyz").status_code == 503
        assert client.get("/livez").status_code == 200
    finally:
        signal.signal(signal.SIGTERM, before)
        state.draining = False


def test_a_client_that_leaves_is_no_error(
    address: str, client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = address.removeprefix("http://").split(":")
    head = b"POST /recommend/by-image HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b")
        time.sleep(0.05)
    assert client.get("/livez").status_code == 200
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_sigterm_lets_running_requests_finish(
    artefacts: tuple[Path, Path],
) -> None:
    body = picture(5, size=(3000, 3000))
    with running_service(*artefacts) as (client, process), ThreadPoolExecutor(1) as pool:
        start = time.monotonic()
        running = pool.submit(client.post, "/recommend/by-image", files={"image": body})
        time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert running.result().status_code == 200
        process.wait(15)
        assert time.monotonic() - start < 15


def test_sigterm_does_not_wait_for_a_stalled_client(artefacts: tuple[Path, Path]) -> None:
    head = b"POST /recommend/by-image HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n"
    with running_service(*artefacts) as (client, process):
        address = (client.base_url.host, client.base_url.port)
        with socket.create_connection(address) as connection:
            connection.sendall(head + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n--b")
            time.sleep(0.2)
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(15)
            assert time.monotonic() - start < 15


def test_memory_stays_bounded_and_comes_back(artefacts: tuple[Path, Path]) -> None:
    pixels = np.zeros((5000, 5000, 4), np.uint8)
    pixels[::3] = 200
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    with running_service(*artefacts) as (client, process), ThreadPoolExecutor(12) as pool:
        files = {"image": picture(5)}
        assert client.post("/recommend/by-image", files=files).status_code == 200
        idle = peak_memory_mb(process)
        large = {"image": buffer.getvalue()}
        asked = [pool.submit(client.post, "/recommend/by-image", files=large) for _ in range(12)]
        assert {one.result().status_code for one in asked} <= {200, 429}
        # Two at a time would take 400 MB, and every thread would keep some of its own.
        assert peak_memory_mb(process) < idle + 300
        assert memory_mb(process) < idle + 100


def test_readiness_names_the_file_at_fault() -> None:
    with Server(State(Settings(encoder=Path("nowhere"), index=Path("nowhere")))) as address:
        body = httpx.get(f"{address}/readyz").json()
        assert (body["status"], body["code"]) == (503, "invalid_artefact")
        assert "CURRENT" in body["detail"]
        assert httpx.get(f"{address}/items").status_code == 503
        assert httpx.get(f"{address}/livez").status_code == 200


def test_an_encoder_of_another_kind_is_refused(tmp_path: Path) -> None:
    state, version = State(Settings()), open_shop(tmp_path, ENCODER)
    with pytest.raises(ArtefactError, match=r"manifest\.json.*another encoder"):
        Recommender(HashEncoder(16), version, state.settings, state.metrics)


def test_import_builds_nothing() -> None:
    threads = threading.active_count()
    create_app(Settings())
    assert threading.active_count() == threads


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Encoder and index folders, made by the stages that make them."""
    folder = tmp_path_factory.mktemp("artefacts")
    attributes = {"gender": pa.string(), "baseColour": pa.string()}
    rows = products()
    with CatalogueWriter(folder / "c.parquet", attributes, None) as writer:
        for row in rows:
            writer.write(row)
    pictures = [row.get("image") for row in rows]
    images = [Image.open(io.BytesIO(p)) if isinstance(p, bytes) else None for p in pictures]
    vectors = ENCODER.encode_items(images, [str(row["title"]) for row in rows])
    write_embeddings(folder / "emb", [str(row["id"]) for row in rows], vectors, ENCODER)
    build_index(folder / "emb", folder / "c.parquet", folder / "index", BuildOptions())
    ENCODER.save(folder / "encoder")
    return folder / "encoder", folder / "index"


@pytest.mark.parametrize("workers", [1, 2])
def test_serving_and_stopping(artefacts: tuple[Path, Path], workers: int) -> None:
    with running_service(*artefacts, "--workers", workers) as (client, process):
        files = {"image": picture(5)}
        found = client.post("/recommend/by-image", files=files).json()["items"]
        assert found[0]["id"] == "p5"
        start = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(15)
    assert time.monotonic() - start < 15


@pytest.mark.parametrize("workers", ["1", "2"])
def test_damaged_artefacts_refuse_to_start(
    artefacts: tuple[Path, Path], tmp_path: Path, workers: str
) -> None:
    encoder, index = artefacts
    HashEncoder(16).save(tmp_path / "other")
    other = twinset("serve", "--encoder", tmp_path / "other", "--index", index, check=False)
    assert other.returncode == 1
    file = index / current_version(index) / "index.faiss"
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    try:
        arguments = ("--encoder", encoder, "--index", index, "--workers", workers)
        result = twinset("serve", *arguments, check=False)
    finally:
        file.write_bytes(good)
    assert result.returncode == 1
    assert "index.faiss" in result.stderr
    assert result.stderr.count("\n") == 1


def test_importing_the_service_loads_no_model_library() -> None:
    code = (
        "import app.serve_command, sys;print({'torch', 'transformers', 'faiss'} & set(sys.modules))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    assert output.stdout.strip() == "set()"
