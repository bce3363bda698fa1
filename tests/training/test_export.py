"""Exports embed what changed alone, and go on after they were killed."""

from __future__ import annotations

import io
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.paths import ROOT
from training.export.embed_catalogue import Embedded, embed_catalogue
from training.export.late_encoder import open_late
from training.export.shards import SHARD_ROWS
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.embeddings import MATRICES, open_embeddings
from twinset.encoders import ItemVectors, load_encoder
from twinset.encoders.hash_encoder import HashEncoder
from twinset.errors import ArtefactError

KILLED = """
import sys, time
from pathlib import Path
from training.export.embed_catalogue import embed_catalogue
from twinset.catalogue import Catalogue
from twinset.encoders.hash_encoder import HashEncoder
from twinset.errors import ArtefactError

class Slow(HashEncoder):
    def encode_items(self, images, texts):
        time.sleep(0.05)
        return super().encode_items(images, texts)

embed_catalogue(Slow(16), Catalogue(Path(sys.argv[1])), Path(sys.argv[2]))
"""


@dataclass
class Counting:
    """The hash encoder, which notes the words that it embeds."""

    inner: HashEncoder = field(default_factory=lambda: HashEncoder(16))
    seen: list[str | None] = field(default_factory=list)
    pictures: int = 0
    item_image_weight: float | None = HashEncoder.item_image_weight

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def encode_items(self, images: Any, texts: Any) -> ItemVectors:
        self.seen += texts
        self.pictures += sum(image is not None for image in images)
        return self.inner.encode_items(images, texts)


def write(path: Path, count: int, changed: frozenset[int] = frozenset()) -> Catalogue:
    with CatalogueWriter(path, {}, None) as writer:
        for number in range(count):
            title = f"item {number}" + (" in ruby" if number in changed else "")
            writer.write({"id": f"i{number}", "title": title, "price": 1.0 + number % 7})
    return Catalogue(path)


def export(catalogue: Catalogue, out: Path, **options: Any) -> tuple[Embedded, Counting]:
    encoder = Counting()
    return embed_catalogue(encoder, catalogue, out, **options), encoder


def assert_same_rows(one: Path, other: Path) -> None:
    first, second = open_embeddings(one), open_embeddings(other)
    assert (first.ids, first.contents) == (second.ids, second.contents)
    assert first.sides == second.sides
    assert first.views.contents == second.views.contents
    np.testing.assert_array_equal(first.views.vectors, second.views.vectors)
    for name in MATRICES:
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@pytest.mark.long
def test_of_40000_items_the_ten_that_changed_are_embedded(tmp_path: Path) -> None:
    export(write(tmp_path / "c.parquet", 40_000), tmp_path / "out")
    changed = frozenset(range(7, 40_000, 4_000))
    catalogue = write(tmp_path / "c.parquet", 40_000, changed)
    done, encoder = export(catalogue, tmp_path / "out", replace=True)
    assert (done.items, done.embedded) == (40_000, 10)
    assert encoder.seen == [f"item {number} in ruby" for number in sorted(changed)]
    export(catalogue, tmp_path / "whole")
    assert_same_rows(tmp_path / "out", tmp_path / "whole")


def test_an_export_that_was_killed_goes_on(tmp_path: Path) -> None:
    catalogue = write(tmp_path / "c.parquet", 3 * SHARD_ROWS)
    out = tmp_path / "out"
    words = [sys.executable, "-c", KILLED, str(catalogue.path), str(out)]
    with subprocess.Popen(words, cwd=ROOT) as process:
        shards = tmp_path / ".out.shards"
        end = time.monotonic() + 120
        while not list(shards.glob("*/*.npz")) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not out.exists()
    done, encoder = export(catalogue, out)
    assert done.embedded == len(encoder.seen) <= 2 * SHARD_ROWS
    assert not shards.exists()
    export(catalogue, tmp_path / "whole")
    assert_same_rows(out, tmp_path / "whole")


@pytest.mark.parametrize("damage", ["cut", "other"])
def test_shards_that_do_not_fit_are_made_anew(tmp_path: Path, damage: str) -> None:
    catalogue = write(tmp_path / "c.parquet", SHARD_ROWS + 5)

    class Failing(Counting):
        def encode_items(self, images: Any, texts: Any) -> ItemVectors:
            if len(self.seen) >= SHARD_ROWS:
                raise RuntimeError
            return super().encode_items(images, texts)

    with pytest.raises(RuntimeError):
        embed_catalogue(Failing(), catalogue, tmp_path / "out")
    (shard,) = (tmp_path / ".out.shards").glob("*/*.npz")
    if damage == "cut":
        shard.write_bytes(shard.read_bytes()[:1000])
        encoder = Counting()
    else:
        encoder = Counting(HashEncoder(24))
    done = embed_catalogue(encoder, catalogue, tmp_path / "out")
    assert done.embedded == SHARD_ROWS + 5


def test_an_encoder_whose_items_are_unchanged_stays_closed(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    folder.mkdir()
    shutil.copy(ROOT / "models/compact/encoder.json", folder)  # and none of its models
    late = open_late(folder)
    stand_in = Counting(HashEncoder(late.dimension))
    stand_in.inner.name, stand_in.inner.fingerprint = late.name, late.fingerprint  # type: ignore[misc]
    stand_in.inner.text_template = late.text_template
    out = tmp_path / "out"
    embed_catalogue(stand_in, write(tmp_path / "c.parquet", 20), out)
    again = embed_catalogue(late, write(tmp_path / "c.parquet", 20), out, replace=True)
    assert (again.items, again.embedded) == (20, 0)
    changed = write(tmp_path / "c.parquet", 20, frozenset({3}))
    with pytest.raises(ArtefactError, match="is missing"):
        embed_catalogue(open_late(folder), changed, out, replace=True)


def test_items_get_the_vectors_that_an_export_gives_them(compact: Path) -> None:
    images = [Image.effect_noise((100, 200), 90).convert("RGB") for _ in range(5)]
    serving, exporting = load_encoder(compact, "cpu"), open_late(compact, "cpu")
    found, expected = (one.encode_items(images, ["red"] * 5) for one in (serving, exporting))
    np.testing.assert_allclose(found.image, expected.image, atol=1e-6)
    np.testing.assert_allclose(found.item, expected.item, atol=1e-6)


def pictured(path: Path, words: str = "coat", shade: int = 90, further: int = 0) -> Catalogue:
    """Five items with pictures; the third has these words, this shade and so many further ones."""
    with CatalogueWriter(path, {}, None) as writer:
        for number in range(5):
            own = number == 2
            title = f"{words if own else 'coat'} {number}"
            row = {"id": f"i{number}", "title": title, "image": jpeg(number, shade if own else 90)}
            row["further_images"] = [jpeg(8 + n, shade) for n in range(further)] if own else []
            writer.write(row)
    return Catalogue(path)


def jpeg(number: int, shade: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 60, (12, 9, 3)) + shade
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).resize((90, 120)).save(file, "JPEG", quality=95)
    return file.getvalue()


@pytest.mark.parametrize(
    ("change", "words", "pictures"),
    [
        ({"shade": 150}, [None], 1),
        ({"words": "ruby coat"}, ["ruby coat 2"], 0),
        ({"words": "ruby coat", "shade": 150}, ["ruby coat 2"], 1),
        ({"further": 2}, [None, None], 2),
    ],
)
def test_of_a_changed_item_only_the_side_that_changed_is_encoded(
    tmp_path: Path, change: dict[str, Any], words: list[str | None], pictures: int
) -> None:
    export(pictured(tmp_path / "c.parquet"), tmp_path / "out")
    changed = pictured(tmp_path / "c.parquet", **change)
    _, encoder = export(changed, tmp_path / "out", replace=True)
    assert (encoder.seen, encoder.pictures) == (words, pictures)
    export(changed, tmp_path / "whole")
    assert_same_rows(tmp_path / "out", tmp_path / "whole")


def test_an_encoder_that_joins_sides_by_a_model_encodes_both(tmp_path: Path) -> None:
    export(pictured(tmp_path / "c.parquet"), tmp_path / "out")
    encoder = Counting(item_image_weight=None)
    changed = pictured(tmp_path / "c.parquet", shade=150)
    embed_catalogue(encoder, changed, tmp_path / "out", replace=True)
    assert (encoder.seen, encoder.pictures) == (["coat 2"], 1)


def test_a_change_of_one_side_opens_the_model_of_that_side_alone(
    tmp_path: Path, compact: Path
) -> None:
    whole = open_late(compact)
    embed_catalogue(whole, pictured(tmp_path / "c.parquet"), tmp_path / "old")
    changes = ({"shade": 150}, "text.onnx"), ({"words": "ruby coat"}, "image.onnx")
    for change, closed in changes:
        out, encoder = tmp_path / f"without {closed}", tmp_path / f"encoder without {closed}"
        shutil.copytree(tmp_path / "old", out)
        shutil.copytree(compact, encoder, ignore=shutil.ignore_patterns(closed))
        changed = pictured(tmp_path / "c.parquet", **change)  # type: ignore[arg-type]
        embed_catalogue(open_late(encoder), changed, out, replace=True)
        embed_catalogue(whole, changed, tmp_path / "whole" / closed)
        first, second = open_embeddings(out), open_embeddings(tmp_path / "whole" / closed)
        assert first.sides == second.sides
        for name in MATRICES:
            rows = getattr(first, name), getattr(second, name)
            np.testing.assert_allclose(*rows, atol=1e-6)  # of texts, a batch's size tells
