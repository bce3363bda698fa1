"""The composer computes what its formula says, and refuses files that are none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from twinset.artefacts import write_manifest
from twinset.edits.composer import COMPOSER, Composer, PlainSum, Vectors, composer_of
from twinset.encoders import HashEncoder, load_encoder
from twinset.encoders.encoder import normalise
from twinset.errors import ArtefactError


def _normal(*shape: int) -> Vectors:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def _composer(dimension: int = 4, hidden: int = 3) -> Composer:
    wide = dimension + 2
    return Composer(
        _normal(2 * dimension, hidden), _normal(hidden), _normal(hidden, wide), _normal(wide)
    )


def test_the_offset_and_the_shares_are_added_as_the_formula_says() -> None:
    composer, query, text = _composer(), normalise(_normal(1, 4)), normalise(_normal(1, 4) + 1)
    both = [*query[0].tolist(), *text[0].tolist()]
    hidden = [
        max(
            0.0,
            sum(both[i] * composer.first[i, unit] for i in range(8)) + composer.first_bias[unit],
        )
        for unit in range(3)
    ]
    out = [
        sum(hidden[unit] * composer.second[unit, j] for unit in range(3)) + composer.second_bias[j]
        for j in range(6)
    ]
    expected = np.exp(out[0]) * query[0] + np.exp(out[1]) * text[0] + np.array(out[2:])
    found = composer.compose(query, text)[0]
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected), atol=1e-5)


def test_parts_that_are_zero_give_the_plain_sum() -> None:
    zero = np.zeros
    composer = Composer(
        zero((8, 3), np.float32), zero(3, np.float32), zero((3, 6), np.float32), zero(6, np.float32)
    )
    queries, texts = normalise(_normal(5, 4)), normalise(_normal(5, 4) + 1)
    np.testing.assert_allclose(
        composer.compose(queries, texts), PlainSum(1.0).compose(queries, texts), atol=1e-6
    )


def test_a_composer_survives_its_file(tmp_path: Path) -> None:
    composer, queries = _composer(), normalise(_normal(3, 4))
    composer.save(tmp_path / COMPOSER)
    kept = Composer.load(tmp_path / COMPOSER, 4)
    texts = normalise(_normal(3, 4) - 0.5)
    found = (kept.compose(queries, texts) * composer.compose(queries, texts)).sum(axis=1)
    assert found.min() > 0.9999  # half precision


def test_a_file_that_is_no_composer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.npz").write_bytes(b"no arrays")
    np.savez(tmp_path / "others.npz", first=np.zeros((8, 3)))
    np.savez(tmp_path / "objects.npz", first=np.array([object()]))
    for name in ("broken.npz", "others.npz", "objects.npz", "missing.npz"):
        with pytest.raises(ArtefactError, match=name):
            Composer.load(tmp_path / name, 4)
    _composer().save(tmp_path / COMPOSER)
    with pytest.raises(ArtefactError, match="4 dimensions, not 256"):
        Composer.load(tmp_path / COMPOSER, 256)


def test_parts_that_do_not_fit_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        Composer(_normal(8, 3), _normal(3), _normal(3, 5), _normal(6))


def test_an_encoder_without_a_composer_adds() -> None:
    assert composer_of(HashEncoder(8)) == PlainSum()


def test_the_shipped_encoder_composes() -> None:
    encoder = load_encoder(Path("models/compact"), "cpu", 1)
    composer = composer_of(encoder)
    assert isinstance(composer, Composer)
    assert composer.dimension == encoder.dimension == 256
    size = sum(getattr(composer, part).size for part in ("first", "second"))
    assert 400_000 < size < 800_000


def test_a_damaged_composer_refuses_the_encoder(tmp_path: Path) -> None:
    HashEncoder(8).save(tmp_path / "hash")
    manifest = json.loads((tmp_path / "hash" / "encoder.json").read_text())
    (tmp_path / "hash" / COMPOSER).write_bytes(b"weights")
    fields = {n: v for n, v in manifest.items() if n not in ("schema_version", "kind", "files")}
    write_manifest(tmp_path / "hash", "encoder", fields, "encoder.json")
    (tmp_path / "hash" / COMPOSER).write_bytes(b"changed")
    with pytest.raises(ArtefactError, match=COMPOSER):
        load_encoder(tmp_path / "hash")
