"""Repeats are the pairs that a plain double loop finds, joined into groups."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from twinset.photo.repeats import picture_hash, repeat_groups


def _picture(seed: int) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 5, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((120, 160), Image.Resampling.BICUBIC)


def _distance(one: Image.Image, other: Image.Image) -> int:
    return (picture_hash(one) ^ picture_hash(other)).bit_count()


def test_a_picture_saved_again_and_smaller_keeps_its_hash() -> None:
    picture, stored = _picture(0), io.BytesIO()
    picture.resize((60, 80)).save(stored, "JPEG", quality=50)
    assert _distance(picture, Image.open(stored)) <= 4
    assert min(_distance(picture, _picture(seed)) for seed in range(1, 20)) > 12


def test_groups_are_those_of_a_double_loop() -> None:
    draw = np.random.default_rng(1)
    vectors = np.repeat(draw.normal(size=(300, 16)), 4, axis=0)
    vectors += draw.normal(scale=0.12, size=vectors.shape)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    hashes = np.repeat(draw.integers(0, 2**63, 300, dtype=np.uint64), 4)
    hashes ^= np.uint64(1) << draw.integers(0, 60, len(hashes)).astype(np.uint64)
    hashes[::7] ^= np.uint64(0xFFF)
    groups = [{row} for row in range(len(vectors))]
    for row in range(len(vectors)):
        for other in np.flatnonzero(vectors @ vectors[row] >= 0.985):
            differ = (int(hashes[row]) ^ int(hashes[other])).bit_count()
            one = next(group for group in groups if row in group)
            two = next(group for group in groups if int(other) in group)
            if differ <= 4 and one is not two:
                one |= two
                groups.remove(two)
    expected = sorted(sorted(group) for group in groups if len(group) > 1)
    assert len(expected) > 20
    assert repeat_groups(vectors, hashes) == expected


def test_alike_vectors_of_other_pictures_are_no_repeats() -> None:
    vectors = np.full((2, 4), 0.5, np.float32)
    assert repeat_groups(vectors, np.array([0, 2**20 - 1], np.uint64)) == []
    assert repeat_groups(vectors, np.array([0, 1], np.uint64)) == [[0, 1]]
