"""The encoder seam: the mock, the shipped encoder, and what a damaged folder says."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tests.support.paths import ROOT
from twinset.artefacts import CHECKSUM
from twinset.encoders import HashEncoder, load_encoder
from twinset.encoders.encoder import fuse, normalise
from twinset.encoders.runtime.batch_shapes import batch_sizes, token_length
from twinset.encoders.runtime.onnx_runtime import PixelScale, Twice, open_model
from twinset.errors import ArtefactError, ConfigError, InvalidInput
from twinset.photo.photo_reading import PhotoReading

RED = Image.new("RGB", (96, 128), (200, 20, 20))
BLUE = Image.new("RGB", (96, 128), (20, 20, 200))


@pytest.fixture(scope="module", params=["hash", "compact"])
def encoder(request, compact):
    return HashEncoder(64) if request.param == "hash" else load_encoder(compact, "cpu")


def test_rows_have_unit_length(encoder):
    for rows in (encoder.encode_images([RED, BLUE]), encoder.encode_texts(["red", "a blue bag"])):
        assert rows.shape == (2, encoder.dimension)
        assert rows.dtype == np.float32
        assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_batch_says_what_single_calls_say(encoder):
    # Not to the bit: another batch size may sum in another order.
    texts = ["red", "a long text about a blue cotton shirt", "bag"]
    alone = np.concatenate([encoder.encode_texts([text]) for text in texts])
    assert (encoder.encode_texts(texts) * alone).sum(axis=1) == pytest.approx(1, abs=5e-3)
    alone = np.concatenate([encoder.encode_images([image]) for image in (RED, BLUE)])
    assert (encoder.encode_images([RED, BLUE]) * alone).sum(axis=1) == pytest.approx(1, abs=5e-3)


def test_items_with_one_side(encoder):
    vectors = encoder.encode_items([RED, None, RED], [None, "red", "red"])
    assert not vectors.text[0].any()
    assert not vectors.image[1].any()
    assert np.allclose(vectors.item[0], vectors.image[0], atol=1e-6)
    assert np.allclose(vectors.item[1], vectors.text[1], atol=1e-6)
    assert np.allclose(np.linalg.norm(vectors.item, axis=1), 1, atol=1e-5)
    with pytest.raises(InvalidInput):
        encoder.encode_items([None], [None])


def test_no_items_are_no_rows(encoder):
    assert encoder.encode_images([]).shape == (0, encoder.dimension)
    assert encoder.encode_texts([]).shape == (0, encoder.dimension)


def test_fusing_is_a_weighted_mean_of_directions():
    one, other = np.array([[1, 0]], np.float32), np.array([[0, 1]], np.float32)
    # 0.8 and 0.2 have length sqrt(0.68).
    assert fuse(one, other, 0.8) == pytest.approx(np.array([[0.8, 0.2]]) / 0.68**0.5)
    assert not normalise(np.zeros((1, 2), np.float32)).any()


def test_the_shipped_encoder_is_small_and_holds_no_pickle(compact):
    files = list(compact.iterdir())
    assert sum(file.stat().st_size for file in files) <= 75_000_000
    assert {file.suffix for file in files} <= {".json", ".onnx", ".npz", ".md"}
    for file in (one for one in files if one.suffix == ".npz"):
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


def test_the_shipped_encoder_reads_photos_and_embeds_as_without_that(compact, tmp_path):
    encoder = load_encoder(compact, "cpu")
    draw = np.random.default_rng(0)
    pictures = [Image.fromarray(draw.integers(0, 256, (192, 144, 3)).astype(np.uint8)), RED]
    readings = [PhotoReading.of_row(row) for row in encoder.read_photos(pictures)]
    plain = np.stack([reading.plain for reading in readings])
    assert (plain * encoder.encode_images(pictures)).sum(axis=1) == pytest.approx(1, abs=5e-3)
    assert all(0 <= reading.familiar <= 1.01 for reading in readings)
    bare = tmp_path / "bare"
    shutil.copytree(compact, bare)
    manifest = json.loads((bare / "encoder.json").read_text())
    for name in ("photo.npz", "photo.onnx"):
        (bare / name).unlink()
        del manifest["files"][name]
    manifest.pop(CHECKSUM)
    (bare / "encoder.json").write_text(json.dumps(manifest))
    without = load_encoder(bare, "cpu")
    assert without.photo_head is None
    assert without.fingerprint == encoder.fingerprint
    same = (without.encode_images(pictures) * encoder.encode_images(pictures)).sum(axis=1)
    assert same == pytest.approx(1, abs=1e-4)


def test_the_shipped_encoder_knows_colours_and_types(compact):
    encoder = load_encoder(compact, "cpu")
    texts = encoder.encode_texts(["Men Black Watch", "Watches", "Women Red Dress"])
    assert texts[0] @ texts[1] > texts[0] @ texts[2]


@pytest.mark.parametrize("file", ["image.onnx", "text.onnx", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_file_is_named(compact, tmp_path, file, damage):
    folder = tmp_path / "encoder"
    shutil.copytree(compact, folder)
    path = folder / file
    data = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    else:
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
    with pytest.raises(ArtefactError, match=file):
        load_encoder(folder, "cpu")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"files": {}}', '{"kind": "index", "files": {}}'])
def test_a_manifest_that_is_none_is_named(tmp_path, text):
    (tmp_path / "encoder.json").write_text(text)
    with pytest.raises(ArtefactError, match=r"encoder\.json"):
        load_encoder(tmp_path)


def test_an_unknown_device_is_refused(compact):
    with pytest.raises(ConfigError, match="auto, cpu, cuda"):
        load_encoder(compact, "quantum")


def test_every_encoder_refuses_an_unknown_device(tmp_path):
    HashEncoder(8).save(tmp_path / "encoder")
    with pytest.raises(ConfigError, match="auto, cpu, cuda"):
        load_encoder(tmp_path / "encoder", "quantum")


def test_a_saved_hash_encoder_loads(tmp_path):
    HashEncoder(32).save(tmp_path / "hash")
    assert load_encoder(tmp_path / "hash").fingerprint == "hash-32"


def described_as(change, compact, tmp_path):
    """A copy of the encoder with another description, which carries no checksum of its own."""
    folder = tmp_path / "encoder"
    shutil.copytree(compact, folder)
    path = folder / "encoder.json"
    manifest = json.loads(path.read_text()) | change
    del manifest[CHECKSUM]
    path.write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": None},
        {"dimension": 100},
        {"dimension": 0},
        {"files": {}},
        {"text": {"max_tokens": 32, "template": "{title.__class__}"}},
        {"item_views": ["whole", "upside-down"]},
        {"item_views": []},
        {"item_views": 3},
        {"image": {"width": 0, "height": 256, "mean": [0, 0, 0], "std": [1, 1, 1]}},
    ],
)
def test_a_description_that_does_not_fit_is_refused(change, compact, tmp_path):
    folder = described_as(change, compact, tmp_path)
    with pytest.raises(ArtefactError, match=r"encoder\.json"):
        load_encoder(folder, "cpu")


def test_pixels_are_scaled_by_channel():
    scale = PixelScale(mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 2.0))
    pixels = np.array([[[[0, 51, 255], [255, 102, 0]]]], np.uint8)  # one row of two pixels
    # (0 - 0.5) / 0.5, (1 - 0.5) / 0.5; (0.2 - 0.25) / 0.25, (0.4 - 0.25) / 0.25; 1 / 2, 0
    expected = [[[-1.0, 1.0]], [[-0.2, 0.6]], [[0.5, 0.0]]]
    assert scale.apply(pixels)[0] == pytest.approx(np.array(expected), abs=1e-6)


def test_a_graph_scales_pixels_as_numpy_does(compact):
    scale = PixelScale(mean=(0.4, 0.5, 0.6), std=(0.2, 0.3, 0.4))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 192, 144, 3), np.uint8)
    inside = open_model(compact / "image.onnx", "cpu", pixels=scale)({"pixels": pixels})
    outside = open_model(compact / "image.onnx", "cpu")({"pixels": scale.apply(pixels)})
    # Not closer: processors with units for it compute in bfloat16.
    assert (np.vecdot(normalise(inside), normalise(outside)) > 0.999).all()


@pytest.mark.parametrize(
    ("threads", "twice"),
    [(2, Twice.WHEN_SEVERAL), (3, Twice.WHEN_SEVERAL), (2, Twice.NEVER)],
)
def test_rows_shared_out_to_threads_are_those_of_one(compact, threads, twice):
    scale = PixelScale((0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    pixels = np.random.default_rng(0).integers(0, 256, (20, 192, 144, 3), np.uint8)
    one, several = (
        open_model(compact / "image.onnx", "cpu", n, scale, twice=twice) for n in (1, threads)
    )
    counts = [1, 2, 3, 4, 7, 20]
    expected = [one({"pixels": pixels[:count]}) for count in counts]
    with ThreadPoolExecutor(4) as pool:  # its buffers are its own, whoever calls beside
        found = list(pool.map(lambda n: several({"pixels": pixels[:n]}), counts * 4))
    for rows, right in zip(found, expected * 4, strict=True):
        np.testing.assert_allclose(rows, right, atol=1e-4)


@pytest.mark.parametrize("becomes", ["gone", "another"])
def test_a_file_that_changes_after_it_was_opened_is_not_read_again(compact, tmp_path, becomes):
    file = tmp_path / "image.onnx"
    file.write_bytes((compact / "image.onnx").read_bytes())
    scale = PixelScale((0.5, 0.4, 0.3), (0.2, 0.3, 0.4))
    pixels = np.random.default_rng(0).integers(0, 256, (5, 192, 144, 3), np.uint8)
    model = open_model(file, "cpu", 2, scale)
    expected = np.concatenate([model({"pixels": one[None]}) for one in pixels])
    file.unlink()
    if becomes == "another":
        file.write_bytes((compact / "photo.onnx").read_bytes())
    np.testing.assert_allclose(model({"pixels": pixels}), expected, atol=1e-4)


def test_a_text_is_read_alike_whatever_texts_come_with_it(compact):
    encoder = load_encoder(compact, "cpu")
    garments = ("shirt", "a pair of dark blue jeans with a wide leg", "red dress", "hat")
    texts = [f"{garment} {number}" for number in range(7) for garment in garments]
    alone = np.concatenate([encoder.encode_texts([text]) for text in texts])
    for count in (2, 3, 9, len(texts)):
        np.testing.assert_array_equal(encoder.encode_texts(texts[:count]), alone[:count])


def test_an_items_picture_is_the_mean_of_its_views(compact, tmp_path):
    views = {"item_views": ["whole", "mirrored", "centre"]}
    encoder = load_encoder(described_as(views, compact, tmp_path), "cpu")
    images = [Image.effect_noise((100, 200), 90).convert("RGB") for _ in range(3)]
    expected = []
    for image in images:
        mirrored = Image.fromarray(np.asarray(image)[:, ::-1])
        rows = encoder.encode_images([image, mirrored, image.crop((6, 12, 94, 188))])
        expected.append(rows.sum(axis=0) / np.linalg.norm(rows.sum(axis=0)))
    vectors = encoder.encode_items([*images, None], ["red"] * 4)
    assert np.allclose(vectors.image[:3], expected, atol=2e-3)
    assert not vectors.image[3].any()


@pytest.mark.parametrize("dimension", [None, "64", 1, 10**9])
def test_a_hash_encoder_needs_its_dimension(dimension, tmp_path):
    HashEncoder(64).save(tmp_path / "encoder")
    path = tmp_path / "encoder" / "encoder.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"dimension": dimension}))
    with pytest.raises(ArtefactError, match=r"encoder\.json"):
        load_encoder(tmp_path / "encoder")


def test_a_signal_is_handled_after_an_encoder_was_dropped(compact):
    """Elsewhere than where it was opened: the runtime must not take the signal stack along."""
    program = """
import gc, signal, sys, threading
from pathlib import Path
from twinset.encoders import load_encoder
signal.signal(signal.SIGTERM, lambda *_: print("handled"))
held = [load_encoder(Path(sys.argv[1]), "cpu")]
held[0].encode_texts(["red"])
def drop():
    held.clear()
    gc.collect()
thread = threading.Thread(target=drop)
thread.start()
thread.join()
signal.raise_signal(signal.SIGTERM)
"""
    command = [sys.executable, "-c", program, str(compact)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert (run.returncode, run.stdout) == (0, "handled\n")


@pytest.mark.parametrize("count", range(140))
def test_batches_take_every_row_in_few_sizes(count):
    taken = list(batch_sizes(count, 16))
    assert sum(rows for rows, _ in taken) == count
    # 13 become one batch of 16, of which less than half of the upper half is filled up; 12 do not.
    assert all(size in (1, 2, 4, 8, 16) and 3 * size < 4 * rows + 1 for rows, size in taken)
    assert len(taken) <= count // 16 + 4


def test_the_models_meet_few_shapes(compact):
    encoder, shapes = load_encoder(compact, "cpu"), set()
    for side in ("image_model", "_text_model"):
        model = getattr(encoder, side)

        def watched(inputs, model=model):
            shapes.update((name, array.shape) for name, array in inputs.items())
            return model(inputs)

        setattr(encoder, side, watched)
    alone = encoder.encode_images([RED]), encoder.encode_texts(["a red dress"])
    for count in range(1, 12):
        # Each row is that of a lone call, wherever it stood in a batch and whatever filled it up.
        assert encoder.encode_images([RED] * count) @ alone[0][0] == pytest.approx(1, abs=5e-3)
        texts = ["a red dress" + " with a pocket" * (n % 3) for n in range(count)]
        assert encoder.encode_texts(texts)[::3] @ alone[1][0] == pytest.approx(1, abs=5e-3)
    assert {shape[0] for name, shape in shapes if name == "pixels"} == {1, 2, 4, 8}
    assert {shape[1] for name, shape in shapes if name == "input_ids"} <= {8, 16}
    assert token_length(30, 32) == token_length(32, 32) == 32
    assert token_length(77, 77) == 77
