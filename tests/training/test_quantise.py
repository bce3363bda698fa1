"""int8 encoders: what is measured of them, and that a bad one is not written."""

from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from PIL import Image

from training.export import quantise
from training.export.quantise import Sample, Verdict, own_recall, quantise_encoder, take_sample
from twinset.encoders import load_encoder
from twinset.errors import ConfigError
from twinset.images.decode import decode_image


@pytest.fixture(scope="module")
def sample():
    """Pictures of flat shapes, each with a text of its own."""
    generator = np.random.default_rng(0)
    cells = generator.integers(0, 256, (60, 4, 3, 3), np.uint8)
    images = [Image.fromarray(one).resize((96, 128)) for one in cells]
    return Sample(images, [f"shirt number {n}" for n in range(60)])


@pytest.fixture(autouse=True)
def few_pictures(monkeypatch):
    monkeypatch.setattr(quantise, "CALIBRATION", 20)


class Pictured:
    """A catalogue in which only every third product has a picture."""

    def __init__(self, whole):
        self.path, self.rows = whole.path, whole.rows
        self.pictures = [data if row % 3 == 0 else None for row, data in enumerate(whole.images())]

    def __len__(self):
        return len(self.pictures)

    def images(self):
        return iter(self.pictures)


@pytest.mark.parametrize("count", [7, 12])
def test_the_sample_is_shuffled_and_from_all_of_the_catalogue(catalogue, monkeypatch, count):
    monkeypatch.setattr(quantise, "CALIBRATION", 3)
    monkeypatch.setattr(quantise, "RECALL_AT", 2)
    encoder = SimpleNamespace(
        text_template="{title}",
        image_size=(12, 16),
        prepare_image=lambda image: image.resize((12, 16)),
    )
    pictured = Pictured(catalogue)
    taken = take_sample(pictured, encoder, count)
    titles = catalogue.rows(["title"])["title"].to_pylist()
    rows = [titles.index(text) for text in taken.texts]
    assert len(set(rows)) == count
    assert rows != sorted(rows)
    assert max(rows) >= 3 * 7  # beyond the first seven
    for row, image in zip(rows, taken.images, strict=True):
        own = decode_image(pictured.pictures[row], target=(12, 16)).resize((12, 16))
        assert np.array_equal(np.asarray(image), np.asarray(own))
    monkeypatch.setattr(quantise, "CALIBRATION", 11)
    with pytest.raises(ConfigError, match="too few products"):
        take_sample(pictured, encoder, count)


def test_own_recall_is_the_share_that_finds_itself_in_time():
    # Query 0 finds row 0 first; query 11 finds its own row behind the eleven others.
    pool = np.eye(12, dtype=np.float32)
    queries = pool.copy()
    queries[11] = 1.0
    queries[11, 11] = 0.0
    assert own_recall(queries, pool) == pytest.approx(11 / 12)


@pytest.mark.parametrize(
    ("verdict", "accepted"),
    [
        (Verdict(0.99, 0.6, 0.6), True),
        (Verdict(0.995, 0.6, 0.596), True),
        (Verdict(0.995, 0.6, 0.7), True),
        (Verdict(0.989, 0.6, 0.6), False),
        (Verdict(0.999, 0.6, 0.594), False),
    ],
)
def test_the_rule(verdict, accepted):
    assert verdict.accepted == accepted


@pytest.mark.long
def test_one_that_changes_too_much_is_not_written(compact, sample, tmp_path, monkeypatch):
    monkeypatch.setattr(quantise, "MIN_COSINE", 1.01)
    with pytest.raises(ConfigError, match="was not written: cosine"):
        quantise_encoder(compact, sample, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_one_that_holds_is_an_encoder_of_its_own(compact, sample, tmp_path, monkeypatch):
    monkeypatch.setattr(quantise, "MIN_COSINE", 0.0)
    monkeypatch.setattr(quantise, "MAX_RECALL_LOSS", 1.0)
    verdict = quantise_encoder(compact, sample, tmp_path / "out")
    before, after = load_encoder(compact, "cpu"), load_encoder(tmp_path / "out", "cpu")
    assert after.name == "compact-int8"
    assert after.fingerprint != before.fingerprint
    graph = onnx.load(tmp_path / "out" / "image.onnx").graph
    assert any(node.op_type == "QuantizeLinear" for node in graph.node)
    judged = sample.images[20:]
    cosine = np.vecdot(before.encode_images(judged), after.encode_images(judged)).mean()
    assert verdict.cosine == pytest.approx(cosine, abs=1e-3)
    np.testing.assert_array_equal(after.encode_texts(["a"]), before.encode_texts(["a"]))
