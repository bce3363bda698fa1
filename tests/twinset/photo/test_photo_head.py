"""The photo head reads what its formula says, leaves studio pictures, and survives its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twinset.encoders.encoder import normalise
from twinset.errors import InvalidInput
from twinset.photo.photo_head import PhotoHead, PhotoReading, Vectors, evidence
from twinset.photo.tower_taps import Taps

DIMENSION, FEATURES, HIDDEN = 8, 6, 5


def _normal(*shape: int) -> Vectors:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def _head(studio: float = 0.0) -> PhotoHead:
    """A head of random weights; `studio` is the logit that it gives to any picture."""
    width, outputs = DIMENSION + FEATURES, 2 * DIMENSION + 2
    second, bias = _normal(HIDDEN, outputs), _normal(outputs)
    second[:, -2], bias[-2] = 0, studio
    spread = np.full(width, 0.5, np.float32)
    return PhotoHead(
        Taps(("a",)),
        mean=_normal(width),
        spread=spread,
        first=_normal(width, HIDDEN),
        first_bias=_normal(HIDDEN),
        second=second,
        second_bias=bias,
        kind_scale=9.0,
    )


def _rows(count: int) -> Vectors:
    rows = _normal(count, DIMENSION + FEATURES)
    rows[:, :DIMENSION] = normalise(rows[:, :DIMENSION])
    return rows


def test_a_photo_is_read_as_the_formula_says() -> None:
    head, rows = _head(studio=-9), _rows(3)
    reading = PhotoReading.of_row(head.read(rows)[1])
    inputs = [
        max(-5.0, min(5.0, float((value - mean) / spread)))
        for value, mean, spread in zip(rows[1], head.mean, head.spread, strict=True)
    ]
    hidden = [
        max(0.0, sum(x * w for x, w in zip(inputs, column, strict=True)) + bias)
        for column, bias in zip(head.first.T, head.first_bias, strict=True)
    ]
    outputs = np.array(hidden) @ head.second + head.second_bias
    plain = rows[1, :DIMENSION]
    corrected, kind = plain + outputs[:DIMENSION], plain + outputs[DIMENSION : 2 * DIMENSION]
    np.testing.assert_allclose(reading.plain, plain)
    np.testing.assert_allclose(
        reading.corrected, corrected / np.linalg.norm(corrected), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(reading.kind, kind / np.linalg.norm(kind), rtol=1e-4, atol=1e-5)
    assert reading.garment == pytest.approx(1 / (1 + np.exp(-outputs[-1])), abs=1e-4)


def test_a_studio_picture_keeps_its_vector_and_between_both_a_part_of_the_way_is_gone() -> None:
    rows = _rows(2)
    whole, half, none = (
        PhotoReading.of_row(_head(logit).read(rows)[0]) for logit in (-9.0, 0.0, 9.0)
    )
    np.testing.assert_allclose(none.corrected, none.plain, atol=1e-6)
    np.testing.assert_allclose(none.leaning, none.plain, atol=1e-6)
    between = whole.plain + whole.corrected / 2
    np.testing.assert_allclose(whole.leaning, between / np.linalg.norm(between), atol=1e-5)
    assert none.corrected @ none.plain > half.corrected @ half.plain > whole.corrected @ whole.plain


def test_how_familiar_a_photo_is_comes_from_the_branch_and_is_no_input() -> None:
    head = replace(_head(), early_shape=(1, 2, 2))
    rows = np.concatenate([_rows(2), np.array([[0.2], [0.3]], np.float32)], axis=1)
    assert head.width == rows.shape[1]
    readings = [PhotoReading.of_row(row) for row in head.read(rows)]
    assert [round(reading.familiar, 3) for reading in readings] == [0.2, 0.3]
    assert PhotoReading.of_row(_head().read(_rows(1))[0]).familiar == 1
    np.testing.assert_allclose(readings[0].plain, rows[0, :DIMENSION])


def test_evidence_is_the_sum_of_log_odds() -> None:
    assert evidence(0.5, 0.5, 0.5) == pytest.approx(0)
    assert evidence(0.75, 0.5, 0.25) == pytest.approx(0)
    assert evidence(0.9, 0.5, 0.5) == pytest.approx(np.log(9))
    assert np.isfinite(evidence(0, 1, 0))


def test_a_head_read_back_reads_alike(tmp_path: Path) -> None:
    head, rows = _head(), _rows(6)
    head.save(tmp_path / "photo.npz")
    again = PhotoHead.load(tmp_path / "photo.npz")
    assert again.taps == Taps(("a",))
    np.testing.assert_allclose(again.read(rows), head.read(rows), atol=2e-2)


def test_parts_that_do_not_fit_or_lack_are_refused(tmp_path: Path) -> None:
    head = _head()
    with pytest.raises(InvalidInput, match="fit"):
        replace(head, first_bias=head.first_bias[:2])
    np.savez(tmp_path / "short.npz", first=head.first)
    with pytest.raises(InvalidInput, match="second_bias"):
        PhotoHead.load(tmp_path / "short.npz")
