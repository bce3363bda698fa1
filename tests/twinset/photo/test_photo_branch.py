"""The photo branch moves photos, leaves studio pictures, and survives its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from twinset.encoders.encoder import normalise
from twinset.errors import InvalidInput
from twinset.photo.photo_branch import PhotoBranch, Vectors, light_border


def _branch() -> PhotoBranch:
    return PhotoBranch(_normal(8, 5), _normal(5), _normal(5, 8), _normal(8))


def _normal(*shape: int) -> Vectors:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def _rows(count: int) -> Vectors:
    return normalise(_normal(count, 8))


def test_a_photo_is_moved_as_the_formula_says_and_a_studio_picture_is_not() -> None:
    branch, rows = _branch(), _rows(2)
    answer = branch.correct(rows, np.array([0.0, 1.0]))
    hidden = [
        max(0.0, float(rows[0] @ branch.first[:, unit] + branch.first_bias[unit]))
        for unit in range(5)
    ]
    expected = rows[0] + np.array(hidden) @ branch.second + branch.second_bias
    np.testing.assert_allclose(answer[0], expected / np.linalg.norm(expected), atol=1e-5)
    np.testing.assert_array_equal(answer[1], rows[1])


def test_a_branch_read_back_corrects_alike(tmp_path: Path) -> None:
    branch, rows = _branch(), _rows(6)
    branch.save(tmp_path / "branch.npz")
    again = PhotoBranch.load(tmp_path / "branch.npz")
    borders = np.zeros(6)
    np.testing.assert_allclose(
        again.correct(rows, borders), branch.correct(rows, borders), atol=3e-3
    )


def test_parts_that_do_not_fit_or_lack_are_refused(tmp_path: Path) -> None:
    branch = _branch()
    with pytest.raises(InvalidInput):
        PhotoBranch(branch.first, branch.first_bias[:2], branch.second, branch.second_bias)
    np.savez(tmp_path / "short.npz", first=branch.first)
    with pytest.raises(InvalidInput, match="second_bias"):
        PhotoBranch.load(tmp_path / "short.npz")


def test_a_white_backdrop_is_light_and_a_room_is_not() -> None:
    studio = Image.new("RGB", (60, 80), "white")
    studio.paste((200, 0, 0), (15, 15, 45, 65))
    assert light_border(studio) == 1.0
    assert light_border(Image.new("RGB", (60, 80), (90, 80, 70))) == 0.0
