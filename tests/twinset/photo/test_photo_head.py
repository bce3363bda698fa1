"""The photo head reads what its formula says, leaves studio pictures, and survives its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from twinset.encoders.encoder import normalise
from twinset.encoders.photo_reader import PhotoReader
from twinset.errors import InvalidInput
from twinset.photo.photo_head import PhotoHead, Vectors, evidence
from twinset.photo.photo_reading import PhotoReading
from twinset.photo.tower_taps import Taps

DIMENSION, FEATURES, LATE, HIDDEN = 8, 3, 4, 5
OWN = DIMENSION + FEATURES
GRID = (3, 4)


def _normal(*shape: int) -> Vectors:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def _head(studio: float = -9.0) -> PhotoHead:
    """A head of random weights; `studio` is the logit that it gives to any picture."""
    width, outputs = OWN + LATE, 2 * DIMENSION + 1
    glance, bias = 0.1 * _normal(OWN, DIMENSION + 2), _normal(DIMENSION + 2)
    glance[:, -2], bias[-2] = 0, studio
    return PhotoHead(
        Taps(("a",), "b"),
        mean=_normal(width),
        spread=np.full(width, 0.5, np.float32),
        first=_normal(width, HIDDEN),
        first_bias=_normal(HIDDEN),
        second=_normal(HIDDEN, outputs),
        second_bias=_normal(outputs),
        glance=glance,
        glance_bias=bias,
        kind_scale=9.0,
        glance_scale=6.0,
        tuned_share=0.25,
        early_shape=(1, 2, 2),
        grid=GRID,
    )


def _own(count: int) -> Vectors:
    rows = _normal(count, OWN)
    rows[:, :DIMENSION] = normalise(rows[:, :DIMENSION])
    return rows


def _late(count: int) -> Vectors:
    """Features, a direction, how familiar, and one sure guess of a box in the middle."""
    guesses = np.zeros((count, 5, *GRID), np.float32)
    guesses[:, :, 1, 1] = (0.9, 0.1, 0.2, 0.3, 0.2)
    familiar = np.linspace(0.2, 0.3, count, dtype=np.float32)[:, None]
    parts = (_normal(count, LATE), _normal(count, DIMENSION), familiar, guesses.reshape(count, -1))
    return np.concatenate(parts, axis=1)


def _look(head: PhotoHead, count: int) -> list[PhotoReading]:
    own = _own(count)
    rows = head.look(own, _late(count), head.glances(own))
    return [PhotoReading.of_row(row) for row in rows]


def _scaled(head: PhotoHead, features: Vectors) -> list[float]:
    return [
        max(-5.0, min(5.0, float((value - mean) / spread)))
        for value, mean, spread in zip(features, head.mean, head.spread, strict=False)
    ]


def test_a_photo_is_read_as_the_formula_says() -> None:
    head, own, late = _head(), _own(3), _late(3)
    reading = _look(head, 3)[1]
    inputs = _scaled(head, np.concatenate([own[1], late[1, :LATE]]))
    hidden = [
        max(0.0, sum(x * w for x, w in zip(inputs, column, strict=True)) + bias)
        for column, bias in zip(head.first.T, head.first_bias, strict=True)
    ]
    outputs = np.array(hidden) @ head.second + head.second_bias
    plain, tuned = own[1, :DIMENSION], late[1, LATE : LATE + DIMENSION]
    corrected, kind = plain + outputs[:DIMENSION], plain + outputs[DIMENSION : 2 * DIMENSION]
    kind = 0.75 * kind / np.linalg.norm(kind) + 0.25 * tuned / np.linalg.norm(tuned)
    np.testing.assert_allclose(reading.plain, plain)
    np.testing.assert_allclose(
        reading.corrected, corrected / np.linalg.norm(corrected), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(reading.kind, kind, rtol=1e-4, atol=1e-5)
    assert reading.garment == pytest.approx(1 / (1 + np.exp(-outputs[-1])), abs=1e-4)
    assert reading.familiar == pytest.approx(0.25)
    # The cell in row 1 and column 1 has its middle at 3/8 across and 1/2 down.
    assert reading.boxes == (pytest.approx((0.275, 0.3, 0.675, 0.7)),)


def test_a_glance_is_read_as_the_formula_says() -> None:
    head, own = _head(), _own(2)
    glance = head.glances(own)[1]
    outputs = np.array(_scaled(head, own[1])) @ head.glance + head.glance_bias
    kind = own[1, :DIMENSION] + outputs[:DIMENSION]
    # Scaled so that the head's own scale makes of it what the glance's would.
    np.testing.assert_allclose(
        glance[:DIMENSION], kind / np.linalg.norm(kind) * 6 / 9, rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(glance[-2:], 1 / (1 + np.exp(-outputs[-2:])), rtol=1e-4)


def test_a_studio_picture_keeps_its_vector_and_between_both_a_part_of_the_way_is_gone() -> None:
    whole, half, none = (_look(_head(logit), 2)[0] for logit in (-9.0, 0.0, 9.0))
    np.testing.assert_allclose(none.corrected, none.plain, atol=1e-6)
    np.testing.assert_allclose(none.leaning, none.plain, atol=1e-6)
    between = whole.plain + whole.corrected / 2
    np.testing.assert_allclose(whole.leaning, between / np.linalg.norm(between), atol=1e-5)
    assert none.corrected @ none.plain > half.corrected @ half.plain > whole.corrected @ whole.plain


def test_only_pictures_that_are_no_studios_are_looked_at_closer() -> None:
    asked: list[int] = []

    def branch(inputs: object) -> Vectors:
        count = len(inputs["early"])  # type: ignore[index]
        asked.append(count)
        return _late(count)

    columns = np.concatenate([_own(4), np.zeros((4, 4), np.float32)], axis=1)
    for studio, looks in ((9.0, []), (-9.0, [4])):
        head = _head(studio)
        asked.clear()
        reader = PhotoReader(
            head,
            tower=lambda _: columns.copy(),
            branch=branch,
            glance=lambda inputs, head=head: inputs @ head.glance + head.glance_bias,
            layers=head.outputs,
        )
        rows = reader.read(4, lambda part, size: np.zeros((size, 1, 1, 3), np.uint8))
        assert asked == looks
        boxes = [len(PhotoReading.of_row(row).boxes) for row in rows]
        assert boxes == ([1] * 4 if looks else [0] * 4)


def test_evidence_is_the_sum_of_log_odds() -> None:
    assert evidence(0.5, 0.5, 0.5) == pytest.approx(0)
    assert evidence(0.75, 0.5, 0.25) == pytest.approx(0)
    assert evidence(0.9, 0.5, 0.5) == pytest.approx(np.log(9))
    assert np.isfinite(evidence(0, 1, 0))


def test_a_head_read_back_reads_alike(tmp_path: Path) -> None:
    head, own, late = _head(), _own(6), _late(6)
    head.save(tmp_path / "photo.npz")
    again = PhotoHead.load(tmp_path / "photo.npz")
    assert (again.taps, again.grid, again.late) == (head.taps, GRID, late.shape[1])
    glances = head.glances(own)
    np.testing.assert_allclose(again.glances(own), glances, atol=2e-2)
    np.testing.assert_allclose(
        again.look(own, late, glances), head.look(own, late, glances), atol=2e-2
    )


def test_parts_that_do_not_fit_or_lack_are_refused(tmp_path: Path) -> None:
    head = _head()
    with pytest.raises(InvalidInput, match="fit"):
        replace(head, first_bias=head.first_bias[:2])
    with pytest.raises(InvalidInput, match="fit"):
        replace(head, early_shape=())
    np.savez(tmp_path / "short.npz", first=head.first)
    with pytest.raises(InvalidInput, match="second_bias"):
        PhotoHead.load(tmp_path / "short.npz")
